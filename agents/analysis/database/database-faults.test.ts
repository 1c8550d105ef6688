import { describe, expect, it } from 'vitest';
import type { SeriesWindow } from '#domain/tools/prometheus.ts';
import { maxConnectionsIn, meaningOfEvent } from './database-events.ts';
import { databaseFaults, maxConnectionsOf } from './database-faults.ts';
import type { DatabaseState } from './database-state.ts';
import { type GaugeName, gaugeNames, gaugeOf, readGauge } from './gauges.ts';
import { heaviestStatement, loadOf, shareOf, waitKind } from './insights.ts';
import { defaultMaxConnections, memoryOfClass } from './instance-classes.ts';

const gibibyte = 1024 ** 3;

function window(name: string, values: readonly number[], unit?: string): SeriesWindow {
  return {
    info: {
      series: name,
      name,
      emitter: { service: 'ledger' },
      labels: { db: 'ledger' },
      signal: 'saturation',
      ...(unit === undefined ? {} : { unit }),
    },
    points: values.map((value, index) => [1_700_000_000 + index * 60, value]),
  };
}

const seriesNames: Readonly<Record<GaugeName, string>> = {
  cpu: 'CPUUtilization',
  connections: 'DatabaseConnections',
  freeStorage: 'FreeStorageSpace',
  freeMemory: 'FreeableMemory',
  swap: 'SwapUsage',
  replicaLag: 'ReplicaLag',
  diskQueue: 'DiskQueueDepth',
  readLatency: 'ReadLatency',
  writeLatency: 'WriteLatency',
  commitLatency: 'CommitLatency',
  readRate: 'ReadIOPS',
  writeRate: 'WriteIOPS',
  logGrowth: 'TransactionLogsGeneration',
  logUsage: 'TransactionLogsDiskUsage',
  transactionAge: 'MaximumUsedTransactionIDs',
};

type Figures = Partial<Record<GaugeName, readonly number[]>>;

function state(figures: Figures, more: Partial<DatabaseState> = {}): DatabaseState {
  const gauges = gaugeNames.flatMap((name) => {
    const values = figures[name];
    const gauge = values === undefined ? undefined : readGauge(name, window(seriesNames[name], values), 'e1');
    return gauge === undefined ? [] : [[name, gauge] as const];
  });
  return {
    ref: { cluster: 'lab', kind: 'Database', name: 'ledger' },
    properties: { engine: 'postgres', instanceClass: 'db.r6g.large', allocatedStorage: 100 },
    events: [],
    gauges: new Map(gauges),
    load: undefined,
    ...more,
  };
}

function load(
  waits: Readonly<Record<string, number>>,
  statements: readonly [string, Readonly<Record<string, number>>][] = [],
) {
  const listed = (all: Readonly<Record<string, number>>) =>
    Object.entries(all).map(([name, db_load_avg]) => ({ name, db_load_avg }));
  const made = loadOf({
    top_wait_events: listed(waits),
    top_sql: statements.map(([statement, own]) => ({
      statement,
      db_load_avg: Object.values(own).reduce((sum, value) => sum + value, 0),
      wait_events: listed(own),
    })),
  });
  if (made === undefined) throw new Error('no load');
  return { ...made, evidenceId: 'e2' };
}

const first = (one: DatabaseState, told: readonly string[] = []) => databaseFaults(one, told)[0]?.code;
const event = (message: string) => ({ at: '2026-01-01T00:00:00Z', message, evidenceId: 'e3' });

describe('a database', () => {
  it('that is well has no fault', () => {
    const well = state({
      cpu: [20, 25, 22],
      connections: [120, 130, 125],
      freeStorage: [60 * gibibyte, 60 * gibibyte, 60 * gibibyte],
      freeMemory: [6 * gibibyte, 6 * gibibyte, 6 * gibibyte],
      replicaLag: [0, 1, 0],
    });
    expect(databaseFaults(well, [])).toEqual([]);
  });

  it.each<[string, DatabaseState]>([
    ['database.storage-full', state({ freeStorage: [5 * gibibyte, 3 * gibibyte, gibibyte / 4] })],
    ['database.replication-lag', state({ replicaLag: [2, 200, 640] })],
    [
      'database.memory-pressure',
      state({ freeMemory: [gibibyte, gibibyte / 4, gibibyte / 10], swap: [0, gibibyte, 2 * gibibyte] }),
    ],
    ['database.lock-contention', state({}, { load: load({ 'Lock:transactionid': 6, 'CPU:user': 2 }) })],
    [
      'database.checkpoint-pressure',
      state({}, { load: load({ 'IO:WALSync': 5, 'IO:DataFileRead': 2, 'CPU:user': 1 }) }),
    ],
    [
      'database.slow-query',
      state(
        { cpu: [60, 95, 96] },
        {
          load: load({ 'CPU:user': 8, 'IO:DataFileRead': 1 }, [['select * from entries', { 'CPU:user': 7 }]]),
        },
      ),
    ],
    ['resource.cpu-saturated', state({ cpu: [60, 95, 96] })],
    ['database.failover', state({}, { events: [event('Multi-AZ instance failover completed')] })],
  ])('shows %s', (code, one) => {
    expect(first(one)).toBe(code);
  });

  it('has no connections left by the number that somebody named, that is set, or that its class has', () => {
    const full = state({ connections: [900, 960, 990] }, { properties: {} });
    expect(first(full)).toBeUndefined();
    expect(first(full, ['990 connections, approaching the maximum of 1,000'])).toBe(
      'database.connections-exhausted',
    );
    expect(first({ ...full, properties: { max_connections: 1000 } })).toBe('database.connections-exhausted');
    expect(maxConnectionsOf(state({}), [])).toBe(defaultMaxConnections('postgres', 'db.r6g.large'));
  });

  it('whose one statement burns the CPU is short of connections because of it', () => {
    const busy = state(
      { cpu: [90, 95, 96], connections: [980, 990, 995] },
      {
        properties: { maxConnections: 1000 },
        load: load({ 'CPU:user': 9 }, [['select 1', { 'CPU:user': 8 }]]),
      },
    );
    expect(first(busy)).toBe('database.slow-query');
  });

  it('whose backends wait for their clients is held by them, however busy its CPU is', () => {
    const held = state(
      { cpu: [88, 90, 92], connections: [980, 990, 995] },
      {
        properties: { maxConnections: 1000 },
        load: load({ 'Client:ClientRead': 9, 'CPU:user': 2 }, [
          ['select 1', { 'Client:ClientRead': 6, 'CPU:user': 1 }],
        ]),
      },
    );
    expect(first(held)).toBe('database.connections-exhausted');
  });

  it('that two signs speak of is surer than one', () => {
    const alone = databaseFaults(state({ replicaLag: [2, 200, 640] }), [])[0]?.certainty ?? 1;
    const both = state({ replicaLag: [2, 200, 640] }, { events: [event('Replication has stopped')] });
    expect(databaseFaults(both, [])[0]?.certainty).toBeGreaterThan(alone);
  });

  it('is quoted literally: samples, wait events, statements', () => {
    const [fault] = databaseFaults(state({ replicaLag: [2, 200, 640] }), []);
    expect(fault?.evidence[0]?.quote).toBe('ReplicaLag{db="ledger"} 640 1700000120');
  });
});

describe('an event', () => {
  it.each([
    [
      'Free storage capacity for DB instance ledger is low at 3% of the provisioned storage',
      'database.storage-full',
    ],
    [
      'The database process was killed by the OS due to excessive memory consumption',
      'database.memory-pressure',
    ],
    ['Replication for the Read Replica has stopped', 'database.replication-lag'],
    ['DB instance restarted', 'database.down'],
    ['FATAL: password authentication failed for user "app"', 'database.authentication'],
  ])('%s means %s', (message, code) => {
    expect(meaningOfEvent(message)?.code).toBe(code);
  });

  it.each(['Finished DB Instance backup', 'Backing up DB instance', 'Applied tags to the instance'])(
    'of everyday keeping means nothing: %s',
    (message) => {
      expect(meaningOfEvent(message)).toBeUndefined();
    },
  );

  it('may name the most connections', () => {
    expect(maxConnectionsIn('498 of 500 connections are used')).toBe(500);
    expect(maxConnectionsIn('max_connections = 1200')).toBe(1200);
    expect(maxConnectionsIn('connections are fine')).toBeUndefined();
  });
});

describe('what monitoring calls things', () => {
  it('is understood for every gauge', () => {
    for (const name of gaugeNames) expect(gaugeOf({ name: seriesNames[name] }), name).toBe(name);
    expect(gaugeOf({ name: 'pg_num_backends' })).toBe('connections');
    expect(gaugeOf({ name: 'mysql_replica_seconds_behind_source' })).toBe('replicaLag');
    expect(gaugeOf({ name: 'http_requests_total' })).toBeUndefined();
  });

  it('of a wait tells what is waited for', () => {
    expect(waitKind('IO:WALWrite', 'IO')).toBe('log');
    expect(waitKind('IO:DataFileRead', 'IO')).toBe('read');
    expect(waitKind('CPU:user', 'CPU')).toBe('cpu');
    expect(waitKind('Client:ClientRead', 'Client')).toBe('client');
    expect(waitKind('synch/mutex/innodb/trx_sys_mutex', undefined)).toBe('lock');
  });

  it('of a class tells its memory', () => {
    expect(memoryOfClass('db.r6g.2xlarge')).toBe(64 * gibibyte);
    expect(memoryOfClass('db.m5.large')).toBe(8 * gibibyte);
    expect(memoryOfClass('db.t3.medium')).toBe(4 * gibibyte);
    expect(memoryOfClass('db.unheard.of')).toBeUndefined();
    expect(defaultMaxConnections('postgres', 'db.r6g.4xlarge')).toBe(5000);
  });
});

describe('load', () => {
  it('is shared among what is waited for', () => {
    const one = load({ 'CPU:user': 3, 'Lock:tuple': 1 });
    expect(shareOf(one, 'cpu')).toBe(0.75);
    expect(shareOf(one, 'log')).toBe(0);
  });

  it('is laid to the statement that works, not to the one that waits for its client', () => {
    const one = load({ 'CPU:user': 4, 'Client:ClientRead': 6 }, [
      ['idle', { 'Client:ClientRead': 6 }],
      ['busy', { 'CPU:user': 4 }],
    ]);
    expect(heaviestStatement(one)?.statement.text).toBe('busy');
    expect(heaviestStatement(one)?.share).toBeCloseTo(0.4);
  });

  it('of an insight without figures is not known', () => {
    expect(loadOf({ kind: 'other' })).toBeUndefined();
    expect(loadOf('text')).toBeUndefined();
  });
});
