import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { podOfWorkload } from './label-spellings.ts';
import { failedMatcher, outcomePattern, refusedMatcher } from './outcomes.ts';
import { type Matcher, quoted, selector } from './promql.ts';

/**
 * What a point of a series is. A recipe turns a metric and the labels to keep into one query; everything that Understudy
 * knows of PromQL stands here.
 */
export type Recipe = {
  readonly query: (scope: QueryScope, argument: string) => string;
  /** The form of its argument; absent: it takes none. */
  readonly argument?: RegExp;
  readonly statistic: string;
  /** What it tells where nothing is known of the metric itself; absent: its name says it. */
  readonly tells?: Tells;
};

export type Tells = Pick<SeriesInfo, 'signal'> & {
  readonly unit?: string;
  readonly badWhen: 'up' | 'down' | 'either';
};

/** One query's worth of series: they differ only in the values of `by`. */
export type QueryScope = {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** Labels that tell the series apart. */
  readonly by: readonly string[];
  /** For rates, as PromQL writes it: `20s`. */
  readonly window: string;
};

/** A label that no metric has: the workload that the pod's name tells of. */
export const workloadOfPodPrefix = 'workload_of_';

function withWorkload(scope: QueryScope, expression: string): string {
  const made = scope.by.find((label) => label.startsWith(workloadOfPodPrefix));
  if (made === undefined) return expression;
  const pod = made.slice(workloadOfPodPrefix.length);
  return `label_replace(${expression},${quoted(made)},"$1",${quoted(pod)},${quoted(podOfWorkload)})`;
}

type Over = {
  readonly metric?: string;
  readonly where?: readonly Matcher[];
  readonly keep?: readonly string[];
};

function vector(scope: QueryScope, over: Over): string {
  return selector(over.metric ?? scope.metric, [...scope.matchers, ...(over.where ?? [])]);
}

function aggregate(operator: string, scope: QueryScope, expression: string, over: Over): string {
  const by = [...scope.by, ...(over.keep ?? [])].join(',');
  return `${operator} by (${by}) (${withWorkload(scope, expression)})`;
}

const rateOf = (scope: QueryScope, over: Over = {}): string =>
  aggregate('sum', scope, `rate(${vector(scope, over)}[${scope.window}])`, over);

const gaugeOf = (operator: 'sum' | 'max' | 'min', scope: QueryScope, over: Over = {}): string =>
  aggregate(operator, scope, vector(scope, over), over);

function shareOf(scope: QueryScope, chosen: Matcher): string {
  const all = rateOf(scope);
  return `(${rateOf(scope, { where: [chosen] })} or 0 * ${all}) / ${all}`;
}

function quantileOf(quantile: number): Recipe {
  return {
    statistic: `p${quantile * 100}`,
    query: (scope) => {
      const buckets = rateOf(scope, { metric: `${scope.metric}_bucket`, keep: ['le'] });
      return `histogram_quantile(${quantile},${buckets})`;
    },
  };
}

/** A share of two gauges of the same labels. */
const shareOfGauges = (part: string, whole: string): string => `${part} / (${whole} > 0)`;

/** The limit as the pod declares it; kube-state-metrics keeps the labels that cAdvisor has. */
const declaredLimit = (scope: QueryScope, resource: string): string =>
  gaugeOf('sum', scope, {
    metric: 'kube_pod_container_resource_limits',
    where: [['resource', '=', resource]],
  });

const errors: Tells = { signal: 'errors', unit: 'ratio', badWhen: 'up' };
const saturation: Tells = { signal: 'saturation', unit: 'ratio', badWhen: 'up' };

/** Every recipe that there is, by the name under which a series' id carries it. */
export const recipes = {
  requests: {
    statistic: 'rate',
    tells: { signal: 'traffic', unit: '1/s', badWhen: 'either' },
    query: (scope) => rateOf(scope),
  },
  'error-ratio': {
    statistic: 'ratio',
    argument: outcomePattern,
    tells: errors,
    query: (scope, label) => shareOf(scope, failedMatcher(label)),
  },
  // Requests that the service refused for the caller's sake (4xx): no failure of the service, and bots make them too.
  'refused-ratio': {
    statistic: 'refused ratio',
    argument: outcomePattern,
    tells: { signal: 'other', unit: 'ratio', badWhen: 'up' },
    query: (scope, label) => shareOf(scope, refusedMatcher(label)),
  },
  errors: {
    statistic: 'rate',
    tells: { signal: 'errors', unit: '1/s', badWhen: 'up' },
    query: (scope) => rateOf(scope),
  },
  rate: { statistic: 'rate', query: (scope) => rateOf(scope) },
  p50: quantileOf(0.5),
  p95: quantileOf(0.95),
  mean: {
    statistic: 'mean',
    query: (scope) => {
      const count = rateOf(scope, { metric: `${scope.metric}_count` });
      return `${rateOf(scope, { metric: `${scope.metric}_sum` })} / (${count} > 0)`;
    },
  },
  quantile: {
    statistic: 'quantile',
    argument: /^0\.[0-9]{1,4}$/,
    query: (scope, quantile) => gaugeOf('max', scope, { where: [['quantile', '=', quantile]] }),
  },
  sum: { statistic: 'value', query: (scope) => gaugeOf('sum', scope) },
  max: { statistic: 'value', query: (scope) => gaugeOf('max', scope) },
  min: { statistic: 'value', query: (scope) => gaugeOf('min', scope) },
  'cpu-of-limit': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) => {
      const quota = gaugeOf('sum', scope, { metric: 'container_spec_cpu_quota' });
      const period = gaugeOf('max', scope, { metric: 'container_spec_cpu_period' });
      return `${rateOf(scope)} / ((${quota} > 0) / ${period})`;
    },
  },
  throttling: {
    statistic: 'ratio',
    tells: { signal: 'throttling', unit: 'ratio', badWhen: 'up' },
    query: (scope) =>
      `${rateOf(scope, { metric: 'container_cpu_cfs_throttled_periods_total' })} / (${rateOf(scope)} > 0)`,
  },
  'memory-of-limit': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) =>
      shareOfGauges(
        gaugeOf('sum', scope),
        gaugeOf('sum', scope, { metric: 'container_spec_memory_limit_bytes' }),
      ),
  },
  'cpu-of-declared-limit': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) => shareOfGauges(rateOf(scope), declaredLimit(scope, 'cpu')),
  },
  'memory-of-declared-limit': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) => shareOfGauges(gaugeOf('sum', scope), declaredLimit(scope, 'memory')),
  },
  'descriptors-used': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) =>
      shareOfGauges(gaugeOf('sum', scope), gaugeOf('sum', scope, { metric: 'process_max_fds' })),
  },
  'volume-used': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) =>
      `1 - ${shareOfGauges(gaugeOf('min', scope), gaugeOf('min', scope, { metric: 'kubelet_volume_stats_capacity_bytes' }))}`,
  },
  'node-cpu-used': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) => {
      const idle = vector(scope, { where: [['mode', '=', 'idle']] });
      return `1 - ${aggregate('avg', scope, `rate(${idle}[${scope.window}])`, {})}`;
    },
  },
  'node-memory-used': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) =>
      `1 - ${shareOfGauges(gaugeOf('min', scope), gaugeOf('min', scope, { metric: 'node_memory_MemTotal_bytes' }))}`,
  },
  'node-disk-used': {
    statistic: 'ratio',
    tells: saturation,
    query: (scope) =>
      `1 - ${shareOfGauges(gaugeOf('min', scope), gaugeOf('min', scope, { metric: 'node_filesystem_size_bytes' }))}`,
  },
} as const satisfies Readonly<Record<string, Recipe>>;

export type RecipeName = keyof typeof recipes;

const byName: ReadonlyMap<string, Recipe> = new Map(Object.entries(recipes));

export function recipeNamed(name: string): Recipe | undefined {
  return byName.get(name);
}
