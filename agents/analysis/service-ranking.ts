import { wordsOf } from '#domain/metric-words.ts';
import { toMs } from '#domain/time.ts';
import { backlogStrength, isFelt, isUsedUp, ownStrengths, strengthOfReading, weights } from './own-means.ts';
import { median } from './robust-score.ts';
import type { Reading } from './signals.ts';
import { type CallGraph, callGraph, hopsFrom } from './topology.ts';

/**
 * Which service the trouble began in, from its series. The distances of every series from its quiet time are compared on one
 * scale, as the robust scorer of BARO does (Pham et al., FSE 2024). Two things are added to it. What a service does with its
 * own means (CPU, memory, disk) stays with it, while what its callers feel (latency, failures) travels up the
 * calls: of that, only what no callee explains counts (after MicroRCA, Wu et al., NOMS 2020); so does what piles up before a
 * service that waits for another. And a call is measured at both ends: where all calls of one caller are slow, the caller is;
 * where one callee is slow for all that call it, the callee is.
 */
export type RankedService = {
  readonly service: string;
  readonly score: number;
  /** How far its own means went. */
  readonly own: number;
  /** What is felt of it, or piles up before it. */
  readonly felt: number;
  /** The part of that which nothing that it calls explains. */
  readonly unexplained: number;
  /** Its farthest readings, the farthest first. */
  readonly readings: readonly Reading[];
};

/** What a trouble is like for those who feel it. */
export type Feeling = 'errors' | 'latency';

export function feelingOf({ info }: Reading): Feeling {
  return info.signal === 'latency' ? 'latency' : 'errors';
}

export type RankOptions = {
  /** What the alert tells of; the other feeling counts less. Empty: nothing is known. */
  readonly told?: ReadonlySet<Feeling>;
  /** How much trouble each hands on, where that is known. */
  readonly impacts?: ReadonlyMap<string, number>;
};

/** What a service sees of those that it calls. */
const outgoing = /(^|[^a-z])(client|outbound|upstream|egress)([^a-z]|$)/i;
const outgoingPart = 0.7;
const otherFeelingPart = 0.5;
/** With so many series of one feeling, the farthest alone may be chance: the second says how far it is. */
const enoughSeries = 3;

/** What is guessed of one thing beside others of which it is told counts less. */
const guessedPart = 0.7;

function joint(same: readonly Reading[]): number {
  const anyTold = same.some(({ info }) => info.guessed === undefined);
  const partOf = ({ info }: Reading) =>
    (outgoing.test(wordsOf(info.name).join(' ')) ? outgoingPart : 1) *
    (anyTold && info.guessed ? guessedPart : 1);
  const byName = [...Map.groupBy(same, ({ info }) => `${info.name} ${info.statistic ?? ''}`).values()].map(
    (series) => Math.max(...series.map((reading) => strengthOfReading(reading) * partOf(reading))),
  );
  const sorted = byName.toSorted((a, b) => b - a);
  return (sorted.length >= enoughSeries ? sorted[1] : sorted[0]) ?? 0;
}

function feltTogether(same: readonly Reading[], told: ReadonlySet<Feeling>): number {
  const byFeeling = [...Map.groupBy(same, feelingOf)];
  // Of one whose failures nobody counts its slowness tells, too: those who wait too long give up.
  const knowsTold = byFeeling.some(([feeling]) => told.has(feeling));
  return Math.max(
    0,
    ...byFeeling.map(
      ([feeling, readings]) => joint(readings) * (knowsTold && !told.has(feeling) ? otherFeelingPart : 1),
    ),
  );
}

type Felt = { readonly from: string | undefined; readonly to: string; readonly strength: number };

/** What is felt, by who feels it: the service itself, or one that calls it. */
function feltOf(readings: readonly Reading[], told: ReadonlySet<Feeling>): Felt[] {
  const felt = readings.filter((reading) => isFelt(reading) && reading.service !== undefined);
  const byEnds = Map.groupBy(felt, ({ measuredBy, service }) => JSON.stringify([measuredBy, service]));
  return [...byEnds.values()].flatMap((same) => {
    const [first] = same;
    if (first?.service === undefined) return [];
    return [{ from: first.measuredBy, to: first.service, strength: feltTogether(same, told) }];
  });
}

const lower = (values: readonly number[]) => Math.min(...values);

/** How slow everything that a service calls is to it, where it calls more than one: then it is the slow one. */
function outwardOf(service: string, felt: readonly Felt[]): number {
  const out = felt.filter(({ from }) => from === service);
  return out.length < 2 ? 0 : lower(out.map((edge) => edge.strength));
}

/** What callers feel of a service that itself feels nothing may be of the way between. */
const onlyAtCallers = 0.7;

function feltStrength(service: string, felt: readonly Felt[]): number {
  const here = felt.filter(({ to }) => to === service);
  const own = here.filter(({ from }) => from === undefined).map((one) => one.strength);
  const callers = here
    .filter(({ from }) => from !== undefined)
    .map((one) => Math.max(0, one.strength - outwardOf(one.from ?? '', felt)));
  const seen = callers.length === 0 ? 0 : median(callers);
  const outward = outwardOf(service, felt);
  if (own.length === 0) return Math.max(seen, outward);
  const most = Math.max(...own);
  return Math.max(most, seen * onlyAtCallers, outward * onlyAtCallers);
}

/** Part of a callee's trouble that its caller is excused of. */
const excused = 0.85;
/** Part of what is felt that stays suspicious all the same. */
const remaining = 0.15;
const reachHops = 6;
const secondOwnPart = 0.3;
const feltPart = 0.1;

/** Part of what a service's callers miss that it has from those that it calls; undefined where that cannot be reckoned. */
function handedOn(
  service: string,
  callees: readonly string[],
  impacts: ReadonlyMap<string, number>,
): number | undefined {
  const own = impacts.get(service);
  const known = callees.flatMap((callee) => impacts.get(callee) ?? []);
  if (own === undefined || own <= 0 || known.length === 0) return undefined;
  return Math.min(1, known.reduce((sum, impact) => sum + impact, 0) / own);
}

/**
 * What is felt of a service beyond what it can have from what it calls; services of one ring excuse each other of nothing.
 * Where rates are known the excess is reckoned; else what goes farther below excuses what goes less far above.
 * @param excuses how far the trouble of each goes, as its callers may have it
 */
function unexplainedOf(
  service: string,
  felt: ReadonlyMap<string, number>,
  excuses: ReadonlyMap<string, number>,
  graph: CallGraph,
  impacts: ReadonlyMap<string, number>,
): number {
  const mine = felt.get(service) ?? 0;
  const inRing = (other: string) =>
    other === service || hopsFrom([other], graph.calleesOf, reachHops).has(service);
  const part = handedOn(
    service,
    graph.calleesOf(service).filter((callee) => !inRing(callee)),
    impacts,
  );
  if (part !== undefined) return mine * Math.max(remaining, 1 - part);
  const below = [...hopsFrom([service], graph.calleesOf, reachHops).keys()].filter((other) => !inRing(other));
  const deepest = Math.max(0, ...below.map((other) => excuses.get(other) ?? 0));
  return Math.max(mine * remaining, mine - excused * deepest);
}

function onsetOf(readings: readonly Reading[]): number {
  return Math.min(...readings.map(({ since }) => (since === undefined ? Infinity : toMs(since))));
}

const silencedStrength = 1;
const fewestPodSeries = 3;
/** Where more than one in so many is silent, it is the measuring that stopped. */
const fewPart = 4;

/**
 * Services of whose pods nothing is measured any more, though of most others it is: what has no CPU, hangs or is gone does not
 * answer those who measure it.
 */
function silencedIn(byService: ReadonlyMap<string, readonly Reading[]>): Set<string> {
  const ofPods = [...byService].map(([service, own]) => ({
    service,
    pods: own.filter(({ info, before }) => info.emitter.pod !== undefined && before !== undefined),
  }));
  const known = ofPods.filter(({ pods }) => pods.length >= fewestPodSeries);
  const silent = known.filter(({ pods }) => pods.every(({ now }) => now === undefined));
  return new Set(silent.length * fewPart <= known.length ? silent.map(({ service }) => service) : []);
}

type Trouble = {
  readonly service: string;
  readonly readings: readonly Reading[];
  readonly measured: boolean;
};

/** One that began long before is none of it: a batch that runs every night. */
const togetherSeconds = 600;

function beganTogether(caller: Trouble, store: Trouble): boolean {
  if (store.readings.some(isUsedUp)) return true;
  const [felt, own] = [onsetOf(caller.readings.filter(isFelt)), onsetOf(store.readings)];
  return Math.abs(felt - own) <= togetherSeconds * 1000;
}

/**
 * Where nobody tells who calls whom: what is measured by what it uses alone is mostly a store, a cache or a queue, and those whose
 * requests are measured call it, where both began at one time.
 */
function assumedCalls(troubles: readonly Trouble[]): CallGraph {
  const stores = troubles.filter(({ measured }) => !measured);
  return callGraph(
    troubles
      .filter(({ measured }) => measured)
      .flatMap((caller) =>
        stores
          .filter((store) => beganTogether(caller, store))
          .map((store) => ({ from: caller.service, to: store.service })),
      ),
  );
}

/** All services that series speak of, the most likely origin first. */
export function rankServices(
  readings: readonly Reading[],
  graph: CallGraph = callGraph([]),
  { told = new Set(), impacts = new Map() }: RankOptions = {},
): RankedService[] {
  const feltByAll = feltOf(readings, told);
  const byService = Map.groupBy(
    readings.filter(({ service }) => service !== undefined),
    ({ service }) => service ?? '',
  );
  const silenced = silencedIn(byService);
  const troubles = [...byService].map(([service, readings]) => {
    const own = ownStrengths(readings.filter(({ measuredBy }) => measuredBy === undefined));
    const felt = Math.max(feltStrength(service, feltByAll), backlogStrength(readings));
    return { service, readings, own, felt, measured: readings.some(isFelt) };
  });
  const felt = new Map(troubles.map((one) => [one.service, one.felt]));
  const calls = graph.services.size > 0 ? graph : assumedCalls(troubles);
  // What users feel of it nobody measures: what it does with its own means is all that is known of its trouble.
  const excuses = new Map(
    troubles.map((one) => [one.service, one.measured ? one.felt : Math.max(one.felt, one.own[0] ?? 0)]),
  );
  return troubles
    .map(({ service, readings: all, own: [first = 0, second = 0], felt: mine }) => {
      const unexplained = unexplainedOf(service, felt, excuses, calls, impacts);
      return {
        service,
        own: first,
        felt: mine,
        unexplained,
        score:
          first +
          second * secondOwnPart +
          unexplained +
          mine * feltPart +
          (silenced.has(service) ? silencedStrength : 0),
        readings: all.toSorted(
          (a, b) => strengthOfReading(b) * weights[b.measure] - strengthOfReading(a) * weights[a.measure],
        ),
      };
    })
    .toSorted(
      (a, b) =>
        b.score - a.score || onsetOf(a.readings) - onsetOf(b.readings) || (a.service < b.service ? -1 : 1),
    );
}
