/**
 * When a signal left its quiet state: the one-sided cumulative sum of E. S. Page, "Continuous Inspection Schemes",
 * Biometrika 41 (1954). `S[i] = max(0, S[i-1] + score[i] - allowance)`; the alarm is raised where S passes the threshold,
 * and the change began after the last time that S was zero (the estimator of Hinkley, Biometrika 58, 1971).
 */
export type CusumOptions = {
  /** Half of the smallest shift that matters, in standard deviations. */
  readonly allowance: number;
  /** How much must add up before it counts. */
  readonly threshold: number;
  /** The most that one point counts; absent: so little that one wild point is no change. */
  readonly mostPerPoint?: number;
};

const usual: CusumOptions = { allowance: 2, threshold: 8 };
/** One wild point is not a change: what a point may add is bounded, so that it takes more than one. */
const usualMost = 6;
/** So many points in a row at the quiet level end a change, whatever has added up: trouble often comes again soon. */
const calmPoints = 3;
const calmScore = 1.5;

/**
 * Index of the first point after the change that is still going on at the end, or undefined where there is none. A change
 * that has passed (the sum came back to zero) is forgotten.
 * @param scores signed distances from the quiet state, in time order; positive is worse
 */
export function onsetIndex(scores: readonly number[], options: CusumOptions = usual): number | undefined {
  let sum = 0;
  let start = 0;
  let calm = 0;
  let alarmed: number | undefined;
  const mostPerPoint = options.mostPerPoint ?? usualMost;
  scores.forEach((score, index) => {
    const bounded = Math.max(-mostPerPoint, Math.min(mostPerPoint, score));
    calm = score < calmScore ? calm + 1 : 0;
    sum = calm >= calmPoints ? 0 : Math.max(0, sum + bounded - options.allowance);
    if (sum === 0) {
      start = index + 1;
      alarmed = undefined;
    } else if (sum >= options.threshold && alarmed === undefined) {
      alarmed = start;
    }
  });
  return alarmed;
}
