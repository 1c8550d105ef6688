import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import type { Instant } from '#domain/time.ts';
import { formatSample } from '../quotes.ts';
import { maxConnectionsIn, meaningOfEvent } from './database-events.ts';
import type { DatabaseState } from './database-state.ts';
import type { Gauge } from './gauges.ts';
import { heaviestStatement, shareOf, type WaitKind } from './insights.ts';
import { defaultMaxConnections, memoryOfClass } from './instance-classes.ts';

/** Something that is wrong with a database, as far as its figures and events show it. */
export type DatabaseFault = {
  readonly code: CauseCode;
  readonly certainty: number;
  readonly reason: string;
  readonly evidence: readonly Quote[];
  readonly since: Instant | undefined;
};

const gibibyte = 1024 ** 3;

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function property(state: DatabaseState, ...names: readonly string[]): string {
  const wanted = names.map((name) => name.toLowerCase().replaceAll('_', ''));
  const found = Object.entries(state.properties).find(([name]) =>
    wanted.includes(name.toLowerCase().replaceAll('_', '')),
  );
  return text(found?.[1]);
}

function quoteGauge({ info, highest, lowest, evidenceId }: Gauge, end: 'highest' | 'lowest'): Quote {
  const point = end === 'highest' ? highest : lowest;
  return {
    source: 'prometheus',
    ref: info.name,
    quote: formatSample(info.name, info.labels, [point[0], point[1]]),
    weight: 0.6,
    evidenceId,
  };
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** How many connections it allows: as somebody said, as it is set, or as its class has it by default. */
export function maxConnectionsOf(state: DatabaseState, told: readonly string[]): number | undefined {
  const texts = [...state.events.map(({ message }) => message), ...told];
  const named = texts.map(maxConnectionsIn).find((most) => most !== undefined);
  const set = Number(property(state, 'maxConnections', 'max_connections'));
  if (named !== undefined) return named;
  if (set > 0) return set;
  return defaultMaxConnections(
    property(state, 'engine'),
    property(state, 'instanceClass', 'dbInstanceClass'),
  );
}

/** Shares of the load from which on it counts as what the database does. */
const waitingShare = 0.3;
const busyCpu = 85;
const fullConnections = 0.9;

function waitQuote(state: DatabaseState, kind: WaitKind): Quote[] {
  const wait = state.load?.waits.find((one) => one.kind === kind);
  return wait === undefined || state.load === undefined
    ? []
    : [
        {
          source: 'cloud',
          ref: `load of ${state.ref.name} by wait event`,
          quote: wait.name,
          weight: 0.6,
          evidenceId: state.load.evidenceId,
        },
      ];
}

function percentOf(share: number): string {
  return `${Math.round(share * 100)} %`;
}

type Rule = (state: DatabaseState, told: readonly string[]) => DatabaseFault | undefined;

const connections: Rule = (state, told) => {
  const gauge = state.gauges.get('connections');
  const most = maxConnectionsOf(state, told);
  if (gauge === undefined || most === undefined || gauge.last < most * fullConnections) return undefined;
  const waits = state.load === undefined ? 0 : shareOf(state.load, 'client');
  // Backends that wait for their clients hold connections without using them.
  const idle = waits >= 0.5;
  return {
    code: 'database.connections-exhausted',
    certainty: idle ? 0.9 : 0.82,
    reason: `${round(gauge.last)} of ${most} connections are taken${idle ? `; ${percentOf(waits)} of the load waits for clients` : ''}.`,
    evidence: [quoteGauge(gauge, 'highest'), ...(idle ? waitQuote(state, 'client') : [])],
    since: undefined,
  };
};

const slowQuery: Rule = (state) => {
  const cpu = state.gauges.get('cpu');
  const heaviest = state.load === undefined ? undefined : heaviestStatement(state.load);
  if (cpu === undefined || cpu.last < busyCpu) return undefined;
  if (heaviest === undefined || heaviest.share < 0.4 || state.load === undefined) {
    return {
      code: 'resource.cpu-saturated',
      certainty: 0.6,
      reason: `Its CPU is busy to ${round(cpu.last)} %, and no statement stands out.`,
      evidence: [quoteGauge(cpu, 'highest')],
      since: undefined,
    };
  }
  const { statement, share } = heaviest;
  return {
    code: 'database.slow-query',
    certainty: 0.86,
    reason: `Its CPU is busy to ${round(cpu.last)} %; ${percentOf(share)} of the load is one statement.`,
    evidence: [
      {
        source: 'cloud',
        ref: `statements of ${state.ref.name} by load`,
        quote: statement.text.slice(0, 200),
        weight: 0.7,
        evidenceId: state.load.evidenceId,
      },
      quoteGauge(cpu, 'highest'),
    ],
    since: undefined,
  };
};

/** Waits that name their cause. */
function waiting(kind: WaitKind, code: CauseCode, certainty: number, what: string): Rule {
  return (state) => {
    const share = state.load === undefined ? 0 : shareOf(state.load, kind);
    if (share < waitingShare) return undefined;
    return {
      code,
      certainty,
      reason: `${percentOf(share)} of its load waits for ${what}.`,
      evidence: waitQuote(state, kind),
      since: undefined,
    };
  };
}

const storage: Rule = (state) => {
  const free = state.gauges.get('freeStorage');
  if (free === undefined) return undefined;
  const allocated =
    Number(property(state, 'allocatedStorage', 'allocatedStorageGiB', 'storageGb')) * gibibyte;
  const share = allocated > 0 ? free.last / allocated : undefined;
  const falling = free.last < free.first * 0.98;
  const gone = free.last < gibibyte || (share !== undefined && share < 0.03);
  if (!gone && !(falling && share !== undefined && share < 0.1)) return undefined;
  return {
    code: 'database.storage-full',
    certainty: gone ? 0.9 : 0.7,
    reason: `${round(free.last / gibibyte)} GiB of its storage are left${share === undefined ? '' : ` (${percentOf(share)})`}.`,
    evidence: [quoteGauge(free, 'lowest')],
    since: undefined,
  };
};

const lagging: Rule = (state) => {
  const lag = state.gauges.get('replicaLag');
  const seconds = lag?.info.unit === 'ms' ? (lag.last ?? 0) / 1000 : (lag?.last ?? 0);
  if (lag === undefined || seconds < 60) return undefined;
  return {
    code: 'database.replication-lag',
    certainty: 0.84,
    reason: `Its replica is ${round(seconds)} s behind.`,
    evidence: [quoteGauge(lag, 'highest')],
    since: undefined,
  };
};

const memory: Rule = (state) => {
  const free = state.gauges.get('freeMemory');
  const swap = state.gauges.get('swap');
  if (free === undefined) return undefined;
  const whole = memoryOfClass(property(state, 'instanceClass', 'dbInstanceClass'));
  const scarce = free.last < (whole === undefined ? gibibyte / 8 : whole * 0.03);
  const swapping = swap !== undefined && swap.last > gibibyte / 2 && swap.last > swap.first * 1.2;
  if (!scarce && !(swapping && free.last < free.first * 0.7)) return undefined;
  return {
    code: 'database.memory-pressure',
    certainty: swapping ? 0.84 : 0.7,
    reason: `${round(free.last / 1024 ** 2)} MiB of its memory are free${swapping ? ', and it swaps' : ''}.`,
    evidence: [quoteGauge(free, 'lowest'), ...(swapping ? [quoteGauge(swap, 'highest')] : [])],
    since: undefined,
  };
};

/** Writes that wait where the log is written: the figures alone, where no insight names the wait. */
const writing: Rule = (state) => {
  const commit = state.gauges.get('commitLatency') ?? state.gauges.get('writeLatency');
  const log = state.gauges.get('logGrowth');
  if (state.load !== undefined || commit === undefined || log === undefined) return undefined;
  const grown = commit.last > commit.first * 3 && log.last > log.first * 3;
  if (!grown) return undefined;
  return {
    code: 'database.checkpoint-pressure',
    certainty: 0.6,
    reason: `Commits take ${round(commit.last / commit.first)} times as long, and ${round(log.last / log.first)} times as much log is written.`,
    evidence: [quoteGauge(commit, 'highest'), quoteGauge(log, 'highest')],
    since: undefined,
  };
};

const rules: readonly Rule[] = [
  storage,
  connections,
  waiting('lock', 'database.lock-contention', 0.86, 'locks'),
  waiting('log', 'database.checkpoint-pressure', 0.84, 'its log and checkpoints to be written'),
  slowQuery,
  lagging,
  memory,
  writing,
];

function faultsOfEvents(state: DatabaseState): DatabaseFault[] {
  return state.events.flatMap(({ at, message, evidenceId }) => {
    const meaning = meaningOfEvent(message);
    if (meaning === undefined) return [];
    return [
      {
        ...meaning,
        reason: `The provider said at ${at}: ${message}`,
        evidence: [
          {
            source: 'cloud',
            ref: `event of ${state.ref.name}`,
            quote: message.slice(0, 300),
            weight: 0.8,
            evidenceId,
          },
        ],
        since: at,
      },
    ];
  });
}

/** Several signs of one thing are surer than one. */
function joined(faults: readonly DatabaseFault[]): DatabaseFault[] {
  return [...Map.groupBy(faults, ({ code }) => code).values()].flatMap((same) => {
    const [first, second] = same.toSorted((a, b) => b.certainty - a.certainty);
    if (first === undefined) return [];
    const starts = same.flatMap(({ since }) => since ?? []).toSorted();
    return [
      {
        ...first,
        certainty:
          second === undefined ? first.certainty : 1 - (1 - first.certainty) * (1 - second.certainty / 2),
        reason: [...new Set(same.map(({ reason }) => reason))].slice(0, 3).join(' '),
        evidence: same.flatMap(({ evidence }) => evidence),
        since: starts[0],
      },
    ];
  });
}

/** What a fault brings about: told as the lesser where the greater is there. */
const consequences: readonly (readonly [root: CauseCode, symptom: CauseCode])[] = [
  ['database.storage-full', 'database.down'],
  ['database.storage-full', 'database.read-only'],
  ['database.storage-full', 'database.checkpoint-pressure'],
  ['database.failover', 'database.down'],
  ['database.failover', 'database.connections-exhausted'],
  ['database.failover', 'database.replication-lag'],
  ['database.memory-pressure', 'database.failover'],
  ['database.memory-pressure', 'database.down'],
  ['database.lock-contention', 'database.connections-exhausted'],
  ['database.lock-contention', 'database.slow-query'],
  ['database.slow-query', 'database.connections-exhausted'],
  ['database.slow-query', 'database.replication-lag'],
  ['database.checkpoint-pressure', 'database.replication-lag'],
  ['database.connections-exhausted', 'resource.cpu-saturated'],
  ['database.slow-query', 'resource.cpu-saturated'],
];
const consequenceFactor = 0.7;

/**
 * What is wrong with a database, the surest first.
 * @param told what alerts say of it, which may name its limits
 */
export function databaseFaults(state: DatabaseState, told: readonly string[]): DatabaseFault[] {
  const found = joined([...faultsOfEvents(state), ...rules.flatMap((rule) => rule(state, told) ?? [])]);
  const codes = new Set(found.map(({ code }) => code));
  return found
    .map((fault) => {
      const explained = consequences.some(([root, symptom]) => symptom === fault.code && codes.has(root));
      return explained ? { ...fault, certainty: fault.certainty * consequenceFactor } : fault;
    })
    .toSorted((a, b) => b.certainty - a.certainty);
}
