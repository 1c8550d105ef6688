import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import type { BadWhen } from './robust-score.ts';

/**
 * What a series measures, by the words of its name. Names come in the spellings of Prometheus and OpenMetrics
 * (`container_cpu_usage_seconds_total`), of clouds (`CPUUtilization`, `FreeStorageSpace`) and of whoever exported a table
 * (`cart_latency-90`); the words in them are the field's own: RED (Wilkie 2015), USE (Gregg 2013) and the unit endings of the
 * OpenMetrics conventions.
 */
export const measures = [
  'cpu',
  'memory',
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

export type Meaning = {
  readonly measure: Measure;
  readonly signal: SeriesInfo['signal'];
  readonly badWhen: BadWhen;
  readonly unit: string | undefined;
  /** It is a part of a whole, 0..1 or 0..100. */
  readonly share: boolean;
  /** It tells of the host, whatever runs on it. */
  readonly ofHost: boolean;
};

/** `CPUUtilization`, `request_duration_seconds_p90`, `carts_latency-90`, `p95latency` → words in lower case. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/IDs\b/g, 'Ids')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replace(/(?<![a-z0-9])(p\d{2,4})(?=[a-z])/g, '$1 ')
    .split(/[^a-z0-9%]+/)
    .filter((word) => word !== '');
}

type Rule = {
  readonly measure: Measure;
  readonly signal: SeriesInfo['signal'];
  readonly badWhen: BadWhen;
  /** Matched against the words, separated by blanks, with a blank at both ends. */
  readonly words: RegExp;
};

const rule = (measure: Measure, signal: SeriesInfo['signal'], badWhen: BadWhen, words: RegExp): Rule => ({
  measure,
  signal,
  badWhen,
  words,
});

/** The first that matches tells; what is left of something reads the other way round than what is used of it. */
const rules: readonly Rule[] = [
  rule('restarts', 'restarts', 'up', / (restarts?|ooms?|oom kills?|oomkilled|crashes|crashloops?) /),
  rule('throttling', 'throttling', 'up', / (throttled|throttling|throttles|throttle) /),
  rule(
    'availability',
    'availability',
    'down',
    / (success|succeeded|successful) .*(rate|ratio|percent|percentage|%) | (rate|ratio) success /,
  ),
  rule('availability', 'availability', 'down', / (availability|success|uptime ratio|apdex) /),
  rule(
    'availability',
    'availability',
    'up',
    / (unavailable|un ?healthy|not ready|unready|offline|under ?replicated ?\w*|unassigned) /,
  ),
  rule('cache', 'saturation', 'down', / (hit (rate|ratio|percent|percentage)|hitrate|hitratio) /),
  rule('cache', 'saturation', 'up', / (evictions?|evicted|cache miss(es)?|keyspace misses) /),
  rule('lag', 'saturation', 'up', / (lag|lagging|behind|staleness|age of oldest( message)?) /),
  rule(
    'locks',
    'saturation',
    'up',
    / (deadlocks?|lock (wait|waits|time)|blocked (sessions?|transactions?)|locks? waiting) /,
  ),
  rule(
    'packets',
    'other',
    'up',
    / (retrans|retransmits?|retransmitted|retransmissions?|retrans segs|packet loss|packets? (lost|dropped)|(receive|transmit|rx|tx) (packets )?(drops?|dropped|errs|errors)) /,
  ),
  rule(
    'errors',
    'errors',
    'up',
    / (errors?|err|errs|failures?|failed|fails|faults?|exceptions?|panics?|rejected|rejections?|refused|timeouts?|timed out|aborted|aborts|5xx|4xx|http ?5\d\d|dead letter|dlq) /,
  ),
  rule('other', 'saturation', 'up', / (transaction i ?ds?|txids?|xids?|wraparound) /),
  rule('cpu', 'saturation', 'down', / cpu .*(balance|credits?|idle) /),
  rule('disk-io', 'saturation', 'down', / (burst|io|byte) balance /),
  rule(
    'disk-io',
    'saturation',
    'up',
    / (transaction logs?|wal|bin ?log|disk .*latency|(read|write|fsync|io) latency) /,
  ),
  rule('queue', 'saturation', 'up', / (db|database) load /),
  rule(
    'disk-space',
    'saturation',
    'down',
    / (free|available|avail|remaining) .*(storage|disk|filesystem|space|inodes?) | (storage|disk|filesystem|fs|inodes?|volume) .*(free|available|avail|remaining) /,
  ),
  rule(
    'memory',
    'saturation',
    'down',
    / (free|freeable|available|avail) .*(memory|mem) | (memory|mem) .*(free|available|avail) /,
  ),
  rule(
    'disk-space',
    'saturation',
    'up',
    / (filesystem|volume|disk|storage|fs) (?!io ).*(used|usage|utili[sz]ation|full) /,
  ),
  rule(
    'cpu',
    'saturation',
    'up',
    / (cpu|processor|load ?average|load ?1|load ?5|load ?15|run ?queue|millicores) /,
  ),
  rule('memory', 'saturation', 'up', / (memory|mem|rss|working set|heap|swap|swap usage) /),
  rule(
    'latency',
    'latency',
    'up',
    / (latency|latencies|duration|response time|rt|rtt|elapsed|delay|ttfb|request time|processing time|service time) /,
  ),
  rule('connections', 'saturation', 'up', / (connections?|conns?|connected|sockets?|sessions?|pool|pools) /),
  rule('descriptors', 'saturation', 'up', / (fds?|file descriptors?|open files|handles) /),
  rule('threads', 'saturation', 'up', / (threads?|goroutines|processes|pids?) /),
  rule(
    'queue',
    'saturation',
    'up',
    / (queue|queued|queues|backlog|pending|waiting|in flight|inflight|blocked|depth|messages (visible|ready|unacknowledged|unacked)) /,
  ),
  // Before the words of links and disks: requests are received, leave by an egress, and read a catalogue.
  rule(
    'traffic',
    'traffic',
    'either',
    / (requests?|reqs?|rpcs?|calls?|invocations?|(msgs?|messages) (received|sent|published|delivered|acked)) /,
  ),
  rule(
    'network',
    'other',
    'either',
    / (network|net|receive|received|transmit|transmitted|transmission|rx|tx|bandwidth|packets?|egress|ingress|inbound|outbound) /,
  ),
  rule(
    'disk-io',
    'saturation',
    'up',
    / (disk|diskio|io|iops|fs|blkio|storage|volume|fsync|syscalls?|wal|binlog|checkpoints?|(reads?|writes?)( bytes| ops| time| throughput| count| total)*) $| (disk|diskio|io|iops|fs|blkio|storage|volume|fsync|syscalls?|wal|binlog|checkpoints?|(reads?|writes?) (bytes|ops|time|throughput|count)) /,
  ),
  rule(
    'traffic',
    'traffic',
    'either',
    / (requests?|reqs?|rps|qps|tps|ops|workload|load|throughput|calls?|invocations?|transactions?|queries|hits|traffic|hps|rate|visits|orders|commits?) /,
  ),
  rule('availability', 'availability', 'down', / up $| (healthy|ready|available|alive|online|health) /),
  rule('other', 'saturation', 'up', / (usage|used|utili[sz]ation|saturation|full) /),
];

/** Words of parts of a whole: of requests that succeed or fail, of lookups that hit. */
const shares =
  / (availability|success|apdex|(error|errors|failure|hit|fault|5xx) (ratio|percent|percentage|pct)|hit rate) /;
const counted = / (total|count|sum|replicas|hosts?) /;

/** Units as clouds and exporters write them, in ours. */
const unitWords: Readonly<Record<string, string>> = {
  percent: '%',
  percentage: '%',
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
};

const perTime = / per (seconds?|sec|s|minutes?|min|hours?) /;

function unitOf(info: SeriesInfo, words: readonly string[]): string | undefined {
  // A number of things in a time is no time.
  if (perTime.test(` ${words.join(' ')} `)) return '1/s';
  const told = info.unit ?? info.labels.unit;
  if (told !== undefined && told !== '') return unitWords[told.toLowerCase()] ?? told;
  return words
    .slice(1)
    .flatMap((word) => unitWords[word] ?? [])
    .at(-1);
}

/** The measure of signals that say what they are by themselves. */
const ofSignal: Readonly<Partial<Record<SeriesInfo['signal'], Measure>>> = {
  traffic: 'traffic',
  errors: 'errors',
  latency: 'latency',
  availability: 'availability',
  restarts: 'restarts',
  throttling: 'throttling',
};

/** Words that are plainer than what a source makes of its series: time and failures of a disk or a link are the disk's or the link's. */
const plain: ReadonlySet<Measure> = new Set([
  'disk-io',
  'network',
  'packets',
  'lag',
  'queue',
  'connections',
  'locks',
  'cache',
]);

/** Words by which a series speaks of requests, whoever reads or receives them. */
const ofRequests = / (requests?|reqs?|rpcs?|calls?|http|https|grpc|query|queries|messages?|msgs?) /;

function isTold({ signal, statistic }: SeriesInfo, guess: Rule, text: string): boolean {
  // Whoever knows what a point is, and not what it tells, counts something that is no request.
  if (signal === 'other')
    return guess.measure === 'traffic' && statistic !== undefined && statistic !== 'value';
  return !plain.has(guess.measure) || ofRequests.test(text);
}

/** What the name of a series says that it measures; what is told of it elsewhere comes first. */
export function meaningOf(info: SeriesInfo): Meaning {
  const words = wordsOf(info.name);
  const text = ` ${words.join(' ')} `;
  const unit = unitOf(info, words);
  const found = rules.find((candidate) => candidate.words.test(text));
  const timed = unit !== undefined && ['s', 'ms', 'us', 'ns'].includes(unit);
  const percentile = words.some((word) => /^p(50|75|9\d|99\d?)$/.test(word));
  const guess: Rule =
    found ??
    (timed && percentile ? rule('latency', 'latency', 'up', /./) : rule('other', 'other', 'either', /./));
  const told = isTold(info, guess, text);
  return {
    measure: told
      ? (ofSignal[info.signal] ?? (info.signal === 'other' ? 'other' : guess.measure))
      : guess.measure,
    signal: told ? info.signal : guess.signal,
    badWhen: told ? (info.badWhen ?? guess.badWhen) : guess.badWhen,
    unit,
    share: shares.test(text) && !counted.test(text),
    ofHost: /^ (node|host|machine|instance|vm) /.test(text),
  };
}
