import type { CauseCode } from '#domain/causes/codes.ts';
import type { Finding, Told } from './database-finding.ts';

/** What providers and servers say of databases, caches and queues, in the words that they have. */

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
    words: /out of memory|\boom\b|low memory|swapping|insufficient memory|memory pressure/i,
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
export function fromWords(told: readonly Told[]): Finding[] {
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

/** What was said of storage with numbers. */
export function fromStorageWords(told: readonly Told[]): Finding[] {
  return told.flatMap(({ text }) => storageSaid(text) ?? []).slice(0, 1);
}
