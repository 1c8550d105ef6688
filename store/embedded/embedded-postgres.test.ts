import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityOf } from '#machine/process-identity.ts';
import { postgresAccount } from './account.ts';
import { linkLibraries } from './binaries.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { systemFolder } from './location.ts';

let stateFolder: string;
let running: EmbeddedPostgres[];
beforeEach(async () => {
  stateFolder = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(stateFolder, 0o711);
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((postgres) => postgres.stop()));
  await rm(stateFolder, { recursive: true });
});

async function start(options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ stateFolder, ...options });
  running.push(postgres);
  return postgres;
}

async function query(postgres: EmbeddedPostgres, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: postgres.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Another process of ours that starts a server and dies by kill -9; answers the server's process number. */
async function startAndDie(): Promise<{ serverPid: number; port: number }> {
  const code = `import { startEmbeddedPostgres } from '${new URL('./embedded-postgres.ts', import.meta.url).href}';
    const { process: server, port } = await startEmbeddedPostgres({ stateFolder: ${JSON.stringify(stateFolder)} });
    process.stdout.write(JSON.stringify({ serverPid: server.pid, port })); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  const [said] = await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.parse(String(said));
}

test('a real server with a database of ours, durable, on loopback, behind a password', async () => {
  const postgres = await start();
  const [row] = await query(
    postgres,
    `SELECT current_database() AS name, current_setting('fsync') AS fsync, current_setting('listen_addresses') AS host,
       current_setting('synchronous_commit') AS commit, lower('ÄÖ') AS lower`,
  );
  expect(row).toEqual({ name: 'understudy', fsync: 'on', commit: 'on', host: '127.0.0.1', lower: 'äö' });
  const guessed = new pg.Client({ connectionString: postgres.url.replace(/:[0-9a-f]+@/, ':guess@') });
  await expect(guessed.connect()).rejects.toThrow('password authentication failed');
  expect((await stat(join(stateFolder, 'postgresql', 'password'))).mode & 0o777).toBe(0o600);
});

test('what was written is there at the next start, on the same port', async () => {
  const first = await start();
  await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  const second = await start();
  expect(second.url).toBe(first.url);
  expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
});

test('another port is taken when the wanted one is not free', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const taken = typeof address === 'object' && address !== null ? address.port : 0;
  const postgres = await start({ port: taken });
  expect(postgres.port).not.toBe(taken);
  expect(await query(postgres, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  other.close();
});

test('kill -9 of the server: back with every committed row', async () => {
  const postgres = await start();
  await query(postgres, 'CREATE TABLE counted (n int)');
  let committed = 0;
  const writer = (async () => {
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      while (true) {
        await client.query('INSERT INTO counted VALUES (1)');
        committed += 1;
      }
    } catch {
      // The server was killed under it, which is the point.
    }
  })();
  while (committed < 50) await sleep(10);
  process.kill(postgres.process.pid ?? 0, 'SIGKILL');
  await writer;
  let rows: Record<string, unknown>[] | undefined;
  while (rows === undefined) {
    rows = await query(postgres, 'SELECT count(*)::int AS n FROM counted').catch(() => undefined);
    if (rows === undefined) await sleep(50);
  }
  expect(Number(rows[0]?.n)).toBeGreaterThanOrEqual(committed);
});

test('kill -9 of our own process: the next start ends the server that it left, and keeps its port', async () => {
  const left = await startAndDie();
  expect(identityOf(left.serverPid)).toBeDefined();
  const postgres = await start();
  expect(identityOf(left.serverPid)).toBeUndefined();
  expect(postgres.port).toBe(left.port);
});

test('the same when nobody noted which server it was', async () => {
  const left = await startAndDie();
  await rm(join(stateFolder, 'run'), { recursive: true });
  await start();
  expect(identityOf(left.serverPid)).toBeUndefined();
});

test('kill -9 of both, and a stale postmaster.pid whose number is somebody else’s now', async () => {
  const left = await startAndDie();
  process.kill(left.serverPid, 'SIGKILL');
  expect(await query(await start(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await running.pop()?.stop();

  // Of the same user: PostgreSQL itself takes it for a server that still runs.
  const stranger = spawn('sleep', ['60'], (await postgresAccount()) ?? {});
  const dataFolder = join(stateFolder, 'postgresql', 'data');
  const stale = `${stranger.pid}\n${dataFolder}\n1\n5432\n\n127.0.0.1\n`;
  await writeFile(join(dataFolder, 'postmaster.pid'), stale);
  expect(await query(await start(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(identityOf(stranger.pid ?? 0)).toBeDefined();
  stranger.kill('SIGKILL');
});

test('a first start that was killed in the middle is begun again', async () => {
  const half = join(stateFolder, 'postgresql', 'filling', 'data');
  await mkdir(half, { recursive: true });
  await writeFile(join(half, 'PG_VERSION'), '18');
  expect(await query(await start(), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('libraries that the package’s install script did not link are linked, once', async () => {
  const library = join(stateFolder, 'native', 'lib');
  await mkdir(library, { recursive: true });
  await writeFile(join(library, 'libx.so.1.2'), 'x');
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }];
  await writeFile(join(stateFolder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  await linkLibraries(stateFolder);
  await linkLibraries(stateFolder);
  expect(await readFile(join(library, 'libx.so.1'), 'utf8')).toBe('x');
});

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  test('where the way is closed to its user, the data is in the system’s state folder', async () => {
    await chmod(stateFolder, 0o700);
    const postgres = await start();
    await query(postgres, 'CREATE TABLE kept AS SELECT 42 AS answer');
    expect(existsSync(join(stateFolder, 'postgresql', 'data'))).toBe(false);
    const outside = await outsideFolder();
    expect((await stat(join(outside, 'data'))).mode & 0o777).toBe(0o700);
    await postgres.stop();
    expect(await query(await start(), 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    await removeUnderServer(outside);
  });

  test('who removed the state folder begins anew; the old data is set aside', async () => {
    await chmod(stateFolder, 0o700);
    const first = await start();
    await query(first, 'CREATE TABLE old ()');
    await first.stop();
    await rm(stateFolder, { recursive: true });
    await mkdir(stateFolder, { mode: 0o700 });
    const rows = await query(await start(), "SELECT to_regclass('old') AS old");
    expect(rows).toEqual([{ old: null }]);
    const outside = await outsideFolder();
    expect(existsSync(join(`${outside}.old`, 'data'))).toBe(true);
    await Promise.all([outside, `${outside}.old`].map(removeUnderServer));
  });

  /** The server still runs and writes while its folder goes. */
  function removeUnderServer(folder: string): Promise<void> {
    return rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  async function outsideFolder(): Promise<string> {
    for (const name of await readdir(systemFolder)) {
      const belongsTo = await readFile(join(systemFolder, name, 'belongs-to'), 'utf8').catch(() => '');
      if (belongsTo.trim() === stateFolder && !name.endsWith('.old')) return join(systemFolder, name);
    }
    throw new Error('there is no folder outside');
  }
});
