import { expect, test } from 'vitest';
import { durationSeconds } from './scrape-intervals.ts';
import { rangeOf } from './window.ts';

test('the same moment is asked for whatever the window begins with', () => {
  const range = { start: 1005, end: 1035, stepSeconds: 5 };
  expect(rangeOf({ fromSeconds: 1001, toSeconds: 1039, stepSeconds: 5 }, 100)).toEqual(range);
  expect(rangeOf({ fromSeconds: 1004.2, toSeconds: 1036, stepSeconds: 5 }, 100)).toEqual(range);
});

test('the step grows until the points are few enough', () => {
  const range = rangeOf({ fromSeconds: 0, toSeconds: 86_400, stepSeconds: 1 }, 2000);
  expect(range.stepSeconds).toBe(44);
  expect((range.end - range.start) / range.stepSeconds).toBeLessThanOrEqual(2000);
});

test('a window that is shorter than its step is one moment', () => {
  expect(rangeOf({ fromSeconds: 1001, toSeconds: 1003, stepSeconds: 5 }, 100)).toEqual({
    start: 1000,
    end: 1000,
    stepSeconds: 5,
  });
});

test.each([
  ['15s', 15],
  ['1m30s', 90],
  ['500ms', 0.5],
  ['2h', 7200],
])('%s are %d seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBeCloseTo(seconds);
});

test('what is no duration is not taken for one', () => {
  expect(durationSeconds('')).toBeUndefined();
  expect(durationSeconds('5 s')).toBeUndefined();
});
