import type { BadWhen, Measure } from './metric-words.ts';
import type { SeriesInfo } from './tools/prometheus.ts';

/**
 * Words by which a metric's name says what it measures: the words of RED (Wilkie 2015) and USE (Gregg 2013), the endings of
 * the OpenMetrics conventions, and those of common exporters and clouds. The first rule that fits tells.
 */
export type MetricRule = {
  readonly measure: Measure;
  /** Matched against the words of a name in lower case, with one blank between them and at both ends. */
  readonly words: RegExp;
  readonly unless?: RegExp;
  /** Absent: as is usual for the measure. */
  readonly badWhen?: BadWhen;
  readonly signal?: SeriesInfo['signal'];
};

const rule = (measure: Measure, words: RegExp, more: Omit<MetricRule, 'measure' | 'words'> = {}) => ({
  measure,
  words,
  ...more,
});

/** Words of what is asked for: what reads, writes or waits in such a name is a request, not a disk. */
const ofRequests = / (requests?|reqs?|rpcs?|calls?|http|https|grpc|query|queries|messages?|msgs?|api) /;
/** Words of how much of something is taken: a limit that stands beside them is what it is taken of. */
const ofUse =
  / (used|usage|utili[sz]ation|utilized|util|consumed|consumption|exceeded|exceeds|reached|hits?|errors?|fail\w*|throttl\w*|reject\w*|percent|percentage|ratio|latency|duration|remaining|available|left|full) /;

/** What is no measurement: constants, limits, wishes, moments. */
const standing: readonly MetricRule[] = [
  rule('other', / (info|created|bucket) $/),
  rule('lag', / (seconds|time) since /),
  rule(
    'other',
    / (start time|boot time|build|uptime|timestamp|version|(metadata|observed) generation|entropy|last gc|next gc|cfs periods) |^ node time /,
  ),
  rule('other', / (expiry|expires?|expiration|not after|days left) /, { badWhen: 'down' }),
  rule('other', / temp celsius | temperature /, { badWhen: 'up' }),
  rule('other', / limits?( bytes)? $/, { unless: / (used|usage|utili[sz]ation|percent|ratio|io) / }),
  rule('other', / (limits?|capacity|quota|allocatable|provisioned|reserved|reservation|maxclients) /, {
    unless: ofUse,
  }),
  rule(
    'other',
    / (connections?|conns?|threads|fds|files|filefd|memory|heap|pool|workers|replicas|sessions|tasks|idle) (size )?max(imum)?( bytes| size)? $| (max|maximum) (open )?(connections?|conns?|clients|threads|fds|files|workers|replicas|sessions|pool|memory|heap|size|tasks)( bytes| size)? $/,
    { unless: ofUse },
  ),
  rule(
    'other',
    / (mem|memory|swap|disk|fs|filesystem|volume) (total|size)( bytes| kb| mb| gb)? $|^ machine | (cpu|cpus|processor) count | (cached|buffers|slab|dirty|mapped)( bytes)? $| memory cache( bytes)? $/,
    { unless: ofUse },
  ),
  rule('other', / (resource|cpu|memory|mem|gpu|storage) requests?( cpu| memory)?( cores| bytes)? $/),
  rule('other', / (desired|wanted) | spec replicas | statefulset replicas /),
  rule('other', / (status|current|updated) replicas( updated)? $/),
  rule('network', / (request|response|message|body|payload|batch)s? (body )?(size|bytes) /),
];

/** What is plainly wrong, or plainly well. */
const outcomes: readonly MetricRule[] = [
  rule(
    'restarts',
    / (restarts?|ooms?|oom ?kill(s|ed)?|crash(es|ed)?|crash ?loops?|reboots?) | (kubelet|pods?) .*(evictions?|evicted) /,
  ),
  rule('throttling', / throttl\w+ /),
  rule(
    'packets',
    / (retrans\w*|packet ?loss|packets? (lost|dropped|drops?)|(receive|transmit|rx|tx) (packets )?(drops?|dropped|errs|errors)) | (network|net|interface|nic) (in |out )?(dropped|drops?|errs|discards?|loss) | (system|node|host|container|pod|instance) network (\w+ )?errors /,
  ),
  rule('queue', / listen (drops?|overflows?) | thread ?pool .*queue /),
  rule('traffic', / success\w* (count|total|requests?( count| total)?) $/),
  rule(
    'traffic',
    / (requests?|calls?) (success\w*|succeeded)( count| total)? $| http code (target )?[23]xx /,
  ),
  rule(
    'availability',
    / (success|succeeded|successful) .*(rate|ratio|percent|percentage|pct|%) | (rate|ratio) success | error budget /,
  ),
  rule('availability', / (availability|success|uptime ratio|apdex) /),
  rule(
    'availability',
    / (unavailable|un ?healthy|not ready|unready|offline\w*|under ?replicated ?\w*|unassigned|isr ?shrinks\w*|ejections active|leader changes|read ?only) | circuit ?breakers? .*open | down $/,
    { badWhen: 'up', unless: / scaled? down / },
  ),
  rule(
    'availability',
    / (has leader|link up|network up|consumers|brokers|number of (data )?nodes|active servers) $/,
  ),
  rule('availability', / connected (slaves|replicas) $/),
  rule('cache', / (hit (rate|ratio|percent|percentage)|hitrate|hitratio) /, { badWhen: 'down' }),
  rule(
    'cache',
    / (evictions?|evicted|cache miss(es)?|(miss|misses) (rate|ratio)|keyspace misses|get misses) /,
  ),
  rule('cache', / (cache|keyspace|blks|get) hits? /, { badWhen: 'down' }),
  rule('cpu', / event ?loop .*(lag|delay|utili[sz]ation|latency) | event ?loop (lag|delay) /),
  rule('lag', / (lag|lagging|behind|staleness|age of oldest( message)?|iterator age) | oldest .*age /),
  rule(
    'locks',
    / (deadlocks?|locks? (waits?|waiting|time|timeouts?|count|contention|held)|blocked (sessions?|transactions?)|idle in transaction|max tx duration|mutex waits?) /,
  ),
  rule('memory', / (pg ?maj ?fault\w*|major (page )?faults?) /),
  rule('other', / (page|paging) faults? /),
  rule(
    'errors',
    / (errors?|err|errs|failures?|failed|fails?|faults?|exceptions?|panics?|rejected|rejections?|rejects|refused|timeouts?|timed out|aborted|aborts|5xx|4xx|http ?5\d\d|dead ?letter\w*|dlq|overflow|tripped|redelivered|rollbacks?|asserts|retry|retries|rate ?limited|limits? exceeded) /,
  ),
];

/** What is used up, the way it is used up, and what is left of it. */
const means: readonly MetricRule[] = [
  rule('other', / (transaction i ?ds?|txids?|xids?|wraparound) /, { signal: 'saturation', badWhen: 'up' }),
  rule('memory', / (gc )?heap size | memstats (alloc|heap|sys|stack)/, {
    unless: / (total|objects|frees) $/,
  }),
  rule('other', / memstats .*(total|objects|frees) $/),
  rule('gc', / (gc|garbage|time in gc) | collection count /),
  rule('disk-io', / (io ?wait|pressure io|procs blocked|buffer pool reads|temp (bytes|files)) /),
  rule('other', / slow (queries|requests|operations|apply) /, { signal: 'saturation', badWhen: 'up' }),
  rule('cpu', / cpu .*(balance|credits? balance|idle) | idle cpu /, { badWhen: 'down' }),
  rule('disk-io', / (burst|io|ebsio|byte|credit) balance /, { badWhen: 'down' }),
  rule(
    'disk-io',
    / (transaction logs?|wal|bin ?log|disk .*(latency|duration)|(read|write|fsync|io) latency) /,
    {
      unless: ofRequests,
    },
  ),
  rule('queue', / (db|database) load /),
  rule('queue', / (work)?queue (wait|duration|time|latency) /),
  rule(
    'disk-space',
    / (free|available|avail|remaining) .*(storage|disk|filesystem|space|inodes?) | (storage|disk|filesystem|fs|inodes?|volume) .*(free|available|avail|remaining) /,
    { badWhen: 'down' },
  ),
  rule(
    'memory',
    / (free|freeable|available|avail) .*(memory|mem|swap) | (memory|mem|swap|buffer pool) .*(free|available|avail) /,
    {
      badWhen: 'down',
    },
  ),
  rule(
    'disk-space',
    / (filesystem|volume|disk|storage|fs|pvc|tablespace|inodes) (?!io ).*(used|usage|utili[sz]ation|full) | (disk|storage|filesystem) percent | (database|db|index|tablespace|log|topic) (total )?size /,
  ),
  rule('cpu', / (cpu|vcpu|processor|load ?average|load ?avg|load ?1|load ?5|load ?15|run ?queue) /),
  rule('cpu', / (procs running|millicores|server load) /),
  rule('memory', / (memory|mem|rss|working set|resident|heap|swap|swap usage) /),
  rule(
    'connections',
    / (connections?|conns?) (pool )?(idle|free|available|remaining) | idle (connections?|conns?) /,
    {
      badWhen: 'down',
    },
  ),
  rule('connections', / (connections?|conns?|pool) .*(acquire|acquisition|wait|waiting|pending) /),
  rule('traffic', / (connections?|conns?) (accepted|received|opened|handled) | new (connections?|conns?) /),
];

/** Time and requests, and what holds them. */
const work: readonly MetricRule[] = [
  rule('traffic', / (seconds|milliseconds|ms|duration|latency) count $/),
  rule('other', / (seconds|milliseconds|ms) sum $/),
  rule(
    'latency',
    / (latency|latencies|duration|response time|rt|mrt|rtt|round trip time|elapsed|delay|ttfb|request time|rq time|connect (ms|time)|query time|execution time|lookup time|processing time|service time|handling (seconds|time)|runtime seconds|requests? (seconds|ms|millis)) /,
  ),
  rule(
    'connections',
    / (threads connected|connected clients|stat activity count|numbackends|curr estab|conntrack entries|cx active) /,
  ),
  rule('threads', / (handlers?|\w*handler|workers?|threads) ?\w* ?(avg )?idle | \w*handleravgidle /, {
    badWhen: 'down',
  }),
  rule('threads', / (thread ?pool|(busy|active) (threads|workers)) /),
  rule('queue', / (remaining tasks|queue remaining) /, { badWhen: 'down' }),
  rule('connections', / (connections?|conns?|connected|sockets?|sockstat|sessions?|pool|pools) /),
  rule('descriptors', / (fds?|filefd|file descriptors?|open files|handles) /),
  rule('threads', / (threads?|goroutines?|processes|pids?) /),
  rule(
    'traffic',
    / (msgs?|messages|records|events) (received|sent|published|delivered|acked|consumed|produced|processed) /,
  ),
  rule('traffic', / messages ?in /, { unless: / flight / }),
  rule(
    'queue',
    / (queues?|queued|\w*queuesize|backlog|pending|waiting|in flight|inflight|in progress|blocked|depth|undelivered|outstanding|active requests|current requests|concurrent (executions|requests)|messages (visible|not visible|ready|unacknowledged|unacked)|active messages) /,
  ),
  // Before the words of links and disks: requests are received, leave by an egress, and read a catalogue.
  rule('traffic', / (requests?|reqs?|rpcs?|calls?|invocations?) /),
  rule('traffic', / (msgs?|messages) (received|sent|published|delivered|acked) /),
  rule(
    'network',
    / (network|net|receive|received|transmit|transmitted|transmission|rx|tx|bandwidth|packets?|egress|ingress|inbound|outbound|bytes ?in|bytes ?out|bytes (sent|downloaded|uploaded)) /,
  ),
  rule(
    'disk-io',
    / (disk|diskio|io|iops|fs|blkio|storage|fsync|syscalls?|checkpoints?|blks|(reads?|writes?)( bytes| ops| time| throughput| count| total)*) $| (disk|diskio|io|iops|fs|blkio|storage|fsync|syscalls?|checkpoints?|blks|volume (reads?|writes?|iops)|(reads?|writes?) (bytes|ops|time|throughput|count)) /,
  ),
  rule(
    'traffic',
    / (responses?|rps|qps|tps|hps|ops|workload|load|throughput|transactions?|questions|queries|opcounters|hits|traffic|rate|visits|orders|commits?|processed|handled|started|units consumed|consumed .*units|upstream rq) |^ (count|cnt) $/,
  ),
  rule('traffic', / xact commit /),
  rule('availability', / up $/, { unless: / (scaled?|warm|ramp|start|set|clean|look|back|catch) up / }),
  rule('availability', / (healthy|ready|available|alive|live|online|health) /),
  rule('other', / (usage|used|utili[sz]ation|saturation|full|percent|percentage) /, {
    signal: 'saturation',
    badWhen: 'up',
  }),
  rule('other', / (remaining|left|free|headroom) /, { signal: 'saturation', badWhen: 'down' }),
  rule('latency', / p(50|75|9\d|99\d) /),
];

export const metricRules: readonly MetricRule[] = [...standing, ...outcomes, ...means, ...work];
