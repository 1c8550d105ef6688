import { errorCodeOf, messageOf } from '#domain/errors.ts';
import { canonicalJson } from '#domain/hash.ts';
import type { SeriesWindow } from '#domain/tools/prometheus.ts';
import type { Labels, Point, PrometheusCall, TimeRange } from './client.ts';
import type { Memory } from './memory.ts';
import { literalPattern, type Matcher, oneOf } from './promql.ts';
import { intervalsOfMetrics } from './scrape-intervals.ts';
import { parseSeriesId, type SeriesKey } from './series-id.ts';
import { seriesInfo } from './series-info.ts';
import { recipeNamed, workloadOfPodPrefix } from './series-recipes.ts';

/** Series that one query brings: the same recipe over the same metric, told apart by the same labels. */
type Batch = { readonly keys: SeriesKey[]; readonly labelNames: readonly string[] };

/** More values in one alternation make the server's regular expressions slow. */
const mostPerBatch = 50;
const scrapesPerRate = 4;
/** A rate over more digits than this is noise; recorded values stay as they are. */
const significantDigits = 6;

function batchesOf(keys: readonly SeriesKey[]): Batch[] {
  const open = new Map<string, Batch>();
  const batches: Batch[] = [];
  for (const key of keys) {
    const labelNames = Object.keys(key.labels).sort();
    const kind = canonicalJson([key.recipe, key.argument, key.metric, labelNames]);
    let batch = open.get(kind);
    if (batch === undefined || batch.keys.length >= mostPerBatch) {
      batch = { keys: [], labelNames };
      open.set(kind, batch);
      batches.push(batch);
    }
    batch.keys.push(key);
  }
  return batches;
}

function matchersOf(batch: Batch): Matcher[] {
  return batch.labelNames.map((label): Matcher => {
    const values = batch.keys.map((key) => key.labels[label] ?? '');
    if (!label.startsWith(workloadOfPodPrefix)) return oneOf(label, values);
    const names = [...new Set(values)].sort().map(literalPattern).join('|');
    return [label.slice(workloadOfPodPrefix.length), '=~', `(?:${names})(?:-.+)?`];
  });
}

/** The metric whose jobs tell how often it is scraped: of a histogram, its buckets are in Prometheus, not its name. */
function exposedNames(key: SeriesKey): string[] {
  return [key.metric, `${key.metric}_bucket`, `${key.metric}_count`];
}

/**
 * The moments that a window is asked for: multiples of the step, so that the same moment always has the same value; the
 * step grows until the points are few enough.
 */
export function rangeOf(
  window: { readonly fromSeconds: number; readonly toSeconds: number; readonly stepSeconds: number },
  maxPoints: number,
): TimeRange {
  const { fromSeconds, toSeconds } = window;
  const least = Math.ceil((toSeconds - fromSeconds) / maxPoints);
  const stepSeconds = Math.max(window.stepSeconds, least);
  const end = Math.floor(toSeconds / stepSeconds) * stepSeconds;
  const start = Math.min(Math.ceil(fromSeconds / stepSeconds) * stepSeconds, end);
  return { start, end, stepSeconds };
}

function queryFor(batch: Batch, intervalSeconds: number, range: TimeRange): string {
  const [first] = batch.keys;
  const recipe = first === undefined ? undefined : recipeNamed(first.recipe);
  if (first === undefined || recipe === undefined) throw new TypeError('a batch holds parsed series');
  // At least four scrapes, so that one lost scrape leaves a rate; and no sample between two points is passed over.
  const seconds = Math.ceil(Math.max(scrapesPerRate * intervalSeconds, range.stepSeconds + intervalSeconds));
  const scope = {
    metric: first.metric,
    matchers: matchersOf(batch),
    by: batch.labelNames,
    window: `${seconds}s`,
  };
  return recipe.query(scope, first.argument);
}

function pointsFor(key: SeriesKey, points: readonly Point[]): Point[] {
  if (recipeNamed(key.recipe)?.statistic === 'value') return [...points];
  return points.map(([at, value]) => [at, Number(value.toPrecision(significantDigits))]);
}

type Answer = { readonly windows: readonly SeriesWindow[]; readonly gaps: readonly string[] };

/**
 * Points of series between two moments, in the order in which they were asked for. What one query failed to bring is a
 * gap; where every query failed, the first failure is thrown.
 */
export async function readWindows(
  call: PrometheusCall,
  memory: Memory,
  ids: readonly string[],
  range: TimeRange,
): Promise<Answer> {
  const keys = ids.map(parseSeriesId);
  const batches = batchesOf(keys);
  const intervals = await memory.scrapeIntervals(call);
  const names = [...new Set(keys.flatMap(exposedNames))];
  const byMetric = await intervalsOfMetrics(call, intervals, names, range.end);
  const found = new Map<string, readonly Point[]>();
  const idOf = (batch: Batch, labels: Labels): string =>
    canonicalJson([batch.keys[0]?.recipe, batch.keys[0]?.argument, batch.keys[0]?.metric, labels]);

  const read = async (batch: Batch): Promise<void> => {
    const [first] = batch.keys;
    const known = first === undefined ? [] : exposedNames(first).map((name) => byMetric.get(name) ?? 0);
    const interval = Math.max(0, ...known) || intervals.longestSeconds;
    const sampled = await call.queryRange(queryFor(batch, interval, range), range);
    for (const { labels, points } of sampled) found.set(idOf(batch, labels), points);
  };
  const outcomes = await Promise.allSettled(batches.map(read));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ batch: batches[index], reason: outcome.reason }] : [],
  );
  if (failures.length === batches.length) throw failures[0]?.reason;

  const windows = keys.map((key): SeriesWindow => {
    const points = found.get(canonicalJson([key.recipe, key.argument, key.metric, key.labels])) ?? [];
    return {
      info: { ...seriesInfo(key), stepSeconds: range.stepSeconds },
      points: pointsFor(key, points),
    };
  });
  const gaps = failures.map(({ batch, reason }) => {
    const what = batch?.keys.map((key) => key.metric)[0] ?? 'series';
    return `${what}: ${errorCodeOf(reason)}: ${messageOf(reason)}`;
  });
  return { windows, gaps };
}
