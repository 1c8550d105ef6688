import { expect, test } from 'vitest';
import { workerCount } from './worker-count.ts';

const gib = 1024 ** 3;

test.each([
  ['a small machine with much memory: one more than cores', 2, 24, 3],
  ['a laptop', 2, 7.7, 3],
  ['little memory', 8, 6, 2],
  ['hardly any memory', 2, 1, 1],
  ['a big machine', 64, 256, 4],
])('%s', (_, cores, memoryGib, count) => {
  expect(workerCount({ cores, memoryBytes: memoryGib * gib })).toBe(count);
});
