import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { PodState } from '#agents/testing/objects.ts';
import { patrolSettingsSchema } from '#domain/configuration.ts';
import type { Incident } from '#domain/incident.ts';
import { lastingOf, newsOf } from '#domain/patrol.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { fromMs, toMs } from '#domain/time.ts';
import { alertsOf } from '#store/deliveries.ts';
import { listIncidents } from '#store/incidents.ts';
import { watchesOf } from '#store/patrols.ts';
import { type TestStore, useStore } from '#store/test-store.ts';
import { createPatrolActivities } from './patrol-activities.ts';
import { day, dayStart, hour, type Planted, simulatedTools } from './testing/simulated-day.ts';
import type { PatrolActivities } from './types.ts';

const by = { tenant: 'default', name: 'health' };
const patrol = patrolSettingsSchema.parse({});
const everySeconds = patrol.everyMinutes * 60;
const secondLookSeconds = 20;

type Clock = { at: number };

/** A round as the workflow makes it. */
async function round(activities: PatrolActivities, clock: Clock): Promise<void> {
  const first = await activities.lookAround(by);
  const { certain, unsure } = newsOf(first.findings);
  if (certain.length > 0) await activities.reportFindings({ ...by, findings: certain });
  let last = first;
  if (unsure.length > 0) {
    clock.at += secondLookSeconds;
    last = await activities.lookAround(by);
    const lasting = lastingOf(unsure, last.findings);
    if (lasting.length > 0) await activities.reportFindings({ ...by, findings: lasting });
  }
  await activities.reportEnds({ ...by, look: last });
}

/** Patrols over a part of the simulated day, and the incidents that they opened, with what their alert said. */
async function patrolled(
  db: TestStore,
  { from, to, planted }: { from: number; to: number; planted?: Planted },
): Promise<(Incident & { said: string; alertname: string })[]> {
  const clock: Clock = { at: from };
  const activities = createPatrolActivities({
    ...{ store: db.store, log: pino({ level: 'silent' }), patrol, clusters: ['c1'] },
    now: () => fromMs(clock.at * 1000),
    tools: simulatedTools(() => clock.at, planted),
    serviceCatalogue: serviceCatalogueSchema.parse({}),
  });
  for (let at = from; at <= to; at += everySeconds) {
    clock.at = at;
    await round(activities, clock);
  }
  const { items } = await db.run((tx) => listIncidents(tx, { limit: 50 }));
  return Promise.all(
    items.map(async (incident) => {
      const [alert] = await db.run((tx) => alertsOf(tx, incident.id));
      return {
        ...incident,
        said: alert?.annotations.summary ?? '',
        alertname: alert?.labels.alertname ?? '',
      };
    }),
  );
}

test('24 quiet hours open no incident: daily cycle, noise, deploys, an autoscaler, sawteeth, an old wound', {
  timeout: 600_000,
}, async () => {
  const db = await useStore();
  const opened = await patrolled(db, { from: dayStart, to: dayStart + day });
  expect(opened.map(({ title, said }) => `${title}: ${said}`)).toEqual([]);
  // It was awake: the old wound was seen, all day.
  const watches = await db.run((tx) => watchesOf(tx, by.name));
  expect(watches.filter(({ sighting }) => sighting.object.name === 'museum')).not.toEqual([]);
});

const backOff = (reason: string, message: string): PodState => ({
  ready: false,
  phase: 'Pending',
  state: { waiting: { reason, message } },
});

function crashLoop(since: number, at: number): PodState {
  const ended = {
    exitCode: 1,
    reason: 'Error',
    startedAt: fromMs(at * 1000),
    finishedAt: fromMs((at + 2) * 1000),
  };
  return {
    ready: false,
    state: {
      waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container=main' },
    },
    lastState: { terminated: ended },
    restartCount: 1 + Math.min(6, Math.floor(since / 20)),
  };
}

const morning = dayStart + 5 * hour + 17;

/** What breaks, where it must be seen, and how long a common alert rule would have waited. */
const faults: readonly (readonly [
  what: string,
  planted: Omit<Planted, 'at'> & { readonly at?: number },
  says: RegExp,
  alertname: string,
  ruleSeconds: number,
])[] = [
  ['a crash loop', { pods: { workload: 'ledger', state: crashLoop } }, /ledger/, 'PatrolFault', 300],
  [
    'an image that is not there',
    {
      pods: {
        workload: 'stock',
        state: () =>
          backOff('ImagePullBackOff', 'Back-off pulling image "registry.example/stock:2": not found'),
      },
    },
    /stock/,
    'PatrolFault',
    300,
  ],
  ['a node that is gone', { nodeDown: 'node-3' }, /node-3/, 'PatrolFault', 300],
  [
    'errors, which the callers pass on',
    { signals: { 'errors|ledger': () => 0.4, 'errors|stock': () => 0.35, 'errors|gate': () => 0.3 } },
    /Service depot\/ledger/,
    'PatrolSignal',
    300,
  ],
  [
    'a slow service',
    { signals: { 'latency|stock': () => 0.9, 'latency|gate': () => 1.1 } },
    /Service depot\/stock/,
    'PatrolSignal',
    300,
  ],
  // The rule of kubernetes-mixin waits until 15 % are left, and then an hour.
  [
    'a volume that fills in hours',
    { levels: { data: (since, quiet) => quiet + (0.05 * since) / hour } },
    /ledger-data is full about .*not before .*at the latest/,
    'PatrolForecast',
    6.8 * hour,
  ],
  [
    'connections that are not given back',
    { levels: { connections: (since, quiet) => quiet + (0.12 * since) / hour } },
    /Service depot\/ledger has no connections left/,
    'PatrolForecast',
    5 * hour,
  ],
  [
    'a certificate that is not renewed any more',
    // It has a day and is renewed when eight hours are left: it was due at 16:00, and at 20:00 half of them have gone.
    { at: dayStart + 19.5 * hour, levels: { mesh: () => dayStart + day } },
    /certificate of Certificate depot\/mesh expires/,
    'PatrolForecast',
    1.5 * hour,
  ],
];

describe('a planted fault opens one incident, before a rule would have told', () => {
  test.each(faults)('%s', { timeout: 600_000 }, async (_, planted, says, alertname, ruleSeconds) => {
    const db = await useStore();
    const { at = morning } = planted;
    const from = at - 10 * 60 - 17;
    const opened = await patrolled(db, { from, to: at + ruleSeconds, planted: { ...planted, at } });
    expect(opened.map(({ said }) => said)).toEqual([expect.stringMatching(says)]);
    expect(opened[0]).toMatchObject({ alertname, source: 'patrol', status: 'open' });
    expect(toMs(opened[0]?.openedAt ?? '') / 1000).toBeLessThan(at + ruleSeconds);
  });
});
