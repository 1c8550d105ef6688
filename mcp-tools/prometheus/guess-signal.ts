import type { SeriesInfo } from '#domain/tools/prometheus.ts';

/** What a series seems to tell, from nothing but its name: for values as somebody recorded them, whatever the source. */
export type Guess = Pick<SeriesInfo, 'signal' | 'badWhen' | 'unit' | 'statistic'>;

/** The words of a name in any spelling: `CPUUsageRate` → cpu, usage, rate; `http_5xx_total` → http, 5xx, total. */
export function wordsOfName(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9%]+/)
    .filter((word) => word !== '');
}

type Rule = {
  readonly words: RegExp;
  readonly unless?: RegExp;
  readonly tells: Pick<SeriesInfo, 'signal' | 'badWhen'>;
};

/** The most telling words first; matched against the words of the name, joined by blanks. */
const rules: readonly Rule[] = [
  { words: /\bthrottl/, tells: { signal: 'throttling', badWhen: 'up' } },
  { words: /\b(restarts?|oom|evicted|evictions? total)\b/, tells: { signal: 'restarts', badWhen: 'up' } },
  {
    words: /\b(success(es|ful)?|availab(le|ility)|healthy|health|up|ready|alive)\b/,
    unless: /\b(bytes|memory|mem|disk|storage|space|time|uptime|not|un(available|healthy))\b/,
    tells: { signal: 'availability', badWhen: 'down' },
  },
  {
    words:
      /\b(errors?|err|fail(s|ed|ures?)?|faults?|exceptions?|5xx|4xx|dropped|drops?|rejected|rejections?|timeouts?|panics?|aborted|unhealthy|unavailable|deadlocks?|retrans\w*|loss)\b/,
    tells: { signal: 'errors', badWhen: 'up' },
  },
  {
    words: /\b(latency|latencies|duration|durations|delay|elapsed|response time|request time|rtt|ttfb)\b/,
    tells: { signal: 'latency', badWhen: 'up' },
  },
  {
    words: /\b(p50|p75|p90|p95|p99|p999|quantile)\b/,
    tells: { signal: 'latency', badWhen: 'up' },
  },
  {
    words: /\b(free|idle|remaining|freeable|avail|balance|credits?)\b/,
    tells: { signal: 'saturation', badWhen: 'down' },
  },
  {
    words:
      /\b(cpu|memory|mem|heap|rss|working set|disk|storage|filesystem|inodes?|connections?|conns?|sockets?|threads?|goroutines?|fds?|descriptors?|queue|queued|backlog|pending|waiting|waits?|blocked|locks?|lag|depth|pool|usage|used|utili[sz]ation|saturation|load|load1|iops|io|iowait|in flight|inflight|gc|pause)\b/,
    tells: { signal: 'saturation', badWhen: 'up' },
  },
  {
    words:
      /\b(requests?|reqs?|calls?|rps|qps|tps|throughput|hits?|invocations?|transactions?|traffic|workload|ops|orders?|messages?|count|network|receive|received|transmit|transmitted|sent)\b/,
    tells: { signal: 'traffic', badWhen: 'either' },
  },
];

const units: readonly (readonly [RegExp, string])[] = [
  [/\b(milliseconds?|millis|ms)\b/, 'ms'],
  [/\b(microseconds?|us)\b/, 'us'],
  [/\bseconds?\b/, 's'],
  [/\b(percent(age)?|%)/, '%'],
  [/\bratio\b/, 'ratio'],
  [/\bbytes\b/, 'bytes'],
];

const statistics: readonly (readonly [RegExp, string])[] = [
  [/\bp(50|75|90|95|99|999)\b/, ''],
  [/\bratio\b/, 'ratio'],
  [/\b(rate|per second|rps|qps|tps)\b/, 'rate'],
];

function statisticOf(words: string): string {
  for (const [form, statistic] of statistics) {
    const match = form.exec(words);
    if (match !== null) return statistic === '' ? match[0] : statistic;
  }
  return 'value';
}

/** What a name tells; `other` where it says nothing that is known. */
export function guessSignal(name: string): Guess {
  const words = wordsOfName(name).join(' ');
  const rule = rules.find((one) => one.words.test(words) && one.unless?.test(words) !== true);
  const unit = units.find(([form]) => form.test(words))?.[1];
  return {
    ...(rule?.tells ?? { signal: 'other', badWhen: 'either' }),
    ...(unit === undefined ? {} : { unit }),
    statistic: statisticOf(words),
  };
}
