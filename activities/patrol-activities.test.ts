import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { patrolSettingsSchema } from '#domain/configuration.ts';
import { objectKey } from '#domain/object-ref.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { fromMs } from '#domain/time.ts';
import { createToolClient } from '#mcp-tools/runtime/client.ts';
import { getIncident, listIncidents } from '#store/incidents.ts';
import { claimOutbox } from '#store/outbox.ts';
import { aDelivery, anIncident, type TestStore, useStore } from '#store/test-store.ts';
import { createPatrolActivities } from './patrol-activities.ts';
import type { PatrolFinding } from './types.ts';

const whole = (clusters: string[]) => ({ fault: clusters, signal: clusters, forecast: clusters });

const by = { tenant: 'default', name: 'health' };

function finding(name: string, code: string, cluster = 'c1'): PatrolFinding {
  const object = { cluster, kind: 'Deployment', namespace: 'shop', name };
  return {
    key: `${objectKey(object)}|${code}`,
    object,
    kind: 'fault',
    cause: code,
    message: `${name} is ill`,
    isCertain: false,
    isFelt: true,
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
    patrol: patrolSettingsSchema.parse({}),
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

    const look = { findings: [], seenWhole: whole(['c1', 'c2']), gaps: [] };
    expect(await reportEnds({ ...by, look })).toBe(1);
    expect(await db.run((tx) => getIncident(tx, incident?.id ?? ''))).toMatchObject({ deliveryCount: 2 });
    // Told once: the next round finds it told.
    expect(await reportEnds({ ...by, look })).toBe(0);
  });

  test.each([
    [
      'the object is still ill, in whichever way',
      { findings: [finding('checkout', 'other')], seenWhole: whole(['c1']), gaps: [] },
    ],
    [
      'the cluster could not be looked at whole',
      { findings: [], seenWhole: whole(['c2']), gaps: ['c1: away'] },
    ],
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
    const look = await patrol(db).lookAround(by);
    expect(look).toMatchObject({ findings: [], seenWhole: whole([]) });
    expect(look.gaps).toEqual(expect.arrayContaining([expect.stringMatching(/^c1: /)]));
    expect(look.gaps).toEqual(expect.arrayContaining([expect.stringMatching(/^c2: /)]));
  });

  const labels = { alertname: 'A', namespace: 'shop', cluster: 'c1' };
  test.each([
    ['of the same deployment', { ...labels, deployment: 'api' }, 0],
    ['of one of its pods', { ...labels, pod: 'api-7d9f8-x2z' }, 0],
    ['of a service of its name, wherever it is', { alertname: 'A', service: 'api' }, 0],
    ['on a cluster that is called otherwise there', { ...labels, cluster: 'eu-1', app: 'api' }, 0],
    ['of the same name in another namespace', { ...labels, namespace: 'bank', deployment: 'api' }, 1],
    ['of the same name on another cluster', { ...labels, cluster: 'c2', deployment: 'api' }, 1],
    ['of something whose name holds it', { ...labels, deployment: 'capital' }, 1],
  ])('after an alert %s', async (_, alertLabels, opened) => {
    const db = await useStore();
    const alerts = aDelivery().alerts.map((alert) => ({ ...alert, labels: alertLabels }));
    const annotations = { summary: `${Object.values(alertLabels).join(' ')} is in trouble` };
    await anIncident(db, { alerts, commonLabels: alertLabels, commonAnnotations: annotations });
    const findings = [finding('api', 'image.bad-reference')];
    expect(await patrol(db).reportFindings({ ...by, findings })).toBe(opened);
  });
});
