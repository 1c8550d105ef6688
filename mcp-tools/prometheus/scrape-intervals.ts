import { z } from 'zod';
import type { PrometheusCall } from './client.ts';
import { oneOf, selector } from './promql.ts';

/** Seconds between two scrapes, by job; `longest` for what is of no known job. */
export type ScrapeIntervals = {
  readonly byJob: ReadonlyMap<string, number>;
  readonly longestSeconds: number;
};

/** Prometheus' own default, for a store that does not say. */
const defaultSeconds = 60;
const lookBackSeconds = 600;

const targetsSchema = z.object({
  activeTargets: z.array(
    z.object({ labels: z.record(z.string(), z.string()), scrapeInterval: z.string().optional() }),
  ),
});

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** `1m30s` → 90: Prometheus' durations. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? 's'] ?? 1),
    0,
  );
}

function intervalsOf(byJob: ReadonlyMap<string, number>): ScrapeIntervals | undefined {
  return byJob.size === 0 ? undefined : { byJob, longestSeconds: Math.max(...byJob.values()) };
}

/** Intervals as the targets declare them. */
async function declared(call: PrometheusCall): Promise<ScrapeIntervals | undefined> {
  const { activeTargets } = await call.get('targets', { state: 'active' }, targetsSchema);
  const byJob = new Map<string, number>();
  for (const { labels, scrapeInterval } of activeTargets) {
    const seconds = durationSeconds(scrapeInterval ?? '');
    const job = labels.job ?? '';
    if (seconds !== undefined) byJob.set(job, Math.max(seconds, byJob.get(job) ?? 0));
  }
  return intervalsOf(byJob);
}

/** Intervals from the spacing of samples, for stores that scrape nothing themselves. */
async function measured(call: PrometheusCall): Promise<ScrapeIntervals | undefined> {
  const query = `max by (job) (count_over_time(up[${lookBackSeconds}s]))`;
  const counts = await call.queryAt(query, Date.now() / 1000);
  const byJob = new Map<string, number>();
  for (const { labels, points } of counts) {
    const scrapes = points[0]?.[1] ?? 0;
    if (scrapes > 1) byJob.set(labels.job ?? '', Math.round(lookBackSeconds / scrapes));
  }
  return intervalsOf(byJob);
}

export async function loadScrapeIntervals(call: PrometheusCall): Promise<ScrapeIntervals> {
  return (
    (await declared(call)) ?? (await measured(call)) ?? { byJob: new Map(), longestSeconds: defaultSeconds }
  );
}

/**
 * The scrape interval of each metric: the longest of the jobs that expose it. One query for all of them, and none where
 * every job has the same interval.
 */
export async function intervalsOfMetrics(
  call: PrometheusCall,
  intervals: ScrapeIntervals,
  metrics: readonly string[],
  atSeconds: number,
): Promise<ReadonlyMap<string, number>> {
  const distinct = new Set(intervals.byJob.values());
  if (distinct.size <= 1) return new Map(metrics.map((metric) => [metric, intervals.longestSeconds]));
  const vector = selector(undefined, [oneOf('__name__', metrics)]);
  const exposed = await call.queryAt(`group by (__name__, job) (${vector})`, atSeconds);
  const byMetric = new Map<string, number>();
  for (const { labels } of exposed) {
    const seconds = intervals.byJob.get(labels.job ?? '') ?? intervals.longestSeconds;
    const metric = labels.__name__ ?? '';
    byMetric.set(metric, Math.max(seconds, byMetric.get(metric) ?? 0));
  }
  return byMetric;
}
