import type { CauseCode } from '#domain/causes/codes.ts';
import { type Measure, wordsOf } from '#domain/metric-words.ts';
import { isBacklog, isUsedUp, strengthOfReading } from '../analysis/own-means.ts';
import type { RankedService } from '../analysis/service-ranking.ts';
import type { Reading } from '../analysis/signals.ts';

/** What series suggest as the cause, where nothing else tells it. */

export type SeriesCause = {
  readonly code: CauseCode;
  /** How surely such series mean it. */
  readonly certainty: number;
  /** The reading that says so. */
  readonly reading: Reading;
};

const ofMeasure: Readonly<Partial<Record<Measure, readonly [CauseCode, number]>>> = {
  cpu: ['resource.cpu-saturated', 0.72],
  memory: ['resource.memory-saturated', 0.7],
  gc: ['resource.memory-saturated', 0.5],
  'disk-space': ['resource.disk-full', 0.66],
  'disk-io': ['resource.disk-io', 0.62],
  connections: ['resource.connections-exhausted', 0.55],
  descriptors: ['resource.descriptors-exhausted', 0.6],
  threads: ['resource.threads-exhausted', 0.5],
  throttling: ['resource.cpu-throttled', 0.75],
  restarts: ['container.crash-exit', 0.66],
  packets: ['network.loss', 0.66],
  lag: ['queue.consumer-lag', 0.5],
  locks: ['database.lock-contention', 0.55],
  cache: ['cache.evictions', 0.5],
  queue: ['resource.other', 0.47],
  network: ['resource.network-saturated', 0.47],
};

/** Distance, on the scale of strengths, from which a measure of a service's own means says what it lacks. */
const tellingStrength = 1.2;
/** A caller sees so much more than the callee itself: what lies between them is slow. */
const betweenStrength = 1.5;

const strength = strengthOfReading;

function strongest(readings: readonly Reading[]): Reading | undefined {
  return readings.toSorted((a, b) => strength(b) - strength(a))[0];
}

/** Memory that climbs all the time is lost; memory that was taken at once is used. */
export function memoryCode({ climbs }: Reading): CauseCode {
  return climbs ? 'resource.memory-leak' : 'resource.memory-saturated';
}

/** Less that is found in a cache, or more that is missing, need not be what was put out of it. */
function cacheCode({ info }: Reading): CauseCode {
  return /evict/i.test(info.name) ? 'cache.evictions' : 'cache.other';
}

const finer: Readonly<Partial<Record<Measure, (reading: Reading) => CauseCode>>> = {
  memory: memoryCode,
  cache: cacheCode,
};

/** A program that works more holds a little more memory: so much of the work's strength, and it is memory that is short. */
const memoryPart = 0.5;

const madeByMemory: ReadonlySet<Measure> = new Set(['cpu', 'gc']);

/** Work holds no memory, but a lack of memory makes work: reclaiming, collecting, swapping. The likeliest first. */
function byPreference(telling: readonly Reading[]): Reading[] {
  const weightOf = (reading: Reading) => strength(reading) * (ofMeasure[reading.measure]?.[1] ?? 0);
  const sorted = telling.toSorted((a, b) => weightOf(b) - weightOf(a));
  const [best] = sorted;
  const memory = sorted.find(({ measure }) => measure === 'memory');
  const short =
    best !== undefined &&
    madeByMemory.has(best.measure) &&
    memory !== undefined &&
    weightOf(memory) >= weightOf(best) * memoryPart;
  return short ? [memory, ...sorted.filter((reading) => reading !== memory)] : sorted;
}

function causesAmong(readings: readonly Reading[]): SeriesCause[] {
  const telling = readings.filter(
    (reading) =>
      reading.measuredBy === undefined &&
      !reading.ofHost &&
      ofMeasure[reading.measure] !== undefined &&
      strength(reading) >= tellingStrength,
  );
  return byPreference(telling).flatMap((reading) => {
    const known = ofMeasure[reading.measure];
    if (known === undefined) return [];
    const [code, certainty] = known;
    return [{ code: finer[reading.measure]?.(reading) ?? code, certainty, reading }];
  });
}

/** What a service lacks of its own, by what of it moved; the likeliest first. */
const ownCauses = ({ readings }: RankedService) =>
  causesAmong(readings.filter((reading) => !isBacklog(reading)));

const isPool = ({ measure }: Reading) => measure === 'connections' || measure === 'threads';

/** What piles up before it: that it waits is known then, and for what as far as it is a pool that is full. */
const backlogCauses = ({ readings }: RankedService) => causesAmong(readings.filter(isBacklog));

/** What its callers feel and it does not: the way to it. */
function betweenCause({ readings }: RankedService): SeriesCause | undefined {
  const slow = readings.filter(({ measure }) => measure === 'latency');
  const seen = strongest(slow.filter(({ measuredBy }) => measuredBy !== undefined));
  const own = slow.filter(({ measuredBy }) => measuredBy === undefined);
  if (seen === undefined || own.length === 0) return undefined;
  const felt = Math.max(0, ...own.map(strength));
  return strength(seen) - felt >= betweenStrength
    ? { code: 'network.delay', certainty: 0.58, reading: seen }
    : undefined;
}

const slowestOf = (readings: readonly Reading[]) =>
  strongest(readings.filter(({ measure, measuredBy }) => measure === 'latency' && measuredBy === undefined));

const roundTrip = / (rtt|round trip|connect|handshake|ping|icmp|tcp) /;
const isRoundTrip = ({ info }: Reading) => roundTrip.test(` ${wordsOf(info.name).join(' ')} `);

/** It takes long to get there and back, with nothing done in between. */
function roundTripCause({ readings }: RankedService): SeriesCause | undefined {
  const seen = slowestOf(readings.filter(isRoundTrip));
  return seen !== undefined && strength(seen) >= tellingStrength
    ? { code: 'network.delay', certainty: 0.62, reading: seen }
    : undefined;
}

/** Work that takes longer needs more CPU, or waits; so much more is none. */
const idleGrowth = 1.15;
/** The middle request takes so many times as long as before. */
const middleGrowth = 3;
/** So much closer together than those that wait in a queue. */
const alikePart = 0.9;

const percentile = ({ info }: Reading) =>
  Number(/(?:^|[^a-z0-9])p(\d{2})/i.exec(`${info.statistic ?? ''} ${info.name}`)?.[1] ?? Number.NaN);

/** How many times as long as the middle one the slow requests of a queue take: waits are exponential there (M/M/1). */
const queued = (percent: number) => Math.log(1 / (1 - percent / 100)) / Math.LN2;

/**
 * Slow, with no more to do than before, and every request alike: what lies on the way adds the same to each, while a lock, a
 * collector or a pool that is nearly full lets some through and keeps others waiting. Which of those it is, or whether what it
 * calls is slow and nobody measures it, cannot be told where only the slow requests are known.
 */
function alikeCause({ readings }: RankedService): SeriesCause | undefined {
  const work = readings.filter(({ measure, ofHost }) => measure === 'cpu' && !ofHost);
  const idle = work.every(
    ({ before, now }) => before !== undefined && now !== undefined && now <= before * idleGrowth,
  );
  const slow = readings.filter(
    ({ measure, measuredBy }) => measure === 'latency' && measuredBy === undefined,
  );
  const middle = strongest(slow.filter((reading) => percentile(reading) === 50));
  const tail = strongest(
    slow.filter((reading) => percentile(reading) >= 90 && reading.info.unit === middle?.info.unit),
  );
  if (work.length === 0 || !idle || middle === undefined || tail === undefined) return undefined;
  const alike =
    strength(middle) >= 1 &&
    (middle.now ?? 0) >= (middle.before ?? Number.POSITIVE_INFINITY) * middleGrowth &&
    (tail.now ?? 0) <= (middle.now ?? 0) * queued(percentile(tail)) * alikePart;
  return alike ? { code: 'network.delay', certainty: 0.54, reading: middle } : undefined;
}

function feltCause({ readings }: RankedService): SeriesCause | undefined {
  const failing = strongest(
    readings.filter(({ measure }) => measure === 'errors' || measure === 'availability'),
  );
  const slow = strongest(readings.filter(({ measure }) => measure === 'latency'));
  const fails = failing === undefined ? 0 : strength(failing);
  const waits = slow === undefined ? 0 : strength(slow);
  if (failing !== undefined && fails >= 1 && fails >= waits / 3)
    return { code: 'application.exception', certainty: 0.5, reading: failing };
  if (slow !== undefined && waits >= 1) return { code: 'application.latency', certainty: 0.5, reading: slow };
  return undefined;
}

function loadCause({ readings }: RankedService): SeriesCause | undefined {
  const load = strongest(readings.filter(({ measure }) => measure === 'traffic'));
  if (load === undefined || strength(load) < tellingStrength) return undefined;
  const more = (load.now ?? 0) > (load.before ?? 0);
  return { code: more ? 'traffic.surge' : 'traffic.drop', certainty: 0.42, reading: load };
}

/** Requests have grown by so many times that what fails or waits does so for them. */
const surgeGrowth = 2.5;

/** True where a service is asked far more than before. */
export function isSurging(readings: readonly Reading[], times = surgeGrowth): boolean {
  return readings.some(
    ({ measure, before, typical }) =>
      measure === 'traffic' && before !== undefined && before > 0 && (typical ?? 0) >= before * times,
  );
}

/** More is asked than ever, and it shows: as its users see it, unless it is a caller that asks so much more than it is asked. */
function surgeCause({ readings, felt }: RankedService, amplified: boolean): SeriesCause | undefined {
  const load = strongest(readings.filter((reading) => reading.measure === 'traffic' && isSurging([reading])));
  return load === undefined || amplified || felt < 1
    ? undefined
    : { code: 'traffic.surge', certainty: 0.56, reading: load };
}

/** What is used up, and what ends all the time, explains whatever is felt, however far that goes. */
const isPlain = (reading: Reading) => isUsedUp(reading) || reading.measure === 'restarts';

/**
 * The finest cause that a service's series support; undefined where none of them moved enough.
 * @param amplified one that calls it asks far more of it than is asked of itself
 */
export function causeOfSeries(ranked: RankedService, amplified = false): SeriesCause | undefined {
  const [own, next] = ownCauses(ranked);
  const surge = surgeCause(ranked, amplified);
  // What it uses in step with what is asked of it does not count as its own.
  if (surge !== undefined && (own === undefined || ranked.own < tellingStrength)) return surge;
  // What is used a little more than before may be the work of whatever else is wrong.
  const explains = [own, next].find(
    (cause) =>
      cause !== undefined && (isPlain(cause.reading) || strength(cause.reading) >= ranked.unexplained * 0.5),
  );
  if (explains !== undefined) return explains;
  const [waits] = backlogCauses(ranked);
  const pool = waits !== undefined && isPool(waits.reading) ? waits : undefined;
  return (
    betweenCause(ranked) ??
    roundTripCause(ranked) ??
    pool ??
    alikeCause(ranked) ??
    waits ??
    feltCause(ranked) ??
    own ??
    loadCause(ranked)
  );
}
