import { type Instant, toMs } from '#domain/time.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { median } from './robust-score.ts';

/** The parts of a series: the quiet time before the trouble, and how it is now. */

export type Point = readonly [number, number];

export type ReadingOptions = {
  /** The latest moment that surely was before the trouble. */
  readonly quietTo: Instant;
  /** The alert's start. */
  readonly startsAt: Instant;
  readonly to: Instant;
  /** How far back "now" reaches. */
  readonly nowSeconds: number;
};

/** Fewest points of a quiet time. */
export const quietPoints = 4;
/** Ever later ends of the quiet time that are tried where little was recorded before the trouble. */
const shorterLagsSeconds = [60, 20, 0] as const;

/** Beyond this a number is nothing that anybody measured, and its differences are no numbers. */
const largest = 1e150;

export function finite(points: readonly Point[]): Point[] {
  return points.filter(([, value]) => Math.abs(value) < largest);
}

/** Seconds between points, as they mostly are. */
export function stepOf(points: readonly Point[]): number {
  const gaps = points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? at));
  const usual = median(gaps.filter((gap) => gap > 0));
  return Number.isFinite(usual) ? usual : 0;
}

/** The points of the quiet time: up to the safe moment, or nearer to the alert where that leaves too few. */
export function quietOf(points: readonly Point[], options: ReadingOptions): Point[] {
  const before = (unixSeconds: number) => points.filter(([at]) => at <= unixSeconds);
  const safe = before(toMs(options.quietTo) / 1000);
  if (safe.length >= quietPoints) return safe;
  for (const lag of shorterLagsSeconds) {
    const nearer = before(toMs(options.startsAt) / 1000 - lag);
    if (nearer.length >= quietPoints) return nearer;
  }
  return [];
}

/** How long a program takes to grow to its working size after its start, and its first requests to find it warm. */
const growthSeconds = 60;
const growing: ReadonlySet<SeriesInfo['signal']> = new Set(['saturation', 'latency']);

/** What a pod used, or how slow it was, while it started is no measure of what it is like otherwise. */
export function withoutGrowth(info: SeriesInfo, points: readonly Point[]): readonly Point[] {
  const born = points[0]?.[0];
  if (born === undefined || !growing.has(info.signal) || info.emitter.pod === undefined) return points;
  return points.filter(([at]) => at >= born + growthSeconds);
}

/** Steps without a point after which a pod's series has ended: the last steps may not be recorded yet. */
const endedAfterSteps = 2;
const shortestStepSeconds = 5;
/** From this step on, a minute as clocks keep it, a series is coarse: its last point may cover a minute that is not over. */
export const coarseStepSeconds = 55;
/** So many points of a coarse series tell how it is now. */
const coarseNowSteps = 4;

/** So many of the last points may be missing or late, and what came before them still tells how it is now. */
const lateSteps = 4;

/** Since when points tell how it is now: of a coarse series the alert's whole time, up to some steps. */
function nowFrom(points: readonly Point[], options: ReadingOptions): number {
  const to = toMs(options.to) / 1000;
  const step = stepOf(points);
  const last = points.at(-1)?.[0] ?? to;
  if (step < coarseStepSeconds)
    return (last > to - lateSteps * step ? Math.min(to, last) : to) - options.nowSeconds;
  const startsAt = toMs(options.startsAt) / 1000;
  return Math.min(Math.max(startsAt - step / 2, to - coarseNowSteps * step), to - 1.5 * step);
}

/** Points that tell how it is now; a pod that has been taken away since has no now, however bad its last words were. */
export function recentPoints(info: SeriesInfo, points: readonly Point[], options: ReadingOptions): Point[] {
  const to = toMs(options.to) / 1000;
  const step = Math.max(info.stepSeconds ?? 0, stepOf(points), shortestStepSeconds);
  const ended = info.emitter.pod !== undefined && (points.at(-1)?.[0] ?? 0) < to - endedAfterSteps * step;
  if (ended) return [];
  const from = nowFrom(points, options);
  return points.filter(([at]) => at > from);
}
