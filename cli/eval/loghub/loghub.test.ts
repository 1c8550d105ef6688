import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventIdsOf } from './event-ids.ts';
import { groupingAccuracy } from './grouping-accuracy.ts';
import { isLogSuite, scoreLog, scoreLogSuite } from './run-loghub.ts';
import { drawnParts, logParts, partOf } from './split.ts';

describe('grouping accuracy', () => {
  test.each([
    ['all right, whatever the groups are called', [7, 7, 3], ['a', 'a', 'b'], 1],
    ['a group in two parts is wrong, all of it', [0, 1, 2], ['a', 'a', 'b'], 1 / 3],
    ['two groups in one are wrong, both', [0, 0, 0, 1], ['a', 'a', 'b', 'c'], 1 / 4],
    [
      'one line astray spoils the group that it should and the one that it should not be in',
      [0, 0, 1, 1],
      ['a', 'a', 'a', 'b'],
      0,
    ],
    ['a group of the right size that holds other lines is wrong', [0, 1, 0], ['a', 'a', 'b'], 0],
    ['no lines', [], [], 1],
  ])('%s', (_, found, truth, expected) => expect(groupingAccuracy(found, truth)).toBe(expected));

  test('lines without a true group are a mistake', () => {
    expect(() => groupingAccuracy([1], [])).toThrow('1 lines were grouped, 0 have');
  });
});

describe('the column EventId', () => {
  test('is read past commas and quotes', () => {
    const csv = 'LineId,Content,EventId,EventTemplate\r\n1,"a, ""b"" c",E1,<*>\r\n2,,E2,"x,y"\r\n';
    expect(eventIdsOf(csv)).toEqual(['E1', 'E2']);
  });

  test('must be there', () => {
    expect(() => eventIdsOf('LineId,Content\n1,x')).toThrow('no column EventId');
    expect(() => eventIdsOf('LineId,EventId\n1')).toThrow('line 2 has no EventId');
  });
});

test('the parts are those that were drawn, and hold each log once', () => {
  const names = [...logParts.tune, ...logParts.held];
  expect(new Set(names).size).toBe(names.length);
  expect(drawnParts(names)).toEqual(logParts);
  expect(drawnParts(names.toReversed())).toEqual(logParts);
  expect(partOf('SomethingElse')).toBeUndefined();
});

const lines = Array.from({ length: 60 }, (_, i) =>
  i % 2 === 0
    ? `2026-08-01 10:00:${10 + (i % 50)} INFO [w-${i}] shop.Cart: cart ${i} saved in ${i} ms`
    : `2026-08-01 10:00:${10 + (i % 50)} WARN [w-${i}] shop.Stock: no stock for item ${i}`,
);
const ids = lines.map((_, i) => `E${i % 2}`);

test('whole lines are grouped, their frame included', () => {
  expect(scoreLog('own', lines, ids)).toEqual({
    log: 'own',
    part: undefined,
    lines: 60,
    found: 2,
    events: 2,
    accuracy: 1,
  });
});

describe('a folder of logs', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'loghub-'));
    for (const log of ['HDFS', 'HPC', 'Other']) {
      await mkdir(join(folder, log));
      await writeFile(join(folder, log, 'raw.log'), lines.join('\r\n'));
      // In one of them all lines are said to be one event, which they are not.
      const truth = log === 'HPC' ? lines.map(() => 'E0') : ids;
      await writeFile(join(folder, log, 'structured.csv'), `EventId\n${truth.join('\n')}\n`);
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is scored log by log and part by part', async () => {
    const { logs, means } = await scoreLogSuite(folder);
    expect(logs.map(({ log, accuracy }) => [log, accuracy])).toEqual([
      ['HDFS', 1],
      ['HPC', 0],
      ['Other', 1],
    ]);
    expect(means).toEqual({ tune: 1, held: 0 });
    expect((await scoreLogSuite(folder, 'tune')).logs.map(({ log }) => log)).toEqual(['HDFS']);
    expect(await isLogSuite(folder)).toBe(true);
    expect(await isLogSuite(join(folder, 'HPC'))).toBe(false);
    expect(await isLogSuite(join(folder, 'nowhere'))).toBe(false);
  });

  test('must have as many true groups as lines', async () => {
    await writeFile(join(folder, 'HPC', 'structured.csv'), 'EventId\nE1\n');
    await expect(scoreLogSuite(folder)).rejects.toThrow('60 lines, structured.csv 1');
  });
});
