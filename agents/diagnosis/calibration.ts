import type { Weighed } from './candidate.ts';

/**
 * How often answers of a raw confidence were right, as a line through knots: isotonic regression (Barlow et al., 1972) over the
 * tuning parts of the public incident suites that `understudy eval` is run on, each bin smoothed by one right and one wrong
 * answer, for a system that nobody has seen yet is harder than those. Below the first knot nothing is changed: there it is
 * decided whether there is a fault at all.
 */
const knots: readonly (readonly [raw: number, right: number])[] = [
  [0.4, 0.4],
  [0.5, 0.56],
  [0.6, 0.7],
  [0.68, 0.86],
  [0.75, 0.9],
  [0.85, 0.94],
  [0.98, 0.98],
];

/** A raw confidence as what it has turned out to mean; never less sure where the raw one is surer. */
export function calibrated(raw: number): number {
  const after = knots.findIndex(([from]) => raw < from);
  const [high, low] = [knots[after], knots[after - 1]];
  if (high === undefined || low === undefined) return raw;
  const part = (raw - low[0]) / (high[0] - low[0]);
  return Math.round((low[1] + part * (high[1] - low[1])) * 100) / 100;
}

/** The same candidates in the same order, as sure as such answers were right. */
export function calibrate(ranked: readonly Weighed[]): Weighed[] {
  return ranked.map((candidate) => ({ ...candidate, confidence: calibrated(candidate.confidence) }));
}
