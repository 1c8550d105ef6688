import { quantile } from './robust-score.ts';
import { finite, type Point } from './series-windows.ts';
import { sinceFall, type Trend, thinned, trendOf } from './trend.ts';

/**
 * When a level reaches its limit, as far as its trend says so with certainty; silent otherwise. What rises and is freed again
 * (rotation, garbage collection, backups, the daily cycle) has been at its peak before, and says nothing below it.
 */
export type Forecast = {
  /** The level now, without noise, in the unit of the points. */
  readonly level: number;
  readonly perDay: number;
  /** Unix seconds; the three ends of the interval. */
  readonly notBefore: number;
  readonly about: number;
  readonly atLatest: number;
  /** How long the trend has been seen. */
  readonly seenSeconds: number;
};

export type ForecastOptions = {
  /** In the unit of the points. */
  readonly limit: number;
  readonly asOfSeconds: number;
  /** How much must be known of the time before a rise: what follows the day has risen so every morning. */
  readonly historySeconds: number;
};

const daySeconds = 86_400;
/** Spans whose trend is tried, the longest first: a slow one is seen best from afar, a quick one only from near. */
const spansSeconds = [14 * daySeconds, 3 * daySeconds, daySeconds / 2, daySeconds / 8] as const;
/** Points that are compared in pairs, at most. */
const mostPoints = 120;
const fewestPoints = 12;
/** A window of which less was recorded is the next shorter one. */
const leastPart = 0.6;
/** A trend holds for about as long as it was seen, and a little longer. */
const mostExtrapolation = 1.5;
const noisePart = 0.05;
/** Over the last third it still rises by so much of what it rose by overall; else it levels off. */
const stillRising = 0.5;
/** New territory is above all that was there before, by so much of what it moved in. */
const freshPart = 0.05;
/** So many of the last points say where it is now. */
const nowPoints = 3;
/** What has not been told for so long is not known any more. */
const stalePart = 0.1;

/** Whether it has come to where it never was; a peak that it came down from is no limit. */
function isNewTerritory(points: readonly Point[], earlier: readonly Point[]): boolean {
  if (earlier.length === 0) return true;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [, value] of earlier) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const now = quantile(
    points.slice(-nowPoints).map(([, value]) => value),
    0.5,
  );
  return now > most + freshPart * (most - least);
}

function risesStill(points: readonly Point[], trend: Trend): boolean {
  const last = trendOf(points.slice(-Math.max(fewestPoints, Math.ceil(points.length / 3))));
  return last !== undefined && last.slope >= stillRising * trend.slope;
}

/** The interval in which the line and what lies around it cross the limit. */
function crossing(points: readonly Point[], trend: Trend, { limit, asOfSeconds }: ForecastOptions): Forecast {
  const rests = points.map(([at, value]) => value - trend.at(at));
  const level = trend.at(asOfSeconds);
  const after = (distance: number, slope: number) => asOfSeconds + Math.max(0, distance) / slope;
  return {
    level,
    perDay: trend.slope * daySeconds,
    notBefore: after(limit - level - Math.max(0, quantile(rests, 1 - noisePart)), trend.high),
    about: after(limit - level, trend.slope),
    atLatest: after(limit - level - Math.min(0, quantile(rests, noisePart)), trend.low),
    seenSeconds: (points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0),
  };
}

function overSpan(all: readonly Point[], span: number, options: ForecastOptions): Forecast | undefined {
  const from = options.asOfSeconds - span;
  const inside = all.filter(([at]) => at >= from);
  const start = sinceFall(inside);
  const points = inside.slice(start);
  const [first] = points;
  if (first === undefined || points.length < fewestPoints) return undefined;
  const earlier = all.filter(([at]) => at < first[0]);
  const known = first[0] - (all[0]?.[0] ?? first[0]);
  const seen = options.asOfSeconds - first[0];
  if (seen < leastPart * span && start === 0) return undefined;
  if (known + seen < options.historySeconds) return undefined;
  const few = thinned(points, mostPoints);
  if (!isNewTerritory(few, earlier)) return undefined;
  const trend = trendOf(few);
  if (trend === undefined || trend.low <= 0 || !risesStill(few, trend)) return undefined;
  const forecast = crossing(few, trend, options);
  const ahead = forecast.about - options.asOfSeconds;
  return ahead <= mostExtrapolation * forecast.seenSeconds ? forecast : undefined;
}

/**
 * The forecast of a level that rises towards a limit, or undefined where no trend is certain enough. The longest span that
 * speaks counts, unless a shorter one is certain that it has quickened.
 * @param points `[unix seconds, level]` in order; steps may differ
 */
export function forecastOf(points: readonly Point[], options: ForecastOptions): Forecast | undefined {
  const all = finite(points).filter(([at]) => at <= options.asOfSeconds);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const whole = options.asOfSeconds - first[0];
  if (options.asOfSeconds - last[0] > stalePart * whole) return undefined;
  const spans = [whole, ...spansSeconds.filter((span) => span < whole)];
  return spans
    .flatMap((span) => overSpan(all, span, options) ?? [])
    .reduce<Forecast | undefined>(
      (best, shorter) => (best === undefined || shorter.atLatest < best.notBefore ? shorter : best),
      undefined,
    );
}
