import { expect, test } from 'vitest';
import { percentile } from './figures.ts';

test('a percentile is the least value that this share of all values does not exceed', () => {
  const twenty = Array.from({ length: 20 }, (_, index) => index + 1);
  expect(percentile(twenty, 0.5)).toBe(10);
  expect(percentile(twenty, 0.95)).toBe(19);
  expect(percentile(twenty, 0.96)).toBe(20);
  expect(percentile([7], 0.05)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});
