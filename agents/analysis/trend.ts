import { median, quantile } from './robust-score.ts';
import type { Point } from './series-windows.ts';

/** A straight line through points, with what is not certain of its slope. */
export type Trend = {
  /** Per second. */
  readonly slope: number;
  /** The interval in which the slope lies with 99 %: many series are looked at, and each may be the hundredth. */
  readonly low: number;
  readonly high: number;
  /** The line's value at a moment in unix seconds. */
  readonly at: (unixSeconds: number) => number;
};

/** 99 % of a normal distribution lie within so many standard deviations. */
const certainty = 2.576;
const mostAutocorrelation = 0.995;

/** How much each rest is like the one before; 0 where they are independent, or nothing is left. */
function autocorrelation(rests: readonly number[]): number {
  const mean = rests.reduce((sum, rest) => sum + rest, 0) / rests.length;
  let [products, squares] = [0, 0];
  for (const [index, rest] of rests.entries()) {
    squares += (rest - mean) ** 2;
    products += index === 0 ? 0 : (rest - mean) * ((rests[index - 1] ?? mean) - mean);
  }
  const smallest = 1e-18 * rests.length;
  return squares <= smallest ? 0 : Math.min(mostAutocorrelation, Math.max(0, products / squares));
}

function slopesBetween(points: readonly Point[]): Float64Array {
  const slopes: number[] = [];
  for (const [index, [at, value]] of points.entries()) {
    for (const [laterAt, later] of points.slice(index + 1)) {
      if (laterAt > at) slopes.push((later - value) / (laterAt - at));
    }
  }
  return Float64Array.from(slopes).sort();
}

/**
 * The line of Theil (1950) and Sen (1968), "Estimates of the Regression Coefficient Based on Kendall's Tau": the median of the
 * slopes between all pairs, of which up to 29 % of the points may be wrong; its interval from the variance of Kendall's
 * S, as Sen gives it. Points of a series follow one another: the variance is widened by (1 + r) / (1 − r) for the
 * autocorrelation r of the rests (Bayley and Hammersley 1946; for trend tests Yue and Wang 2004). Undefined for fewer than three.
 */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const slopes = slopesBetween(points);
  if (points.length < 3 || slopes.length === 0) return undefined;
  const slope = median([...slopes]);
  const origin = points[0]?.[0] ?? 0;
  const intercept = median(points.map(([at, value]) => value - slope * (at - origin)));
  const line = (at: number) => intercept + slope * (at - origin);
  const r = autocorrelation(points.map(([at, value]) => value - line(at)));
  const n = points.length;
  const variance = ((n * (n - 1) * (2 * n + 5)) / 18) * ((1 + r) / (1 - r));
  const c = certainty * Math.sqrt(variance);
  const count = slopes.length;
  const low = slopes[Math.floor((count - c) / 2) - 1] ?? Number.NEGATIVE_INFINITY;
  const high = slopes[Math.ceil((count + c) / 2)] ?? Number.POSITIVE_INFINITY;
  return { slope, low, high, at: line };
}

/** Medians of equal stretches of time: few enough points to compare each with each. */
export function thinned(points: readonly Point[], mostPoints: number): Point[] {
  if (points.length <= mostPoints) return [...points];
  const per = Math.ceil(points.length / mostPoints);
  return Array.from({ length: Math.ceil(points.length / per) }, (_, index): Point => {
    const part = points.slice(index * per, (index + 1) * per);
    return [
      quantile(
        part.map(([at]) => at),
        0.5,
      ),
      quantile(
        part.map(([, value]) => value),
        0.5,
      ),
    ];
  });
}

/** A fall by so much of all that the level moved in is no noise: somebody frees it. */
const fallPart = 0.4;
/** Index of the first point after the last great fall; 0 where it never fell so far. */
export function sinceFall(points: readonly Point[]): number {
  const values = points.map(([, value]) => value);
  const range = quantile(values, 0.98) - quantile(values, 0.02);
  let peak = Number.NEGATIVE_INFINITY;
  let start = 0;
  for (const [index, value] of values.entries()) {
    if (range > 0 && value < peak - fallPart * range) {
      start = index;
      peak = value;
    }
    peak = Math.max(peak, value);
  }
  return start;
}
