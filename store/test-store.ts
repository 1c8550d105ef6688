import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Delivery } from '#domain/alert.ts';
import { acceptDeliveries } from './deliveries.ts';
import { migrate } from './migrate.ts';
import { inTenant, openStore, type Store, type Tx } from './pool.ts';

const serverUrl = 'postgres://postgres:pw@127.0.0.1:55432/postgres';

async function useDatabase(): Promise<{ databaseUrl: string }> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return { databaseUrl: serverUrl.replace(/postgres$/, name) };
}

export type TestStore = {
  readonly databaseUrl: string;
  readonly store: Store;
  /** One transaction of the tenant `default`. */
  readonly run: <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>;
  /** SQL as the owner of the tables, past row-level security: what an attacker or a backup tool could do. */
  readonly asOwner: (sql: string, params?: unknown[]) => Promise<Record<string, unknown>[]>;
};

/** A migrated database of its own on a real server, gone from this test when it ends. */
export async function useStore(): Promise<TestStore> {
  const { databaseUrl } = await useDatabase();
  await migrate(databaseUrl);
  const store = openStore({ databaseUrl, applicationName: 'test', poolSize: 20 });
  onTestFinished(() => store.close());
  return {
    databaseUrl,
    store,
    run: (work) => inTenant(store, 'default', work),
    asOwner: async (sql, params = []) => {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      try {
        return (await client.query(sql, params)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

/** A delivery of one firing alert; fields that are given replace the ones here. */
export function aDelivery(fields: Partial<Delivery> = {}): Delivery {
  const groupKey = fields.groupKey ?? `{}:{alertname="HighErrorRate", n="${randomUUID()}"}`;
  const status = fields.status ?? 'firing';
  const labels = { alertname: 'HighErrorRate', severity: 'critical', service: 'checkout' };
  return {
    source: 'alertmanager',
    receiver: 'understudy',
    groupKey,
    status,
    groupLabels: { alertname: 'HighErrorRate' },
    commonLabels: labels,
    commonAnnotations: { summary: 'Too many errors' },
    alerts: [
      {
        fingerprint: 'f1',
        status,
        labels,
        annotations: {},
        startsAt: '2026-11-21T10:00:00.000Z',
        ...(status === 'resolved' ? { endsAt: '2026-11-21T10:05:00.000Z' } : {}),
      },
    ],
    truncatedAlerts: 0,
    ...fields,
  };
}

/** Opens an incident and answers with its id. */
export function anIncident(test: TestStore, fields: Partial<Delivery> = {}): Promise<string> {
  return test.run(async (tx) => {
    const items = [{ delivery: aDelivery(fields), receivedAt: '2026-11-21T10:00:01.000Z' }];
    const [accepted] = await acceptDeliveries(tx, items);
    if (accepted?.incidentId === undefined) throw new Error('no incident was opened');
    return accepted.incidentId;
  });
}
