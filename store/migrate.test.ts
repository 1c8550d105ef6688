import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from './migrate.ts';
import { inTenant, openStore } from './pool.ts';
import { getSetting, putSetting } from './settings.ts';
import { useFolder } from './test-folder.ts';
import { useStore } from './test-store.ts';

async function folderWith(files: Record<string, string>): Promise<URL> {
  const folder = await useFolder();
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(folder, name), sql)));
  return pathToFileURL(`${folder}/`);
}

/** A database with nothing in it, on the same server. */
async function emptyDatabase(): Promise<{ databaseUrl: string; query: (sql: string) => Promise<unknown[]> }> {
  const { databaseUrl, asOwner } = await useStore();
  await asOwner('DROP SCHEMA public CASCADE');
  await asOwner('CREATE SCHEMA public AUTHORIZATION pg_database_owner');
  return { databaseUrl, query: asOwner };
}

test('a second run changes nothing', async () => {
  const { databaseUrl } = await useStore();
  expect(await migrate(databaseUrl)).toBe(0);
});

test('several processes at once apply each migration once', async () => {
  const { databaseUrl, query } = await emptyDatabase();
  const applied = await Promise.all(Array.from({ length: 6 }, () => migrate(databaseUrl)));
  expect(applied.filter((n) => n > 0)).toHaveLength(1);
  const rows = await query('SELECT no FROM schema_migrations');
  expect(rows).toHaveLength(Math.max(...applied));
});

test('a database that is newer than the code is left alone, and the message says what to do', async () => {
  const { databaseUrl, query } = await emptyDatabase();
  const both = await folderWith({ '0001_a.sql': 'CREATE TABLE a ();', '0002_b.sql': 'CREATE TABLE b ();' });
  const one = await folderWith({ '0001_a.sql': 'CREATE TABLE a ();' });
  expect(await migrate(databaseUrl, { folder: both })).toBe(2);
  await expect(migrate(databaseUrl, { folder: one })).rejects.toThrow(
    /newer than this version.*run the newer/,
  );
  expect(await query('SELECT no FROM schema_migrations')).toHaveLength(2);
});

test('a migration that was edited after it had been applied is refused by name', async () => {
  const { databaseUrl } = await emptyDatabase();
  await migrate(databaseUrl, { folder: await folderWith({ '0001_a.sql': 'CREATE TABLE a ();' }) });
  const edited = await folderWith({ '0001_a.sql': 'CREATE TABLE a (x int);' });
  await expect(migrate(databaseUrl, { folder: edited })).rejects.toThrow(/0001_a.sql was changed/);
});

test('a migration that fails leaves nothing of itself, and what came before stays', async () => {
  const { databaseUrl, query } = await emptyDatabase();
  const folder = await folderWith({
    '0001_a.sql': 'CREATE TABLE a ();',
    '0002_b.sql': 'CREATE TABLE b (); SELECT no_such_function();',
  });
  await expect(migrate(databaseUrl, { folder })).rejects.toThrow(/no_such_function/);
  const tables = await query(
    `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename IN ('a', 'b')`,
  );
  expect(tables).toEqual([{ tablename: 'a' }]);
});

test('a gap in the numbers is refused', async () => {
  const { databaseUrl } = await emptyDatabase();
  const folder = await folderWith({ '0001_a.sql': '', '0003_c.sql': '' });
  await expect(migrate(databaseUrl, { folder })).rejects.toThrow(/out of order; expected number 2/);
});

test('a database that is not there is unavailable', async () => {
  await expect(migrate('postgres://nobody@127.0.0.1:9/none')).rejects.toMatchObject({ code: 'unavailable' });
});

/** The same database as a login user of this test's own, made with the given options. */
async function asNewUser(
  database: Awaited<ReturnType<typeof emptyDatabase>>,
  options: string,
): Promise<{ readonly name: string; readonly url: string }> {
  const name = `owner_${randomUUID().replaceAll('-', '')}`;
  await database.query(`CREATE ROLE ${name} LOGIN PASSWORD 'secret' ${options}`);
  const url = new URL(database.databaseUrl);
  url.username = name;
  url.password = 'secret';
  return { name, url: url.href };
}

async function makeOwner(database: Awaited<ReturnType<typeof emptyDatabase>>, name: string): Promise<void> {
  await database.query(`ALTER DATABASE ${new URL(database.databaseUrl).pathname.slice(1)} OWNER TO ${name}`);
}

async function expectTenantsApart(databaseUrl: string): Promise<void> {
  const store = openStore({ databaseUrl, applicationName: 'test' });
  onTestFinished(() => store.close());
  await inTenant(store, 'one', (tx) => putSetting(tx, 'k', 1));
  expect(await inTenant(store, 'one', (tx) => getSetting(tx, 'k'))).toBe(1);
  expect(await inTenant(store, 'two', (tx) => getSetting(tx, 'k'))).toBeUndefined();
}

test('a database whose owner is no superuser works once the owner may become the role; until then it says how', async () => {
  const database = await emptyDatabase();
  const { name, url } = await asNewUser(database, '');
  await makeOwner(database, name);
  await expect(migrate(url)).rejects.toThrow(/GRANT understudy_app TO/);
  await database.query(`GRANT understudy_app TO ${name}`);
  expect(await migrate(url)).toBeGreaterThan(0);
  await expectTenantsApart(url);
});

test('an owner who may hand the role out, as managed databases have it, takes it on by itself', async () => {
  const database = await emptyDatabase();
  const { name, url } = await asNewUser(database, 'CREATEROLE');
  await makeOwner(database, name);
  // What creating the role leaves its creator with: it may grant the role, and is a member who cannot become it.
  await database.query(`GRANT understudy_app TO ${name} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE`);
  expect(await migrate(url)).toBeGreaterThan(0);
  await expectTenantsApart(url);
});

test('another user on a migrated database is told what it lacks', async () => {
  const database = await emptyDatabase();
  await migrate(database.databaseUrl);
  const { name, url } = await asNewUser(database, '');
  await expect(migrate(url)).rejects.toThrow(/may not create tables.*GRANT USAGE, CREATE ON SCHEMA public/);
  await database.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${name}`);
  await database.query(`GRANT SELECT ON schema_migrations TO ${name}`);
  await expect(migrate(url)).rejects.toThrow(/GRANT understudy_app TO/);
});
