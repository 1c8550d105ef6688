import type { BadWhen, Measure } from '#domain/metric-words.ts';
import { toMs } from '#domain/time.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { onsetIndex } from './change-point.ts';
import { type Baseline, baselineOf, median, robustScore } from './robust-score.ts';
import { coarseStepSeconds, type Point, type ReadingOptions, stepOf } from './series-windows.ts';
import { badDirection, isRatio, spreadFloor } from './signal-kinds.ts';
import { stretchMiddles, troublePeak, usualShare } from './trouble.ts';

/** How far a series is from its quiet time, and since when. */

/** Signals whose end is news; that nothing fails or takes time any more is not. */
const missedSignals: ReadonlySet<SeriesInfo['signal']> = new Set(['traffic', 'availability']);
/** Score of such a signal when it has stopped. */
const stoppedScore = 6;

export type Scored = {
  readonly score: number;
  readonly peak: number;
  /** The peak as a part of what is usual: 1 is twice as much. */
  readonly growth: number;
  readonly onset: number | undefined;
};

/** The same of one alone, for when a trouble began. */
const seldomSeconds = 120;
const ofSeldom = { allowance: 2, threshold: 8, mostPerPoint: 12 } as const;
/** What happened so often in quiet times is half as bad. */
const usualFrom = 0.02;
/** Points of the quiet time that came shortly before the trouble may be trouble already. */
const unsureSeconds = 600;

/** A point stands for so much that two bad ones need not follow it. */
export const isCoarse = (points: readonly Point[]) => stepOf(points) >= coarseStepSeconds;

export type ScoredSeries = {
  readonly info: SeriesInfo;
  readonly measure: Measure;
  readonly points: readonly Point[];
  readonly quiet: readonly Point[];
  readonly baseline: Baseline;
  /** What differs less than this from its quiet time differs little, whatever the series' own spread. */
  readonly peerFloor: number;
};

/** A pod or a version that is gone has been replaced; a service that is gone has not. */
function stopped({ info, points }: ScoredSeries): Scored {
  const { pod, version } = info.emitter;
  const missed = missedSignals.has(info.signal) && pod === undefined && version === undefined;
  const score = missed ? stoppedScore : 0;
  return { score, peak: score, growth: 0, onset: missed ? points.at(-1)?.[0] : undefined };
}

const longestRuleSeconds = 1800;

const isTail = ({ name, statistic }: SeriesInfo) =>
  /p99|p\.?999|max(imum)?$/i.test(`${name} ${statistic ?? ''}`);

/** Of what was nothing before, so much of the most that it ever was is the smallest difference. */
const nothingPart = 0.05;

/** Any difference from nothing is infinite: what a series grew to is its only measure then, unless it is a part of a whole. */
function fromNothing(
  info: SeriesInfo,
  { median: middle, spread }: Baseline,
  points: readonly Point[],
): number {
  if (middle !== 0 || spread !== 0 || isRatio(info) || info.unit === '%') return 0;
  return nothingPart * points.reduce((most, [, value]) => Math.max(most, Math.abs(value)), 0);
}

const widerByPoints = 4;

/** Few points lie closer together than the many would, of which they are: their spread is believed to be wider (Student 1908). */
function widened(baseline: Baseline): Baseline {
  return { ...baseline, spread: baseline.spread * (1 + widerByPoints / Math.max(1, baseline.points)) };
}

/** How far the middle of a trouble is from where such middles are in quiet times; 0 where that cannot be told. */
function strayed(
  trouble: readonly number[],
  quiet: readonly Point[],
  badWhen: BadWhen,
  floor: number,
): number {
  const middles = stretchMiddles(
    quiet.map(([, value]) => value),
    trouble.length,
  );
  const usual = middles === undefined ? undefined : baselineOf(middles, 'either');
  return usual === undefined ? 0 : robustScore(median(trouble), widened(usual), badWhen, floor);
}

export function scored(series: ScoredSeries, now: number | undefined, options: ReadingOptions): Scored {
  const { info, measure, points, quiet, peerFloor } = series;
  if (now === undefined) return stopped(series);
  const baseline = widened(series.baseline);
  const badWhen = badDirection(info);
  const peers = info.signal === 'availability' ? 0 : peerFloor;
  const floor = Math.max(
    spreadFloor(info, baseline.median, measure),
    peers,
    fromNothing(info, baseline, points),
  );
  const scoreOf = (value: number) => robustScore(value, baseline, badWhen, floor);
  const startsAt = toMs(options.startsAt) / 1000;
  // A rule may wait for a quarter of an hour: the trouble's own start can lie in what was taken for quiet.
  const lately = points.filter(([at]) => at > startsAt - longestRuleSeconds);
  const index = onsetIndex(
    lately.map(([, value]) => scoreOf(value)),
    stepOf(points) >= seldomSeconds ? ofSeldom : undefined,
  );
  const onset = index === undefined ? undefined : lately[index]?.[0];
  const oldTo = Math.min(onset ?? startsAt, startsAt - unsureSeconds);
  const old = quiet.filter(([at]) => at < oldTo).map(([, value]) => scoreOf(value));
  const dampened = (score: number) => (score > 0 && usualShare(old, score) >= usualFrom ? score / 2 : score);
  // What came and went before the alert is not what it is about.
  const from = onset ?? startsAt - stepOf(points);
  const trouble = lately.filter(([at]) => at >= from).map(([, value]) => scoreOf(value));
  // The slowest hundredth of the requests of some minutes are a handful: one such point is chance.
  const lasting =
    isTail(info) && isCoarse(points) && trouble.length > 1
      ? trouble.toSorted((a, b) => b - a).slice(1)
      : trouble;
  const values = lately.filter(([at]) => at >= from).map(([, value]) => value);
  const peak = Math.max(dampened(troublePeak(lasting)), strayed(values, quiet, badWhen, floor));
  const usual = Math.max(Math.abs(baseline.median), floor);
  const growth = (peak * Math.max(baseline.spread, floor, Number.EPSILON)) / Math.max(usual, Number.EPSILON);
  return { score: dampened(scoreOf(now)), peak, growth, onset };
}
