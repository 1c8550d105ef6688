import { quantile } from './robust-score.ts';
import type { Point } from './series-windows.ts';
import { sinceFall, thinned, trendOf } from './trend.ts';

/**
 * Whether a level got where it is by climbing: a leak loses a little with every request and shows as a rise that goes on, while
 * what is taken for a task is taken at once. A rise is steady where the robust slope of its points (Theil–Sen, `trend.ts`) is
 * surely above zero, nearly all of it goes up, and no single step is most of it.
 */

const mostPoints = 120;
const mostStretches = 24;
const fewestStretches = 6;
/** What is full within minutes has been asked for, not lost. */
const shortestSeconds = 240;
/** The rise proper: without the level before it and the limit at which it ends. */
const [lowPart, highPart] = [0.1, 0.9];
const upPart = 0.7;
const mostOfOneStep = 0.5;

/** The points between the last time that the level was low and the first time that it was high after it. */
function riseIn(points: readonly Point[]): readonly Point[] {
  const values = points.map(([, value]) => value);
  const [low, high] = [quantile(values, 0.02), quantile(values, 0.98)];
  const range = high - low;
  if (!(range > 0)) return [];
  const start = values.findLastIndex((value) => value <= low + lowPart * range);
  const end = values.findIndex((value, index) => index >= start && value >= low + highPart * range);
  return points.slice(Math.max(0, start), end === -1 ? undefined : end + 1);
}

function steadyRise(points: readonly Point[]): readonly Point[] | undefined {
  const rise = riseIn(points);
  const [first, last] = [rise[0], rise.at(-1)];
  if (first === undefined || last === undefined || last[0] - first[0] < shortestSeconds) return undefined;
  if (rise.length < fewestStretches) return undefined;
  const stretches = thinned(rise, mostStretches / 2);
  const steps = stretches.slice(1).map(([, value], index) => value - (stretches[index]?.[1] ?? value));
  const up = steps.filter((step) => step > 0);
  const total = last[1] - first[1];
  const trend = trendOf(thinned(rise, mostStretches));
  const steady =
    total > 0 &&
    up.length >= upPart * steps.length &&
    Math.max(...steps) <= mostOfOneStep * total &&
    trend !== undefined &&
    trend.low > 0;
  return steady ? rise : undefined;
}

/**
 * When the level began to climb to where it is, or was when it was freed the last time (a restart, a kill for lack of memory), in
 * unix seconds; undefined where it did not climb.
 * @param all `[unix seconds, level]` in order; of what is left of something, with its sign turned
 */
export function climbSince(all: readonly Point[]): number | undefined {
  // Noise falls and rises, too.
  const points = thinned(all, mostPoints);
  const start = sinceFall(points);
  const before = points.slice(0, start);
  const rise =
    steadyRise(points.slice(start)) ??
    (start === 0 ? undefined : steadyRise(before.slice(sinceFall(before))));
  return rise?.[0]?.[0];
}
