import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '#cli/api-client.ts';
import { diagnosesOf } from '#cli/follow.ts';
import { isDiagnosis } from '#cli/milestones.ts';
import type { StoryEvent } from '#cli/story-events.ts';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import { toMs } from '#domain/time.ts';
import { judge } from '#range/check/judge.ts';
import { shuffled } from '#range/check/seeded.ts';
import { faults } from '#range/faults/catalogue.ts';
import type { Fault } from '#range/faults/fault.ts';
import { untilHealthy } from '#range/settle.ts';
import { percentile, print, rounded } from './figures.ts';
import type { PracticeInstance } from './practice-instance.ts';

/** How many incidents are measured: of as many faults, where there are so many. */
const leastIncidents = Number(process.env.UNDERSTUDY_BENCH_INCIDENTS ?? 20);
/** For the first alert of a fault to come. */
const alertMs = 180_000;
/** For every incident of a fault to be diagnosed once the first alert is in; what takes longer counts as this long. */
const diagnosisMs = 60_000;
const closeMs = 180_000;
const pollMs = 250;

type Measured = {
  readonly fault: string;
  /** From the receipt of Alertmanager's first POST to the first ranked diagnosis being on record. */
  readonly ms: number;
  readonly found: boolean;
  readonly right: boolean;
};

/** Everything that happens from now on, as it is told. */
async function listen(client: ApiClient, signal: AbortSignal): Promise<StoryEvent[]> {
  const told: StoryEvent[] = [];
  const events = await client.events({ after: 'latest', signal });
  const read = async (): Promise<void> => {
    for await (const event of events) told.push(event);
  };
  read().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return told;
}

async function measureIncident(
  { client, range }: PracticeInstance,
  fault: Fault,
  events: readonly StoryEvent[],
): Promise<Measured> {
  const [opened] = events;
  const reading = await client.incident(opened?.incidentId ?? '');
  const diagnoses = diagnosesOf(reading);
  const story = { incident: reading.incident, diagnoses, steps: reading.steps };
  const { object, cause } = judge(fault.declare, range.names, [story]);
  const first = diagnoses.findIndex(({ verdict }) => verdict === 'fault');
  const told = first < 0 ? undefined : events.filter(isDiagnosis)[first];
  const found = opened !== undefined && told !== undefined;
  const ms = found ? toMs(told.at) - toMs(opened.at) : diagnosisMs;
  return { fault: fault.name, ms, found, right: object && cause };
}

function byIncident(events: readonly StoryEvent[]): StoryEvent[][] {
  const own = new Map<string, StoryEvent[]>();
  for (const event of events) {
    const isOpening = event.type === 'incident.opened' || event.type === 'incident.reopened';
    if (isOpening) own.set(event.incidentId, [event]);
    else own.get(event.incidentId)?.push(event);
  }
  return [...own.values()];
}

/** A server that cannot answer for a moment says so and asks to try again: then it is not so yet. */
async function whereAnswered(isSo: () => Promise<boolean> | boolean): Promise<boolean> {
  try {
    return await isSo();
  } catch (error) {
    if (errorCodeOf(error) !== 'unavailable') throw error;
    process.stderr.write(`asked again: ${messageOf(error)}\n`);
    return false;
  }
}

/** Waits until `isSo`, or until the time is over. */
async function wait(
  isSo: () => Promise<boolean> | boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (performance.now() < endMs) {
    if (await whereAnswered(isSo)) return true;
    await sleep(pollMs, undefined, { signal });
  }
  return false;
}

/** One fault is on until its incidents are diagnosed; then it is taken away and all is left to become quiet. */
async function round(
  instance: PracticeInstance,
  fault: Fault,
  told: readonly StoryEvent[],
): Promise<Measured[]> {
  const { range, client, signal } = instance;
  await untilHealthy(range, { signal });
  const from = told.length;
  const own = (): StoryEvent[][] => byIncident(told.slice(from));
  await fault.on(range);
  await wait(() => own().length > 0, alertMs, signal);
  const measured = async (): Promise<Measured[]> =>
    Promise.all(own().map((events) => measureIncident(instance, fault, events)));
  await wait(async () => (await measured()).every(({ found }) => found), diagnosisMs, signal);
  const results = await measured();
  await fault.off(range);
  await untilHealthy(range, { signal });
  await wait(
    async () => (await client.incidents({ status: 'open', limit: 1 })).length === 0,
    closeMs,
    signal,
  );
  for (const { ms, found, right } of results) {
    const what = found ? `${ms} ms, ${right ? 'right' : 'wrong'} first` : 'no diagnosis';
    process.stderr.write(`${fault.name}: ${what}\n`);
  }
  return results;
}

/** From Alertmanager's POST to the ranked diagnosis, over faults of the range in an order by chance. */
export async function measureDiagnosis(instance: PracticeInstance): Promise<void> {
  const told = await listen(instance.client, instance.signal);
  const results: Measured[] = [];
  let rounds = 0;
  while (results.length < leastIncidents) {
    const order = shuffled(faults, 1 + Math.floor(rounds / faults.length));
    const fault = order[rounds % order.length];
    if (fault === undefined || rounds > 3 * leastIncidents + faults.length) break;
    results.push(...(await round(instance, fault, told)));
    rounds += 1;
  }
  report(results);
}

function report(results: readonly Measured[]): void {
  const sorted = results.map(({ ms }) => ms).toSorted((one, other) => one - other);
  const missed = results.filter(({ found }) => !found).length;
  const kinds = new Set(results.map(({ fault }) => fault)).size;
  const how = `${results.length} incidents of ${kinds} faults, one fault at a time on the practice range; from the receipt of Alertmanager's first POST to the first ranked diagnosis on record; ${missed} not diagnosed within ${diagnosisMs / 1000} s (counted as that)`;
  const figure = (share: number): number => rounded(percentile(sorted, share), 0);
  print({ name: 'diagnosis.mttd_p50_ms', value: figure(0.5), unit: 'ms', aim: 'none', how });
  print({ name: 'diagnosis.mttd_p95_ms', value: figure(0.95), unit: 'ms', aim: '< 5000', how });
  print({
    name: 'diagnosis.right_first',
    value: results.filter(({ right }) => right).length,
    unit: 'incidents',
    aim: `= ${results.length}`,
    how: 'incidents whose first ranked diagnosis names a right object and cause first, as the fault declares them',
  });
}
