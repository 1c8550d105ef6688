import { expect, test } from 'vitest';
import { minePatterns } from './mine-patterns.ts';

const emitter = { namespace: 'shop', workload: 'cart', pod: 'cart-1', container: 'main' };
const line = (minute: number, pod = 'cart-1') => ({
  at: new Date(minute * 60_000).toISOString(),
  emitter: { ...emitter, pod },
  message: 'level=error msg="too many open files"',
  previous: false,
});
const windows = {
  fromMs: 50 * 60_000,
  toMs: 60 * 60_000,
  baseline: { fromMs: 35 * 60_000, toMs: 45 * 60_000 },
};

function baselineCount(minutes: readonly number[], isCut: boolean, more: ReturnType<typeof line>[] = []) {
  const lines = [...minutes.map((minute) => line(minute)), ...more];
  return minePatterns(lines, windows, 'any', isCut)[0]?.baselineCount;
}

test('what was said in the quiet window is counted, and nothing where the log is silent', () => {
  expect(baselineCount([40, 55], false)).toBe(1);
  expect(baselineCount([55], false)).toBe(0);
});

test('a log that was cut is silent about the quiet window unless it reaches back to its start', () => {
  expect(baselineCount([55], true)).toBeUndefined();
  expect(baselineCount([40, 55], true)).toBeUndefined();
  expect(baselineCount([30, 40, 55], true)).toBe(1);
  expect(baselineCount([30, 40, 55], true, [line(52, 'cart-2')])).toBeUndefined();
});
