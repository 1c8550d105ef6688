import type { BadWhen } from '#domain/metric-words.ts';

/**
 * Robust distance of a value from a quiet time: the difference to the median, in units of a spread that outliers do not
 * move. After the modified z-score of Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993), with the
 * interquartile range in place of the MAD; for a normal distribution IQR / 1.349 is the standard deviation.
 */
const iqrOfStandardNormal = 1.349;

/** What a quiet time looked like. */
export type Baseline = {
  readonly median: number;
  /** Estimate of the standard deviation, from quartiles. */
  readonly spread: number;
  readonly points: number;
};

/** A quantile of sorted values by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). */
function quantileOfSorted(sorted: Float64Array, q: number): number {
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/** A quantile of values in any order; NaN for none. */
export function quantile(values: readonly number[], q: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), q);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The baseline of a quiet time. Where bad is one direction, the spread is taken from the other side of the median: earlier
 * trouble that is still in the window (up to half of it) then widens nothing. Undefined for fewer than `minPoints` values.
 */
export function baselineOf(values: readonly number[], badWhen: BadWhen, minPoints = 4): Baseline | undefined {
  if (values.length < minPoints) return undefined;
  const sorted = Float64Array.from(values).sort();
  const middle = quantileOfSorted(sorted, 0.5);
  const low = middle - quantileOfSorted(sorted, 0.25);
  const high = quantileOfSorted(sorted, 0.75) - middle;
  const iqr = badWhen === 'up' ? 2 * low : badWhen === 'down' ? 2 * high : low + high;
  return { median: middle, spread: iqr / iqrOfStandardNormal, points: values.length };
}

/**
 * Signed distance of `value` from the baseline: positive is worse. For `either`, every distance is worse.
 * @param floor smallest spread that is believed, in the unit of the values; keeps a flat line from making noise infinite
 */
export function robustScore(value: number, baseline: Baseline, badWhen: BadWhen, floor: number): number {
  const distance = (value - baseline.median) / Math.max(baseline.spread, floor, Number.EPSILON);
  if (badWhen === 'either') return Math.abs(distance);
  return badWhen === 'up' ? distance : -distance;
}
