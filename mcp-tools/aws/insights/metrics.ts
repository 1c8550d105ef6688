import { settled } from '../../back-ends/settle.ts';
import type { AwsCall } from '../access.ts';
import {
  type CloudInsight,
  type InsightReader,
  type InsightReading,
  type InsightsAsked,
  round,
} from './insight-reader.ts';
import { type MetricAsked, planMetrics } from './metric-plan.ts';

/** Series in one request, and the most that CloudWatch takes. */
const seriesAtOnce = 400;
const mostPoints = 240;

/** A period that CloudWatch keeps (whole minutes), with at most so many points in the window. */
function periodSeconds({ fromMs, toMs }: InsightsAsked): number {
  return Math.max(60, Math.ceil((toMs - fromMs) / 1_000 / mostPoints / 60) * 60);
}

type Series = { readonly points: [number, number][] };

async function readSeries(
  call: AwsCall,
  asked: readonly MetricAsked[],
  window: InsightsAsked,
): Promise<ReadonlyMap<number, Series>> {
  const { CloudWatchClient, GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient(call.client);
  const Period = periodSeconds(window);
  const input = {
    StartTime: new Date(window.fromMs),
    EndTime: new Date(window.toMs),
    ScanBy: 'TimestampAscending' as const,
    MetricDataQueries: asked.map(({ namespace, metric, statistic, dimension: [Name, Value] }, index) => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: { Namespace: namespace, MetricName: metric, Dimensions: [{ Name, Value }] },
        Period,
        Stat: statistic,
      },
    })),
  };
  const { items } = await call.list('cloudwatch:GetMetricData', async (NextToken, sending) => {
    const page = await client.send(new GetMetricDataCommand({ ...input, NextToken }), sending);
    return { items: page.MetricDataResults, next: page.NextToken };
  });
  const found = new Map<number, Series>();
  for (const { Id = '', Timestamps = [], Values = [] } of items) {
    const index = Number(Id.slice(1));
    const series = found.get(index) ?? { points: [] };
    found.set(index, series);
    for (const [place, at] of Timestamps.entries()) {
      const value = Values[place];
      if (value !== undefined) series.points.push([at.getTime() / 1_000, round(value)]);
    }
  }
  return found;
}

function insightOf(asked: MetricAsked, { points }: Series, window: InsightsAsked): CloudInsight {
  const { resourceType, resource, metric, statistic } = asked;
  const values = points.map(([, value]) => value);
  return {
    provider: 'aws',
    kind: 'metric',
    ...{ resourceType, resource, metric, statistic, periodSeconds: periodSeconds(window) },
    first: values[0],
    last: values.at(-1),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    average: round(values.reduce((sum, value) => sum + value, 0) / values.length),
    points,
  };
}

async function readMetrics(call: AwsCall, asked: InsightsAsked): Promise<InsightReading> {
  const { found: plans, gaps } = settled(await planMetrics(call, asked));
  const series = plans.flatMap((plan) => plan.series);
  const parts = Array.from({ length: Math.ceil(series.length / seriesAtOnce) }, (_, index) =>
    series.slice(index * seriesAtOnce, (index + 1) * seriesAtOnce),
  );
  const read = await Promise.all(
    parts.map(async (part) => ({ part, found: await readSeries(call, part, asked) })),
  );
  const items = read.flatMap(({ part, found }) =>
    part.flatMap((one, index) => {
      const series = found.get(index);
      return series === undefined || series.points.length === 0 ? [] : [insightOf(one, series, asked)];
    }),
  );
  const planGaps = plans.flatMap((plan) => plan.gaps);
  return { items, gaps: [...gaps, ...planGaps], cut: planGaps.length > 0 };
}

/** What CloudWatch measured of databases, instances and load balancers. */
export const metricInsights: InsightReader = { name: 'CloudWatch metrics', read: readMetrics };
