import type { CauseCode } from '#domain/causes/codes.ts';
import type { Measure } from '#domain/metric-words.ts';
import type { Finding } from './database-finding.ts';
import type { Reading } from './signals.ts';

/**
 * What the levels of a database's, cache's or queue's series mean, by the makers' own guides (monitoring guides of Amazon
 * RDS and ElastiCache, the manuals of PostgreSQL, Redis and Kafka).
 */

type Level = {
  readonly measure: Measure;
  readonly name: RegExp;
  readonly code: CauseCode;
  readonly weight: number;
  /** Whether the level says so, whatever it was before. */
  readonly is: (reading: Reading, now: number) => boolean;
  readonly why: string;
};

const manyWaiting = 10;
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
    measure: 'queue',
    name: /disk/i,
    code: 'resource.disk-io',
    weight: 0.45,
    is: (reading, now) => reading.moved && now >= manyWaiting && doubled(reading, now),
    why: 'requests queue up before its disk',
  },
  {
    measure: 'disk-io',
    name: /burst|balance/i,
    code: 'resource.disk-io',
    weight: 0.6,
    is: (reading, now) =>
      reading.info.badWhen === 'down' && now < 5 && (reading.before === undefined || reading.before > 20),
    why: 'what its disk may do above its rate is used up',
  },
  {
    measure: 'memory',
    name: /free|avail/i,
    code: 'database.memory-pressure',
    weight: 0.5,
    is: (reading, now) =>
      reading.info.badWhen === 'down' && reading.before !== undefined && now < reading.before * 0.2,
    why: 'next to no memory is free',
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

export function fromLevels(readings: readonly Reading[]): Finding[] {
  return levels.flatMap(({ measure, name, code, weight, is, why }) => {
    const reading = readings.find((one) => {
      const now = one.now ?? one.worst;
      return one.measure === measure && name.test(one.info.name) && now !== undefined && is(one, now);
    });
    return reading === undefined ? [] : [{ code, weight, reading, why }];
  });
}

/** Below this part a store is full for all purposes. */
const almostNone = 0.1;

/** Free space of a store: little is left of what is there, or it runs out. */
export function fromSpace(readings: readonly Reading[], allocatedBytes: number | undefined): Finding[] {
  const space = readings.find(({ measure, info }) => measure === 'disk-space' && info.badWhen === 'down');
  if (space?.now === undefined || space.before === undefined) return [];
  const left = allocatedBytes === undefined ? undefined : space.now / allocatedBytes;
  const low = left === undefined ? space.now < space.before * 0.1 : left < almostNone;
  return low
    ? [{ code: 'database.storage-full', weight: 0.7, reading: space, why: 'next to no storage is left' }]
    : [];
}
