import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { objectKey } from '#domain/object-ref.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { fromMs } from '#domain/time.ts';
import { createToolClient } from '#mcp-tools/runtime/client.ts';
import { getIncident, listIncidents } from '#store/incidents.ts';
import { claimOutbox } from '#store/outbox.ts';
import { type TestStore, useStore } from '#store/test-store.ts';
import { createPatrolActivities } from './patrol-activities.ts';
import type { PatrolFinding } from './types.ts';

const by = { tenant: 'default', name: 'health' };

function finding(name: string, code: string, cluster = 'c1'): PatrolFinding {
  const object = { cluster, kind: 'Deployment', namespace: 'shop', name };
  return {
    key: `${objectKey(object)}|${code}`,
    object,
    cause: code,
    message: `${name} is ill`,
    isNews: true,
  };
}

function patrol(db: TestStore) {
  return createPatrolActivities({
    store: db.store,
    log: pino({ level: 'silent' }),
    now: () => fromMs(Date.now()),
    tools: createToolClient({ servers: {} }),
    clusters: ['c1', 'c2'],
    serviceCatalogue: serviceCatalogueSchema.parse({}),
  });
}

/** What the outbox has for the workflows, in its order. */
async function told(db: TestStore): Promise<string[]> {
  const query = { limit: 50, at: fromMs(Date.now()), leaseMs: 60_000 };
  return (await db.run((tx) => claimOutbox(tx, query))).map(({ status }) => status);
}

describe('a patrol', () => {
  test('tells an incident that it has opened when nothing is seen of its trouble any more', async () => {
    const db = await useStore();
    const { reportFindings, reportEnds } = patrol(db);
    const ill = finding('checkout', 'image.bad-reference');
    expect(await reportFindings({ ...by, findings: [ill] })).toBe(1);
    const [incident] = (await db.run((tx) => listIncidents(tx, { limit: 5 }))).items;
    expect(incident).toMatchObject({ source: 'patrol', deliveryCount: 1 });

    const look = { findings: [], seenWhole: ['c1', 'c2'] };
    expect(await reportEnds({ ...by, look })).toBe(1);
    expect(await db.run((tx) => getIncident(tx, incident?.id ?? ''))).toMatchObject({ deliveryCount: 2 });
    // Told once: the next round finds it told.
    expect(await reportEnds({ ...by, look })).toBe(0);
  });

  test.each([
    [
      'the object is still ill, in whichever way',
      { findings: [finding('checkout', 'other')], seenWhole: ['c1'] },
    ],
    ['the cluster could not be looked at whole', { findings: [], seenWhole: ['c2'] }],
  ])('says nothing where %s', async (_, look) => {
    const db = await useStore();
    const { reportFindings, reportEnds } = patrol(db);
    const ill = finding('checkout', 'image.bad-reference');
    await reportFindings({ ...by, findings: [ill] });
    expect(await told(db)).toEqual(['firing']);
    expect(await reportEnds({ ...by, look })).toBe(0);
    expect(await told(db)).toEqual([]);
  });

  test('that cannot look says that it has seen nothing whole', async () => {
    const db = await useStore();
    expect(await patrol(db).lookAround(by)).toEqual({ findings: [], seenWhole: [] });
  });
});
