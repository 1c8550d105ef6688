import { type MetricRule, metricRules } from './metric-rules.ts';
import type { SeriesInfo } from './tools/prometheus.ts';

/**
 * What a metric means, by nothing but the words of its name. Names come in the spellings of Prometheus and OpenMetrics
 * (`container_cpu_usage_seconds_total`), of OpenTelemetry (`http.server.request.duration`), of clouds (`CPUUtilization`,
 * `FreeStorageSpace`) and of whoever made a table (`svc-latency-90`).
 */
export const measures = [
  'cpu',
  'memory',
  'gc',
  'disk-space',
  'disk-io',
  'network',
  'packets',
  'connections',
  'descriptors',
  'threads',
  'queue',
  'lag',
  'locks',
  'cache',
  'restarts',
  'throttling',
  'errors',
  'availability',
  'latency',
  'traffic',
  'other',
] as const;
export type Measure = (typeof measures)[number];

export type BadWhen = 'up' | 'down' | 'either';

export type NameMeaning = {
  readonly measure: Measure;
  readonly signal: SeriesInfo['signal'];
  readonly badWhen: BadWhen;
};

/** `CPUUtilization`, `request_duration_seconds_p90`, `svc-latency-90`, `p95latency`, `Http5xx` → words in lower case. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/IDs\b/g, 'Ids')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replace(/(?<![a-z0-9])(p\d{2,4})(?=[a-z])/g, '$1 ')
    .replace(/(?<=[a-z])([2-5]xx)(?![a-z])/g, ' $1')
    .replaceAll('%', ' % ')
    .split(/[^a-z0-9%]+/)
    .filter((word) => word !== '');
}

/** What each measure tells where its rule says nothing else. */
const tells: Readonly<Record<Measure, Omit<NameMeaning, 'measure'>>> = {
  cpu: { signal: 'saturation', badWhen: 'up' },
  memory: { signal: 'saturation', badWhen: 'up' },
  gc: { signal: 'saturation', badWhen: 'up' },
  'disk-space': { signal: 'saturation', badWhen: 'up' },
  'disk-io': { signal: 'saturation', badWhen: 'up' },
  network: { signal: 'other', badWhen: 'either' },
  packets: { signal: 'other', badWhen: 'up' },
  connections: { signal: 'saturation', badWhen: 'up' },
  descriptors: { signal: 'saturation', badWhen: 'up' },
  threads: { signal: 'saturation', badWhen: 'up' },
  queue: { signal: 'saturation', badWhen: 'up' },
  lag: { signal: 'saturation', badWhen: 'up' },
  locks: { signal: 'saturation', badWhen: 'up' },
  cache: { signal: 'saturation', badWhen: 'up' },
  restarts: { signal: 'restarts', badWhen: 'up' },
  throttling: { signal: 'throttling', badWhen: 'up' },
  errors: { signal: 'errors', badWhen: 'up' },
  availability: { signal: 'availability', badWhen: 'down' },
  latency: { signal: 'latency', badWhen: 'up' },
  traffic: { signal: 'traffic', badWhen: 'either' },
  other: { signal: 'other', badWhen: 'either' },
};

const fits = (text: string) => (rule: MetricRule) =>
  rule.words.test(text) && (rule.unless === undefined || !rule.unless.test(text));

/** What a name says; `other` and `either` where it says nothing that is known. */
export function meaningOfName(name: string): NameMeaning {
  const rule = metricRules.find(fits(` ${wordsOf(name).join(' ')} `));
  const measure = rule?.measure ?? 'other';
  const { signal, badWhen } = tells[measure];
  return { measure, signal: rule?.signal ?? signal, badWhen: rule?.badWhen ?? badWhen };
}

/**
 * A name without the words of whom it speaks of, which may be any: the CPU of a service `queue-worker` is CPU.
 * The whole name where nothing else is in it.
 */
export function nameWithout(name: string, speaker: string | undefined): string {
  const [words, own] = [wordsOf(name), wordsOf(speaker ?? '')];
  const [last] = own.slice(-1);
  if (last === undefined || words.length <= own.length) return name;
  if (own.every((word, index) => words[index] === word)) return words.slice(own.length).join('_');
  const start = words.length - own.length;
  return own.every((word, index) => words[start + index] === word) ? words.slice(0, start).join('_') : name;
}

/** Units as exporters and clouds write them, in ours. */
const unitWords: Readonly<Record<string, string>> = {
  percent: '%',
  percentage: '%',
  pct: '%',
  '%': '%',
  ratio: 'ratio',
  seconds: 's',
  second: 's',
  sec: 's',
  s: 's',
  milliseconds: 'ms',
  millisecond: 'ms',
  millis: 'ms',
  ms: 'ms',
  microseconds: 'us',
  us: 'us',
  nanoseconds: 'ns',
  ns: 'ns',
  bytes: 'bytes',
  cores: 'cores',
  millicores: 'millicores',
  celsius: '°C',
};

const perTime = / per (seconds?|sec|s|minutes?|min|hours?) /;

/** A unit in our spelling (`s`, `ms`, `%`, `ratio`, `bytes` …); one that is not known stays as it is. */
export const unitNamed = (unit: string): string => unitWords[unit.toLowerCase()] ?? unit;

/** The unit that a name ends in, or says on the way; undefined where it says none. */
export function unitOfName(name: string): string | undefined {
  const words = wordsOf(name);
  // A number of things in a time is no time.
  if (perTime.test(` ${words.join(' ')} `)) return '1/s';
  return words
    .slice(1)
    .flatMap((word) => unitWords[word] ?? [])
    .at(-1);
}

const timed = / (latency|latencies|duration|rt|time|seconds|ms|quantile) (0 )?(50|75|90|95|99|999) /;

/** What a point of a series of this name is: `p95`, `ratio`, `rate`, else `value`. */
export function statisticOfName(name: string): string {
  const text = ` ${wordsOf(name).join(' ')} `;
  const percentile = / p(50|75|90|95|99|999) /.exec(text)?.[1] ?? timed.exec(text)?.[3];
  if (percentile !== undefined) return `p${percentile}`;
  if (/ ratio /.test(text)) return 'ratio';
  return / (rate|per second|per sec|rps|qps|tps|hps) /.test(text) ? 'rate' : 'value';
}
