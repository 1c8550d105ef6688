import { open, stat } from 'node:fs/promises';
import type { IncidentEvent } from '#domain/incident.ts';
import { toMs } from '#domain/time.ts';
import { actorUser } from '#range/cluster/accounts.ts';
import type { WholeInstance } from './instance.ts';
import { auditLogOf, eventsSince, firstTold, type Mark, writesSince } from './record.ts';
import { remediationActivities } from './remediation-history.ts';
import { untilSo } from './until-so.ts';

/** Where an incident may stand when something dies. */
export const moments = [
  /** Durable, and nobody has looked into it. */
  'accepted',
  'investigating',
  /** A gate is open. */
  'waiting',
  /** Approved, dry-run once more, and not written. */
  'acting',
  /** Written, and Temporal has not been told. */
  'answer-lost',
  'verifying',
] as const;
export type Moment = (typeof moments)[number];

type Is = (event: IncidentEvent) => boolean;
const phaseIs =
  (...phases: string[]): Is =>
  ({ type, data }) =>
    type === 'incident.phase' && phases.includes(String(data.phase));
const stepIs =
  (status: string): Is =>
  ({ type, data }) =>
    type === 'step.changed' && data.status === status;
const typeIs =
  (...types: IncidentEvent['type'][]): Is =>
  ({ type }) =>
    types.includes(type);
const isApproval: Is = ({ type, data }) => type === 'gate.decision' && data.accepted === true;

/** What is told when the moment begins. */
const beginnings: Readonly<Record<Exclude<Moment, 'answer-lost'>, Is>> = {
  accepted: typeIs('incident.opened', 'incident.reopened'),
  investigating: phaseIs('observe'),
  waiting: typeIs('gate.opened'),
  acting: stepIs('acting'),
  verifying: stepIs('verifying'),
};

/** As often as the machine can: some of these moments last for hundredths of a second. */
const closely = { everyMs: 1 };

/** Resolves as soon as an incident has come to the moment; answers with the incident. */
export async function untilMoment(instance: WholeInstance, mark: Mark, moment: Moment): Promise<string> {
  const begins = beginnings[moment === 'answer-lost' ? 'acting' : moment];
  const incidentId = await untilSo(
    `an incident is ${moment}`,
    async () => (await eventsSince(instance, mark)).find(begins)?.incidentId,
    closely,
  );
  if (moment === 'answer-lost') await untilActorWrites(instance);
  return incidentId;
}

/** Reads on in the API server's audit log, line by line, until the actor has changed something. */
async function untilActorWrites(instance: WholeInstance): Promise<void> {
  const file = auditLogOf(instance);
  // The step was only just begun: what is written is near the end.
  let offset = Math.max(0, (await stat(file)).size - 64 * 1024);
  const startedMs = Date.now() - 1_000;
  const handle = await open(file, 'r');
  try {
    await untilSo(
      'the actor writes',
      async () => {
        const { size } = await handle.stat();
        const { buffer, bytesRead } = await handle.read(
          Buffer.alloc(size - offset),
          0,
          size - offset,
          offset,
        );
        const text = buffer.toString('utf8', 0, bytesRead);
        const whole = text.slice(0, text.lastIndexOf('\n') + 1);
        offset += Buffer.byteLength(whole);
        return whole.split('\n').some((line) => isEffect(line, startedMs));
      },
      closely,
    );
  } finally {
    await handle.close();
  }
}

function isEffect(line: string, sinceMs: number): boolean {
  if (!line.includes(actorUser) || !/"verb":"(patch|update|create|delete)"/.test(line)) return false;
  if (line.includes('dryRun=All') || !/"code":20\d/.test(line)) return false;
  const at = /"requestReceivedTimestamp":"([^"]+)"/.exec(line)?.[1];
  return at !== undefined && Date.parse(at) >= sinceMs;
}

export type Span = { readonly fromMs: number; readonly toMs: number };

/** When the moment began and ended, by what was written down; undefined where it never came. */
export async function spanOf(
  instance: WholeInstance,
  mark: Mark,
  moment: Moment,
  incidentId: string,
): Promise<Span | undefined> {
  const events = await eventsSince(instance, mark);
  const told = (is: Is): number | undefined => firstTold(events, incidentId, is);
  const from = (beginMs: number | undefined, endMs: number | undefined): Span | undefined =>
    beginMs === undefined ? undefined : { fromMs: beginMs, toMs: endMs ?? Number.POSITIVE_INFINITY };
  switch (moment) {
    case 'accepted':
      return from(told(beginnings.accepted), told(phaseIs('observe', 'closing')));
    case 'investigating':
      return from(
        told(beginnings.investigating),
        told(either(beginnings.waiting, phaseIs('watching', 'closing'))),
      );
    case 'waiting':
      return from(told(beginnings.waiting), told(isApproval));
    case 'verifying':
      return from(told(beginnings.verifying), told(stepIs('verified')));
    case 'acting':
    case 'answer-lost': {
      const { dryRunMs, writtenMs, lostMs } = await actOf(instance, mark, events, incidentId);
      if (moment === 'acting') return from(dryRunMs, writtenMs);
      return lostMs === undefined ? undefined : from(writtenMs, lostMs);
    }
  }
}

const either =
  (...all: Is[]): Is =>
  (event) =>
    all.some((is) => is(event));

type Act = { readonly dryRunMs?: number; readonly writtenMs?: number; readonly lostMs?: number | undefined };

/** From Temporal's history and the API server's audit log: the last dry run, the write, the answer. */
async function actOf(
  instance: WholeInstance,
  mark: Mark,
  events: readonly IncidentEvent[],
  incidentId: string,
): Promise<Act> {
  const step = events.find((event) => event.incidentId === incidentId && stepIs('acting')(event));
  const activities = await remediationActivities(instance, incidentId, Number(step?.data.planNo ?? 1));
  const execute = activities.find(({ name }) => name === 'executeStep');
  const dryRun = activities.findLast(
    ({ name, endedMs }) =>
      name === 'prepareStep' &&
      endedMs !== undefined &&
      endedMs <= (execute?.scheduledMs ?? Number.POSITIVE_INFINITY),
  );
  const [written] = await writesSince(instance, mark);
  return {
    ...(dryRun?.endedMs === undefined ? {} : { dryRunMs: dryRun.endedMs }),
    ...(written === undefined ? {} : { writtenMs: toMs(written.at) }),
    // One that was answered all the same was not lost.
    ...(written === undefined || execute?.hasAnswered !== false ? {} : { lostMs: execute.endedMs }),
  };
}
