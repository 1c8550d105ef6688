import type { CauseCode } from '#domain/causes/codes.ts';
import { type Insights, waitKinds, waitPart } from './database-insights.ts';
import type { Measure } from './metric-words.ts';
import type { Reading } from './signals.ts';

/**
 * Causes at databases, caches and queues from what clouds and exporters measure of them, from what providers and servers
 * say, and from performance data. Thresholds are the ones that the makers' own guides give (Amazon RDS and ElastiCache
 * monitoring guides, PostgreSQL's manual on checkpoints and connections, Redis' on eviction, Kafka's on replication).
 */
export type Finding = {
  readonly code: CauseCode;
  /** How much it proves, 0..1; findings of one cause add up as chances that are not all wrong. */
  readonly weight: number;
  readonly reading?: Reading;
  /** What was said: literally. */
  readonly said?: string;
  readonly why: string;
};

export type Told = { readonly text: string };

type Saying = {
  readonly code: CauseCode;
  readonly weight: number;
  readonly words: RegExp;
  readonly unless?: RegExp;
};

const sayings: readonly Saying[] = [
  {
    code: 'database.connections-exhausted',
    weight: 0.75,
    words:
      /too many (clients|connections)|remaining connection slots|connections?,? approaching the max|max(imum)? (number of )?connections? (reached|exceeded)|new connections (may be|are being|were) refused|connection limit (reached|exceeded)|ORA-00020|ERROR 1040/i,
  },
  {
    code: 'database.checkpoint-pressure',
    weight: 0.7,
    words:
      /checkpoints? (are )?occurring too frequently|checkpoint starting: (wal|xlog)|checkpoint storm|checkpoint(er)? .*(saturat|pinned|behind)|log file sync .*checkpoint|checkpoint not complete/i,
  },
  {
    code: 'database.lock-contention',
    weight: 0.65,
    words:
      /deadlock (detected|found)|lock wait timeout exceeded|still waiting for \w*lock|blocked by (pid|session|process)|canceling statement due to lock timeout/i,
  },
  {
    code: 'database.storage-full',
    weight: 0.8,
    words:
      /no space left on device|storage[- ]full|has run out of (storage|space|disk)|disk (is )?full|could not extend file/i,
  },
  {
    code: 'database.failover',
    weight: 0.7,
    words:
      /failover (started|completed|in progress|triggered|has)|(started|completed) (cross.?az |multi-az )?.*failover|promoted to (primary|writer|master)|failing over/i,
  },
  {
    code: 'database.down',
    weight: 0.7,
    words:
      /(instance|database|server) (has been |was |is )?(stopped|shut ?down|crashed|unavailable|not available)|recovery of the .*instance has started|host (failure|is unhealthy)|database system is (shut down|shutting down|starting up)/i,
    unless: /completed|available again/i,
  },
  {
    code: 'database.replication-lag',
    weight: 0.65,
    words:
      /replica(tion)? (lag|is behind|has fallen behind|delay)|replication .*(broken|stopped|error)|seconds behind (master|source)/i,
    unless: /lag (is )?(normal|ok|recovered)|0 seconds/i,
  },
  {
    code: 'database.memory-pressure',
    weight: 0.6,
    words: /out of memory|oom|low memory|swapping|insufficient memory|memory pressure/i,
  },
  {
    code: 'database.authentication',
    weight: 0.7,
    words:
      /password authentication failed|access denied for user|no pg_hba\.conf entry|login failed for user/i,
  },
  {
    code: 'database.read-only',
    weight: 0.7,
    words: /read[- ]only (transaction|mode)|cannot execute .* in a read-only|--read-only option/i,
  },
  { code: 'cache.evictions', weight: 0.6, words: /evict(ed|ing|ions?)/i },
  { code: 'cache.memory-full', weight: 0.7, words: /OOM command not allowed|maxmemory/i },
  { code: 'queue.under-replicated', weight: 0.65, words: /under.?replicated|isr shrink/i },
  { code: 'queue.partition-offline', weight: 0.7, words: /offline partition|no leader for partition/i },
  { code: 'queue.consumer-lag', weight: 0.6, words: /consumer (lag|group .*behind)|backlog (is )?growing/i },
];

/** `82.2 GB remaining of 200 GB`: what is low is said with numbers; much that is left is not low. */
const leftOf =
  /([\d.]+)\s*([KMGT]i?B)\s*(?:remaining|free|left|available)\s*(?:of|out of|\/)\s*([\d.]+)\s*([KMGT]i?B)/i;
const sizes: Readonly<Record<string, number>> = { k: 1, m: 1e3, g: 1e6, t: 1e9 };
const fullBelow = 0.1;

function storageSaid(text: string): Finding | undefined {
  const match = leftOf.exec(text);
  if (match === null) return undefined;
  const size = (value?: string, unit?: string) =>
    Number(value) * (sizes[(unit ?? 'g').charAt(0).toLowerCase()] ?? 1);
  const left = size(match[1], match[2]) / size(match[3], match[4]);
  return left < fullBelow
    ? {
        code: 'database.storage-full',
        weight: 0.75,
        said: text,
        why: `${Math.round(left * 100)} % of its storage is left`,
      }
    : undefined;
}

/** What was said, each cause once: saying it ten times proves it little better. */
function fromWords(told: readonly Told[]): Finding[] {
  return sayings.flatMap(({ code, weight, words, unless }) => {
    const matching = told.filter(({ text }) => words.test(text) && unless?.test(text) !== true);
    const [first] = matching;
    if (first === undefined) return [];
    const more = Math.min(0.15, 0.05 * (matching.length - 1));
    return [
      {
        code,
        weight: Math.min(0.92, weight + more),
        said: first.text,
        why: `it is said ${matching.length === 1 ? 'once' : `${matching.length} times`}`,
      },
    ];
  });
}

const heavyStatement = 0.45;
const much = 0.4;

/** What the load is made of. */
function fromInsights({ statements, waits }: Insights): Finding[] {
  const [heaviest] = statements;
  const all = statements.reduce((sum, { load }) => sum + load, 0);
  const found: Finding[] = [];
  if (heaviest !== undefined && all > 0 && heaviest.load / all >= heavyStatement) {
    const working = waitPart(heaviest.waits, waitKinds.cpu) + waitPart(heaviest.waits, waitKinds.read);
    const upkeep = /^\s*(autovacuum|vacuum|analyze|postgres:|background)/i.test(heaviest.text);
    if (working >= 0.5 && !upkeep) {
      found.push({
        code: 'database.slow-query',
        weight: 0.5 + 0.4 * (heaviest.load / all),
        said: heaviest.text,
        why: `one statement is ${Math.round((100 * heaviest.load) / all)} % of the load, and works rather than waits`,
      });
    }
  }
  const part = (kind: keyof typeof waitKinds) => waitPart(waits, waitKinds[kind]);
  const [first] = waits;
  const said = first === undefined ? {} : { said: first.name };
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  if (part('lock') >= much)
    found.push({
      code: 'database.lock-contention',
      weight: 0.75,
      ...said,
      why: `${percent(part('lock'))} of the load waits for locks`,
    });
  if (part('log') >= much)
    found.push({
      code: 'database.checkpoint-pressure',
      weight: 0.5,
      ...said,
      why: `${percent(part('log'))} of the load waits for the log and its checkpoints`,
    });
  if (part('client') >= much)
    found.push({
      code: 'database.connections-exhausted',
      weight: 0.3,
      ...said,
      why: `${percent(part('client'))} of the sessions wait for their clients: they hold connections and do nothing`,
    });
  return found;
}

type Level = {
  readonly measure: Measure;
  readonly name: RegExp;
  readonly code: CauseCode;
  readonly weight: number;
  /** Whether the level says so, whatever it was before. */
  readonly is: (reading: Reading, now: number) => boolean;
  readonly why: string;
};

const doubled = ({ before }: Reading, now: number) => before !== undefined && now > 2 * before;
const share = ({ info }: Reading, now: number) => (info.unit === 'ratio' ? now : now / 100);

const levels: readonly Level[] = [
  {
    measure: 'lag',
    name: /replica|replication|slave|source/i,
    code: 'database.replication-lag',
    weight: 0.7,
    is: (reading, now) =>
      now >= (reading.info.unit === 'ms' ? 30_000 : 30) &&
      (reading.before === undefined || doubled(reading, now)),
    why: 'the replica is more than half a minute behind',
  },
  {
    measure: 'connections',
    name: /connection|client|session/i,
    code: 'database.connections-exhausted',
    weight: 0.45,
    is: (reading, now) =>
      reading.info.unit === '%' || reading.info.unit === 'ratio'
        ? share(reading, now) >= 0.9
        : reading.moved && doubled(reading, now),
    why: 'its connections are near their limit or have doubled',
  },
  {
    measure: 'locks',
    name: /./,
    code: 'database.lock-contention',
    weight: 0.6,
    is: (reading, now) => reading.moved && now > 0,
    why: 'more wait for locks than before',
  },
  {
    measure: 'cache',
    name: /evict/i,
    code: 'cache.evictions',
    weight: 0.65,
    is: (reading, now) => reading.moved && now > 0,
    why: 'keys are evicted',
  },
  {
    measure: 'availability',
    name: /under.?replicated/i,
    code: 'queue.under-replicated',
    weight: 0.65,
    is: (_reading, now) => now > 0,
    why: 'partitions have fewer copies than they should',
  },
  {
    measure: 'availability',
    name: /offline.?partition/i,
    code: 'queue.partition-offline',
    weight: 0.75,
    is: (_reading, now) => now > 0,
    why: 'partitions have no leader',
  },
  {
    measure: 'lag',
    name: /consumer|offset|oldest|queue|topic|group|message/i,
    code: 'queue.consumer-lag',
    weight: 0.65,
    is: (reading, now) => reading.moved && doubled(reading, now),
    why: 'consumers are farther behind than before',
  },
  {
    measure: 'disk-io',
    name: /wal|transaction ?logs?|checkpoint|redo/i,
    code: 'database.checkpoint-pressure',
    weight: 0.4,
    is: (reading, now) => reading.moved && doubled(reading, now),
    why: 'it writes far more log than before',
  },
  {
    measure: 'cpu',
    name: /credit|burst/i,
    code: 'resource.cpu-throttled',
    weight: 0.6,
    is: (reading, now) =>
      reading.info.badWhen === 'down' && now < 5 && (reading.before === undefined || reading.before > 20),
    why: 'its CPU credits are used up',
  },
  {
    measure: 'cpu',
    name: /util|usage|percent|cpu/i,
    code: 'resource.cpu-saturated',
    weight: 0.42,
    is: (reading, now) =>
      reading.info.badWhen !== 'down' &&
      /%|ratio|percent/i.test(reading.info.unit ?? '%') &&
      share({ ...reading, info: { ...reading.info, unit: reading.info.unit ?? '%' } }, now) >= 0.85,
    why: 'its CPU is busy nearly all the time',
  },
];

function fromLevels(readings: readonly Reading[]): Finding[] {
  return levels.flatMap(({ measure, name, code, weight, is, why }) => {
    const reading = readings.find((one) => {
      const now = one.now ?? one.worst;
      return one.measure === measure && name.test(one.info.name) && now !== undefined && is(one, now);
    });
    return reading === undefined ? [] : [{ code, weight, reading, why }];
  });
}

/** Free space of a store: little is left of what is there, or it runs out. */
function fromSpace(readings: readonly Reading[], allocatedBytes: number | undefined): Finding[] {
  const space = readings.find(({ measure, info }) => measure === 'disk-space' && info.badWhen === 'down');
  if (space?.now === undefined || space.before === undefined) return [];
  const left = allocatedBytes === undefined ? undefined : space.now / allocatedBytes;
  const low = left === undefined ? space.now < space.before * 0.1 : left < fullBelow;
  return low
    ? [{ code: 'database.storage-full', weight: 0.7, reading: space, why: 'next to no storage is left' }]
    : [];
}

export type DatabaseFacts = {
  readonly readings: readonly Reading[];
  readonly told: readonly Told[];
  readonly insights: Insights;
  readonly allocatedBytes: number | undefined;
};

export type DatabaseCause = {
  readonly code: CauseCode;
  readonly certainty: number;
  readonly findings: readonly Finding[];
};

/** The causes that the facts speak for, the surest first. */
export function databaseCauses({ readings, told, insights, allocatedBytes }: DatabaseFacts): DatabaseCause[] {
  const space = told.flatMap(({ text }) => storageSaid(text) ?? []).slice(0, 1);
  const findings = [
    ...fromWords(told),
    ...space,
    ...fromInsights(insights),
    ...fromLevels(readings),
    ...fromSpace(readings, allocatedBytes),
  ];
  return [...Map.groupBy(findings, ({ code }) => code)]
    .map(([code, own]) => ({
      code,
      certainty: Math.min(0.93, 1 - own.reduce((left, { weight }) => left * (1 - weight), 1)),
      findings: own.toSorted((a, b) => b.weight - a.weight),
    }))
    .toSorted((a, b) => b.certainty - a.certainty);
}
