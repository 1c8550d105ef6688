import type { Labels } from './client.ts';

/** What one name of the exposition format is a part of. */
export type MetricForm = {
  /** The family's name: without `_bucket`, `_sum` or `_count` for histograms and summaries. */
  readonly base: string;
  readonly form: 'bucket' | 'sum' | 'count' | 'quantile' | 'counter' | 'gauge';
};

export type MetricNames = {
  /** Every name that was found. */
  readonly found: ReadonlySet<string>;
  /** Types as the exporters declare them, where Prometheus knows them. */
  readonly types: ReadonlyMap<string, string>;
};

function isDistribution(base: string, names: MetricNames): boolean {
  const type = names.types.get(base);
  if (type !== undefined) return type === 'histogram' || type === 'summary';
  return (
    names.found.has(`${base}_bucket`) || (names.found.has(`${base}_sum`) && names.found.has(`${base}_count`))
  );
}

/** What a series is, from its type where Prometheus knows it, else from its name. */
export function formOf(name: string, labels: Labels, names: MetricNames): MetricForm {
  if ((labels.quantile ?? '') !== '') return { base: name, form: 'quantile' };
  const part = /^(.+)_(bucket|sum|count)$/.exec(name);
  const base = part?.[1];
  if (base !== undefined && isDistribution(base, names)) {
    const form = part?.[2] === 'bucket' ? 'bucket' : part?.[2] === 'sum' ? 'sum' : 'count';
    return { base, form };
  }
  // OpenMetrics declares the type of a counter without its `_total`.
  const type = names.types.get(name) ?? names.types.get(name.replace(/_total$/, ''));
  const counts = type === 'counter' || (type === undefined && name.endsWith('_total'));
  return { base: name, form: counts ? 'counter' : 'gauge' };
}

const requestWords =
  /(^|_)(requests?|calls|rpcs?|handled|responses?|queries|transactions|invocations|upstream_rq)(_received|_completed)?(_total|_count|_xx)?$/;
const requestTimeWords = /(request|response|call|rpc|handling|handler|http|grpc)/;
const failureWords =
  /(^|_)(errors?|failures?|failed|exceptions?|timeouts?|rejected|rejections|panics|oom)(_total|_count)?$/;

export const countsRequests = (metric: string): boolean => requestWords.test(metric);
/** For histograms and summaries: whether their count is one of requests. */
export const timesRequests = (base: string): boolean => requestTimeWords.test(base);
export const countsFailures = (metric: string): boolean => failureWords.test(metric);
