import { wordsOf } from '#domain/metric-words.ts';
import type { Point } from './series-windows.ts';

/**
 * Counters that were recorded as they stand, not as rates: they only grow, until a restart sets them back to nothing. Their level
 * says nothing, their growth does.
 */

/** How names of counters end; `total` is one by the conventions of OpenMetrics, the others may be. */
const [surely, perhaps] = [/^total$/, /^(count|sum)$/];
const fewestPoints = 20;
/** More falls than this are no restarts. */
const mostFallsPart = 0.02;
/** After a restart little is counted yet. */
const restartPart = 0.5;
/** So many steps up, with none down, are no chance. */
const fewestRises = 6;
/** What only may be a counter by its name grows most of the time. */
const risingPart = 0.25;

const differences = (points: readonly Point[]) =>
  points.slice(1).map(([, value], index) => value - (points[index]?.[1] ?? value));

export function isRawCounter(name: string, points: readonly Point[]): boolean {
  const last = wordsOf(name).at(-1) ?? '';
  if (points.length < fewestPoints || !(surely.test(last) || perhaps.test(last))) return false;
  const steps = differences(points);
  const falls = points
    .slice(1)
    .filter(([, value], index) => value < (points[index]?.[1] ?? value))
    .map(([at]) => at);
  const restarts = points.slice(1).every(([at, value], index) => {
    return !falls.includes(at) || value <= (points[index]?.[1] ?? 0) * restartPart;
  });
  const rises = steps.filter((step) => step > 0).length;
  return (
    restarts &&
    points.every(([, value]) => value >= 0) &&
    falls.length <= Math.max(1, steps.length * mostFallsPart) &&
    rises >= fewestRises &&
    (surely.test(last) || rises >= steps.length * risingPart)
  );
}

/** Growth per second from each point to the next, at the time of the next; what was counted before a restart was lost is not. */
export function ratesOf(points: readonly Point[]): Point[] {
  return points.slice(1).flatMap(([at, value], index): Point[] => {
    const [before, earlier] = points[index] ?? [at, value];
    if (at <= before) return [];
    return [[at, (value >= earlier ? value - earlier : value) / (at - before)]];
  });
}
