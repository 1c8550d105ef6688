import { expect, test } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import { acceptDeliveries } from './deliveries.ts';
import { eventsAfter } from './events.ts';
import { getIncident, listIncidents } from './incidents.ts';
import { inTenant, openStore } from './pool.ts';
import { getSetting, putSetting } from './settings.ts';
import { aDelivery, anIncident, useStore } from './test-store.ts';

test('a tenant sees nothing of another one, and cannot write in its name', async () => {
  const { store } = await useStore();
  const items = [{ delivery: aDelivery(), receivedAt: '2026-11-21T10:00:00Z' }];
  const [accepted] = await inTenant(store, 'one', (tx) => acceptDeliveries(tx, items));
  const id = accepted?.incidentId ?? '';
  await inTenant(store, 'two', async (tx) => {
    expect(await getIncident(tx, id)).toBeUndefined();
    expect((await listIncidents(tx, { limit: 10 })).items).toEqual([]);
    expect(await eventsAfter(tx, { seq: 0, limit: 10 })).toEqual([]);
    expect(await tx.query('UPDATE incidents SET title = $1 RETURNING id', ['stolen'])).toEqual([]);
  });
  const forged = inTenant(store, 'two', (tx) =>
    tx.query(`INSERT INTO settings (tenant_id, key, value) VALUES ('one', 'k', '1')`),
  );
  await expect(forged).rejects.toMatchObject({ code: 'forbidden' });
  await inTenant(store, 'one', async (tx) => expect(await getIncident(tx, id)).toBeDefined());
});

test('every table but the list of migrations is under the tenants’ rule', async () => {
  const { asOwner } = await useStore();
  const open = await asOwner(
    `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname <> 'schema_migrations'
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity
         AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)
         AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull))`,
  );
  expect(open).toEqual([]);
});

test('the application works as a role that owns nothing', async () => {
  const { run, asOwner } = await useStore();
  const [who] = await run((tx) => tx.query('SELECT current_user AS who'));
  expect(who?.who).toBe('understudy_app');
  expect(
    await asOwner(
      `SELECT relname FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE r.rolname = 'understudy_app'`,
    ),
  ).toEqual([]);
  await expect(run((tx) => tx.query('DROP TABLE settings'))).rejects.toMatchObject({ code: 'forbidden' });
});

test('work that fails leaves nothing, events included', async () => {
  const test = await useStore();
  const incidentId = await anIncident(test);
  const failing = test.run(async (tx) => {
    await putSetting(tx, 'k', 1);
    tx.atEnd({
      kind: 'event',
      entry: { incidentId, at: '2026-11-21T10:00:00Z', type: 'incident.phase', data: {} },
    });
    throw new UnderstudyError('conflict', 'no');
  });
  await expect(failing).rejects.toMatchObject({ code: 'conflict' });
  expect(await test.run((tx) => getSetting(tx, 'k'))).toBeUndefined();
  expect(await test.run((tx) => eventsAfter(tx, { seq: 0, limit: 10 }))).toHaveLength(1);
});

test('an error that was swallowed inside a transaction is not taken for success', async () => {
  const { run } = await useStore();
  const swallowing = run(async (tx) => {
    await putSetting(tx, 'k', 1);
    await tx.query('SELECT 1/0').catch(() => undefined);
  });
  await expect(swallowing).rejects.toThrow('rolled back');
});

test('two transactions that wait for each other are both carried out', async () => {
  const { run } = await useStore();
  await run(async (tx) => {
    await putSetting(tx, 'a', 0);
    await putSetting(tx, 'b', 0);
  });
  const add = (first: string, second: string): Promise<void> =>
    run(async (tx) => {
      const increase = `UPDATE settings SET value = to_jsonb((value #>> '{}')::int + 1) WHERE key = $1`;
      await tx.query(increase, [first]);
      await tx.query('SELECT pg_sleep(0.1)');
      await tx.query(increase, [second]);
    });
  await Promise.all([add('a', 'b'), add('b', 'a')]);
  expect(await run((tx) => getSetting(tx, 'a'))).toBe(2);
  expect(await run((tx) => getSetting(tx, 'b'))).toBe(2);
});

test('a database that cannot be reached is unavailable, soon and in words', async () => {
  const store = openStore({ databaseUrl: 'postgres://nobody@127.0.0.1:9/none', applicationName: 'test' });
  const asked = inTenant(store, 'default', (tx) => getSetting(tx, 'k'));
  await expect(asked).rejects.toMatchObject({ code: 'unavailable' });
  await store.close();
});

test('a statement that takes too long is given up, and the store goes on', async () => {
  const { databaseUrl } = await useStore();
  const store = openStore({ databaseUrl, applicationName: 'test', poolSize: 1, statementTimeoutMs: 200 });
  const slow = inTenant(store, 'default', (tx) => tx.query('SELECT pg_sleep(5)'));
  await expect(slow).rejects.toMatchObject({ code: 'timeout' });
  await inTenant(store, 'default', (tx) => putSetting(tx, 'k', 1));
  await store.close();
});

test('a transaction that cannot begin as it should carries nothing out, and says why', async () => {
  const { databaseUrl, run } = await useStore();
  const store = openStore({ databaseUrl, applicationName: 'test', statementTimeoutMs: Number.NaN });
  const broken = inTenant(store, 'default', (tx) => putSetting(tx, 'k', 1));
  await expect(broken).rejects.toThrow(/statement_timeout/);
  await store.close();
  expect(await run((tx) => getSetting(tx, 'k'))).toBeUndefined();
});

test('a tenant’s name is data: quotes in it do no harm', async () => {
  const { store } = await useStore();
  const name = `o'brien\\'; DROP TABLE settings; --`;
  await inTenant(store, name, (tx) => putSetting(tx, 'k', 7));
  expect(await inTenant(store, name, (tx) => getSetting(tx, 'k'))).toBe(7);
});

test('an empty tenant gets nothing', async () => {
  const { store } = await useStore();
  await expect(inTenant(store, '', (tx) => putSetting(tx, 'k', 1))).rejects.toThrow();
});
