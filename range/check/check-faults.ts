import { setTimeout as sleep } from 'node:timers/promises';
import { errorCodeOf, messageOf } from '#domain/errors.ts';
import type { RangeFacts } from '../facts.ts';
import { createLook } from '../faults/checks.ts';
import type { Fault } from '../faults/fault.ts';
import { moveShop } from '../move-shop.ts';
import { untilHealthy } from '../settle.ts';
import { isHandedOver, type Judgement, judge, judgeHealthy } from './judge.ts';
import { otherNames } from './other-names.ts';
import type { IncidentStory, PracticeApi } from './practice-api.ts';
import { shuffled } from './seeded.ts';

/** How one fault came out; the round without a fault is called `none`, and all is true where it was left alone. */
export type FaultResult = Judgement & {
  fault: string;
  /** The fault is gone, as the checker itself sees in the cluster and its metrics. */
  verified: boolean;
  /** From switching it on until it was seen to be gone, or given up. */
  seconds: number;
};

export type Milestone = 'on' | 'alerted' | 'diagnosed' | 'mended' | 'verified' | 'quiet';
export type CheckProgress = { fault: string; milestone: Milestone; seconds: number };

export type RangeUnderTest = {
  /** Breaks it. */
  on(fault: Fault): Promise<void>;
  /** Puts everything back. */
  off(fault: Fault): Promise<void>;
  /** What is still not as the fault says that it is when it is gone. */
  remains(fault: Fault): Promise<readonly string[]>;
  /** Resolves when the shop is healthy and no alert fires. */
  untilHealthy(): Promise<void>;
  names: RangeFacts['names'];
};

export type CheckTimes = {
  /** For one fault to be mended and seen to be gone. */
  faultMs: number;
  /** For the incidents of a round to be closed once all is quiet. */
  closeMs: number;
  /** What was handed over to a person, and is not looked at again for this long, stays so: the fault is given up. */
  leftAloneMs: number;
  /** How long the round without a fault lasts. */
  healthyMs: number;
  /** How long a shop under other names runs before the first fault: what has just started has no quiet time to compare with. */
  quietMs: number;
  pollMs: number;
};
export const practiceTimes: CheckTimes = {
  faultMs: 300_000,
  closeMs: 180_000,
  leftAloneMs: 45_000,
  healthyMs: 45_000,
  quietMs: 60_000,
  pollMs: 500,
};

export type CheckOptions = {
  range: RangeFacts;
  api: PracticeApi;
  faults: readonly Fault[];
  /** The order of the faults follows from it, and the other names. */
  seed: number;
  /** With the shop under other names, in another namespace; it is moved back afterwards. */
  renamed: boolean;
  onProgress?: (progress: CheckProgress) => void;
  /** Told how each round came out, as soon as it is over. */
  onResult?: (result: FaultResult) => void;
  times?: CheckTimes;
  signal?: AbortSignal;
};

/**
 * Switches every fault on, one after the other in an order by chance, and sees what Understudy makes of it: alert, diagnosis,
 * approval (given through `api`), mend. Looks for itself whether the fault is gone, and puts everything back before the
 * next. Ends with a round without a fault. What goes wrong in a round is a result, not an error.
 */
export async function checkFaults(options: CheckOptions): Promise<FaultResult[]> {
  const { range, seed, renamed } = options;
  if (!renamed) return checkRounds({ ...options, range: rangeUnderTest(range) });
  const { times = practiceTimes, signal } = options;
  const moved = await moveShop(range, otherNames(seed));
  try {
    await untilHealthy(moved);
    await sleep(times.quietMs, undefined, signal === undefined ? {} : { signal });
    return await checkRounds({ ...options, range: rangeUnderTest(moved) });
  } finally {
    await moveShop(moved, range.names);
  }
}

/** A real range, as the checker handles it. */
export function rangeUnderTest(range: RangeFacts): RangeUnderTest {
  const look = createLook(range);
  return {
    names: range.names,
    on: (fault) => fault.on(range),
    off: (fault) => fault.off(range),
    remains: async ({ declare }) => {
      const found = await Promise.all(declare.verifiedWhen.map((check) => check(look)));
      return found.filter((remaining) => remaining !== undefined);
    },
    untilHealthy: () => untilHealthy(range),
  };
}

type Rounds = Omit<CheckOptions, 'range' | 'renamed'> & { range: RangeUnderTest };

/** The rounds themselves, over any range. */
export async function checkRounds(options: Rounds): Promise<FaultResult[]> {
  const results: FaultResult[] = [];
  const add = (result: FaultResult): void => {
    results.push(result);
    options.onResult?.(result);
  };
  for (const fault of shuffled(options.faults, options.seed)) {
    options.signal?.throwIfAborted();
    add(await checkFault(fault, options));
  }
  add(await checkHealthy(options));
  return results;
}

async function checkFault(fault: Fault, options: Rounds): Promise<FaultResult> {
  const { range, api, times = practiceTimes, signal } = options;
  const round = beginRound(fault, options);
  try {
    await range.untilHealthy();
    // An incident that still is open would take in the alerts of this round.
    await untilClosed(api, new Set(), times);
    const before = await incidentIds(api);
    try {
      await follow(fault, round, before, options);
    } finally {
      await range.off(fault);
    }
    await range.untilHealthy();
    if (leftToAPerson(fault, round.result)) round.result.verified = (await range.remains(fault)).length === 0;
    await untilClosed(api, before, times);
    round.tell('quiet');
  } catch (error) {
    signal?.throwIfAborted();
    round.result = { ...round.result, detail: `${round.result.detail} ${messageOf(error)}`.trim() };
  }
  return round.result;
}

type Round = {
  result: FaultResult;
  secondsSoFar: () => number;
  /** Each milestone is told once. */
  tell: (milestone: Milestone) => void;
};

function beginRound(fault: Fault, { range, onProgress }: Rounds): Round {
  let startedMs = Date.now();
  const told = new Set<Milestone>();
  const secondsSoFar = (): number => Math.round((Date.now() - startedMs) / 100) / 10;
  const nothing = judge(fault.declare, range.names, []);
  return {
    result: { fault: fault.name, ...nothing, verified: false, seconds: 0 },
    secondsSoFar,
    tell: (milestone) => {
      if (told.has(milestone)) return;
      if (milestone === 'on') startedMs = Date.now();
      told.add(milestone);
      onProgress?.({ fault: fault.name, milestone, seconds: secondsSoFar() });
    },
  };
}

/** Switches the fault on, approves what is proposed, and looks until the fault is gone or the time is up. */
async function follow(
  fault: Fault,
  round: Round,
  before: ReadonlySet<string>,
  { range, api, times = practiceTimes, signal }: Rounds,
): Promise<void> {
  round.tell('on');
  await range.on(fault);
  let busyMs = Date.now();
  while (!round.result.verified && round.secondsSoFar() * 1000 < times.faultMs) {
    signal?.throwIfAborted();
    await sleep(times.pollMs);
    const stories = await whenItAnswers(async () => {
      const found = await newStories(api, before);
      await approveAll(api, found);
      return found;
    }, times);
    const judgement = judge(fault.declare, range.names, stories);
    for (const milestone of ['alerted', 'diagnosed', 'mended'] as const)
      if (judgement[milestone]) round.tell(milestone);
    const verified = judgement.mended && (await range.remains(fault)).length === 0;
    round.result = { fault: fault.name, ...judgement, verified, seconds: round.secondsSoFar() };
    // Whoever was asked mends it now.
    if (leftToAPerson(fault, judgement)) return;
    if (stories.length === 0 || !stories.every(isHandedOver)) busyMs = Date.now();
    if (Date.now() - busyMs > times.leftAloneMs) return;
  }
  if (round.result.verified) round.tell('verified');
}

/** True where it has ended right without a step: that it is gone can be seen only when the checker has put it back. */
function leftToAPerson({ declare: { end } }: Fault, { mended, detail }: Judgement): boolean {
  return mended && (end === 'handed-over' || (end === 'either' && detail.endsWith('handed over')));
}

async function incidentIds(api: PracticeApi): Promise<ReadonlySet<string>> {
  return new Set((await api.listIncidents()).map(({ id }) => id));
}

const mostRefusals = 20;

/** A server that is too busy to answer is asked again: that is no outcome of a fault. */
async function whenItAnswers<T>(ask: () => Promise<T>, { pollMs }: CheckTimes): Promise<T> {
  for (let refusals = 0; ; refusals += 1) {
    try {
      return await ask();
    } catch (error) {
      if (errorCodeOf(error) !== 'unavailable' || refusals === mostRefusals) throw error;
      await sleep(pollMs);
    }
  }
}

/** The stories of a round, oldest first: ids of incidents grow with time. */
async function newStories(api: PracticeApi, before: ReadonlySet<string>): Promise<IncidentStory[]> {
  const ids = (await api.listIncidents()).map(({ id }) => id).filter((id) => !before.has(id));
  return Promise.all(ids.toSorted().map((id) => api.getIncident(id)));
}

async function approveAll(api: PracticeApi, stories: readonly IncidentStory[]): Promise<void> {
  const ours = new Set(stories.map(({ incident }) => incident.id));
  const gates = (await api.listApprovals()).filter(({ incidentId }) => ours.has(incidentId));
  for (const gate of gates) await api.approve(gate);
}

/** Waits until a round's incidents are closed, so that the next alert opens one of its own. */
async function untilClosed(
  api: PracticeApi,
  before: ReadonlySet<string>,
  { closeMs, pollMs }: CheckTimes,
): Promise<void> {
  const deadline = Date.now() + closeMs;
  const isOpen = ({ id, status }: { id: string; status: string }): boolean =>
    status === 'open' && !before.has(id);
  while (Date.now() < deadline && (await api.listIncidents()).some(isOpen)) await sleep(pollMs);
}

async function checkHealthy(options: Rounds): Promise<FaultResult> {
  const { range, api, times = practiceTimes, signal } = options;
  await range.untilHealthy();
  const before = await incidentIds(api);
  const startedMs = Date.now();
  await sleep(times.healthyMs, undefined, signal === undefined ? {} : { signal });
  const stories = await newStories(api, before);
  const well = judgeHealthy(stories);
  const detail = stories.length === 0 ? 'no incident' : `${stories.length} incident(s)`;
  return {
    ...{
      fault: 'none',
      alerted: well,
      diagnosed: well,
      object: well,
      cause: well,
      mended: well,
      verified: well,
    },
    seconds: Math.round((Date.now() - startedMs) / 100) / 10,
    detail,
  };
}
