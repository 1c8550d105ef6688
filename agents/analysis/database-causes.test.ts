import { describe, expect, it } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { guessedOf } from '../testing/guessed.ts';
import { type DatabaseFacts, databaseCauses } from './database-causes.ts';
import { readInsights, waitKinds, waitPart } from './database-insights.ts';
import { readAll } from './signals.ts';

const startUnix = 1_700_000_000;
const options = {
  startsAt: fromMs(startUnix * 1000),
  quietTo: fromMs((startUnix - 300) * 1000),
  to: fromMs((startUnix + 120) * 1000),
  nowSeconds: 30,
};

function readings(levels: Readonly<Record<string, readonly [number, number]>>) {
  const series = Object.entries(levels).map(([name, [before, now]]) => {
    const points = Array.from({ length: 31 }, (_, index): [number, number] => {
      const unix = startUnix - 1680 + index * 60;
      return [unix, unix < startUnix - 120 ? before : now];
    });
    const info = {
      series: name,
      name,
      emitter: { service: 'orders-db' },
      labels: {},
      ...guessedOf(name),
    };
    return { evidenceId: 'e', points, info };
  });
  return readAll(series, options);
}

const none: DatabaseFacts = {
  readings: [],
  told: [],
  insights: { statements: [], waits: [] },
  allocatedBytes: undefined,
};
const first = (facts: Partial<DatabaseFacts>) => databaseCauses({ ...none, ...facts })[0];
const said = (...texts: string[]) => ({ told: texts.map((text) => ({ text })) });

const statement = (text: string, load: number, waits: readonly (readonly [string, number])[]) => ({
  statement: text,
  db_load_avg: load,
  wait_events: waits.map(([name, own]) => ({ name, db_load_avg: own })),
});

describe('readInsights', () => {
  it('finds statements and waits whatever they are kept in', () => {
    const { statements, waits } = readInsights([
      { top_sql: [statement('SELECT 1', 1, [['CPU:user', 1]]), statement('SELECT 2', 3, [])] },
      {
        top_wait_events: [
          { name: 'IO:DataFileRead', db_load_avg: 2 },
          { event: 'transactionid', type: 'Lock', value: 6 },
        ],
      },
      'nonsense',
      null,
    ]);
    expect(statements.map(({ text }) => text)).toEqual(['SELECT 2', 'SELECT 1']);
    expect(waits).toEqual([
      { name: 'Lock:transactionid', load: 6 },
      { name: 'IO:DataFileRead', load: 2 },
    ]);
    expect(waitPart(waits, waitKinds.lock)).toBe(0.75);
  });

  it('counts waits of statements where none are told of the whole', () => {
    expect(readInsights([statement('SELECT 1', 1, [['CPU:user', 1]])]).waits).toEqual([
      { name: 'CPU:user', load: 1 },
    ]);
  });
});

describe('databaseCauses', () => {
  it('takes one statement that works all the time for the cause of a busy CPU', () => {
    const insights = readInsights([
      statement('SELECT * FROM t WHERE x = $1', 9, [['CPU:user', 8]]),
      statement('SELECT 2', 1, [['CPU:user', 1]]),
    ]);
    const cause = first({ insights, readings: readings({ CPUUtilization: [30, 97] }) });
    expect(cause).toMatchObject({ code: 'database.slow-query' });
    expect(cause?.certainty).toBeCloseTo(0.5 + 0.4 * 0.9, 5);
  });

  it('does not take a statement for slow whose clients keep it waiting, nor the database’s own upkeep', () => {
    const idle = readInsights([statement('SELECT 1', 9, [['Client:ClientRead', 8]])]);
    expect(first({ insights: idle })?.code).toBe('database.connections-exhausted');
    const upkeep = readInsights([statement('autovacuum: VACUUM public.t', 9, [['CPU:user', 8]])]);
    expect(first({ insights: upkeep })).toBeUndefined();
  });

  it.each([
    ['FATAL: remaining connection slots are reserved for superusers', 'database.connections-exhausted'],
    ['LOG: checkpoints are occurring too frequently (9 seconds apart)', 'database.checkpoint-pressure'],
    ['ERROR: deadlock detected', 'database.lock-contention'],
    ['could not extend file "base/1/2": No space left on device', 'database.storage-full'],
    ['Multi-AZ instance failover started.', 'database.failover'],
    ['Replication has fallen behind by 900 s', 'database.replication-lag'],
    ['FATAL: password authentication failed for user "app"', 'database.authentication'],
  ])('understands %s', (text, code) => {
    expect(first(said(text))?.code).toBe(code);
  });

  it('calls nothing low of which much is left', () => {
    expect(first(said('low storage space: 82.2 GB remaining of 200 GB'))).toBeUndefined();
    expect(first(said('low storage space: 4 GB remaining of 200 GB'))?.code).toBe('database.storage-full');
  });

  it('reads levels: lag, connections, evictions, log, free space', () => {
    const causeOf = (levels: Parameters<typeof readings>[0], allocatedBytes?: number) =>
      first({ readings: readings(levels), allocatedBytes })?.code;
    expect(causeOf({ ReplicaLag: [1, 300] })).toBe('database.replication-lag');
    expect(causeOf({ ReplicaLag: [1, 1.2] })).toBeUndefined();
    expect(causeOf({ DatabaseConnections: [100, 900] })).toBe('database.connections-exhausted');
    expect(causeOf({ redis_evicted_keys_per_second: [0, 500] })).toBe('cache.evictions');
    expect(causeOf({ TransactionLogsGeneration: [4e6, 2e8] })).toBe('database.checkpoint-pressure');
    expect(causeOf({ kafka_consumergroup_lag: [10, 90_000] })).toBe('queue.consumer-lag');
    expect(causeOf({ BurstBalance: [90, 0] })).toBe('resource.disk-io');
    expect(causeOf({ FreeableMemory: [8e9, 2e8] })).toBe('database.memory-pressure');
    expect(causeOf({ CPUCreditBalance: [200, 0] })).toBe('resource.cpu-throttled');
    expect(causeOf({ FreeStorageSpace: [8e9, 2e9] }, 100e9)).toBe('database.storage-full');
    expect(causeOf({ FreeStorageSpace: [80e9, 79e9] }, 100e9)).toBeUndefined();
  });

  it('adds up what speaks for one cause', () => {
    const connections = readings({ DatabaseConnections: [100, 900] });
    const alone = first(said('too many connections'));
    const both = first({ ...said('too many connections'), readings: connections });
    expect(both?.certainty ?? 0).toBeGreaterThan(alone?.certainty ?? 1);
  });
});
