import type { BadWhen, Measure } from '#domain/metric-words.ts';
import { badDirection, feltSignals, isRatio } from './signal-kinds.ts';
import type { Reading } from './signals.ts';

/** How far the series of a service went, on one scale: of its own means, and of what piles up before it. */

/** How much a measure tells of where a trouble began; what follows the load tells little. */
export const weights: Readonly<Record<Measure, number>> = {
  cpu: 1,
  memory: 1,
  gc: 0.6,
  'disk-space': 1,
  'disk-io': 1,
  network: 0.4,
  packets: 1,
  connections: 0.8,
  descriptors: 0.8,
  threads: 0.6,
  queue: 0.8,
  lag: 0.8,
  locks: 1,
  cache: 0.8,
  restarts: 1,
  throttling: 1,
  errors: 1,
  availability: 1,
  latency: 1,
  traffic: 0.35,
  other: 0.4,
};

/** A distance at which a signal has moved is 1; every doubling adds 1, so that one huge number does not decide alone. */
const movedDistance = 4;
export function strengthOf(distance: number): number {
  return Math.log2(1 + Math.max(0, distance) / movedDistance);
}

/** From here on farther says little: a count of failures that was nothing before has no bounds. */
const farEnough = 6;
const beyondPart = 0.25;

const bounded = (strength: number): number =>
  strength <= farEnough ? strength : farEnough + (strength - farEnough) * beyondPart;

/** Parts of what there is: from here on it is used up. */
const fullPart = 0.95;
const leftPart = 0.05;
/** What was as full before is no news. */
const roomBefore = 0.9;

const held: ReadonlySet<Measure> = new Set(['disk-space', 'memory', 'connections', 'descriptors', 'threads']);

/** True where next to nothing is left of what can be used up, and before there was. */
export function isUsedUp({ info, measure, before, now, ofHost }: Reading): boolean {
  if (!held.has(measure) || ofHost || before === undefined || now === undefined) return false;
  const whole = isRatio(info) ? 1 : info.unit === '%' ? 100 : undefined;
  if (badDirection(info) === 'down')
    return whole === undefined
      ? now <= before * leftPart
      : now <= whole * leftPart && before > whole * (1 - roomBefore);
  return whole !== undefined && now >= whole * fullPart && before < whole * roomBefore;
}

/** That something is used up counts as much as a distance of so much, however slowly it came. */
const usedUpStrength = 5;

/** So much more of a latency that is steady is one spread. */
const latencySpread = 0.12;

/**
 * How far a reading went. Of latencies that moved at all it counts how many times longer things take: what waits for a slow
 * one takes longer by as much, and took longer before, so that it grew by a smaller part, however steady it was.
 */
export function strengthOfReading(reading: Reading): number {
  const { peak, score, growth, measure } = reading;
  const distance = Math.max(peak, score);
  const far = strengthOf(
    measure === 'latency' && distance >= movedDistance
      ? Math.max(growth / latencySpread, movedDistance)
      : distance,
  );
  return bounded(isUsedUp(reading) ? Math.max(far, usedUpStrength) : far);
}

export const isFelt = ({ info }: Reading) => feltSignals.has(info.signal);

/**
 * What waits: of work that takes long, for whatever reason, more is under way (Little's law, Oper. Res. 9, 1961). It grows
 * with what is slow below, and as long as that lasts.
 */
const backlogs: ReadonlySet<Measure> = new Set(['queue', 'lag', 'threads', 'connections']);
export const isBacklog = ({ measure }: Reading) => backlogs.has(measure);
/** The length of what waits tells how long it has been so, not how bad it is. */
const mostOfBacklog = 4;

/** What a host tells is of everything that runs on it. */
const hostPart = 0.3;
/** That a new pod needs more than the old ones may be as it should. */
const siblingPart = 0.3;

/** How many times as much as before; 1 where that is not known. */
function growth({ before, now }: Reading): number {
  return before === undefined || now === undefined || before <= 0 ? 1 : now / before;
}

/** How many times worse than before. */
function worsening({ before, now }: Reading, badWhen: BadWhen): number {
  if (before === undefined || now === undefined) return 1;
  const [from, to] = badWhen === 'down' ? [now, before] : [before, now];
  return from > 0 ? to / from : to > 0 ? Number.POSITIVE_INFINITY : 1;
}

/** Work grows with requests, and a little more when queues form. */
const proportionalPart = 1.5;
/** What more requests do not make more of. */
const notOfLoad: ReadonlySet<Measure> = new Set(['traffic', 'restarts', 'packets', 'disk-space']);

/** Of what a service uses more, the part that is its own: as much as requests grew by is theirs. */
function ownStrength(reading: Reading, surge: number): number {
  const driven =
    !notOfLoad.has(reading.measure) &&
    surge > 1 &&
    worsening(reading, badDirection(reading.info)) <= surge * proportionalPart;
  const part = (reading.ofHost ? hostPart : 1) * (reading.bySiblings ? siblingPart : 1);
  return driven ? 0 : strengthOfReading(reading) * part;
}

/** Requests have grown by so many times that it counts. */
const surgeFrom = 1.3;

function surgeIn(readings: readonly Reading[]): number {
  const grown = Math.max(1, ...readings.filter(({ measure }) => measure === 'traffic').map(growth));
  return grown >= surgeFrom ? grown : 1;
}

/** How strongly a service uses more than it did, by what it uses, without what more requests explain; the farthest first. */
export function ownStrengths(readings: readonly Reading[]): number[] {
  const surge = surgeIn(readings);
  const byMeasure = Map.groupBy(
    readings.filter((reading) => !isFelt(reading) && !isBacklog(reading)),
    ({ measure }) => measure,
  );
  return [...byMeasure]
    .map(
      ([measure, same]) => Math.max(...same.map((reading) => ownStrength(reading, surge))) * weights[measure],
    )
    .toSorted((a, b) => b - a);
}

/** How much piles up before a service. */
export function backlogStrength(readings: readonly Reading[]): number {
  const surge = surgeIn(readings);
  const waiting = readings.filter((reading) => isBacklog(reading) && reading.measuredBy === undefined);
  return Math.max(
    0,
    ...waiting.map((reading) =>
      Math.min(mostOfBacklog, ownStrength(reading, surge) * weights[reading.measure]),
    ),
  );
}
