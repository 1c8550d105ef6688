import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Delivery } from '#domain/alert.ts';
import { newDatabase } from '#test/setup/services.ts';
import { acceptDeliveries } from './deliveries.ts';
import { inTenant, openStore, type Store, type Tx } from './pool.ts';

export type TestStore = {
  readonly databaseUrl: string;
  readonly store: Store;
  /** One transaction of the tenant `default`. */
  readonly run: <Result>(work: (tx: Tx) => Promise<Result>) => Promise<Result>;
  /** SQL as the owner of the tables, past row-level security: what an attacker or a backup tool could do. */
  readonly asOwner: (sql: string, params?: unknown[]) => Promise<Record<string, unknown>[]>;
};

/** A migrated database of this test's own on a real server; its connections go when the test ends. */
export async function useStore(): Promise<TestStore> {
  const test = await openTestStore();
  onTestFinished(() => test.store.close());
  return test;
}

/** The same for several tests; whoever opens it closes its store. */
export async function openTestStore(): Promise<TestStore> {
  const { url: databaseUrl, superuserUrl } = await newDatabase();
  const store = openStore({ databaseUrl, applicationName: 'test', poolSize: 20 });
  return {
    databaseUrl,
    store,
    run: (work) => inTenant(store, 'default', work),
    asOwner: async (sql, params = []) => {
      const client = new pg.Client({ connectionString: superuserUrl });
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
