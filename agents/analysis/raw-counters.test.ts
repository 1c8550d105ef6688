import { describe, expect, it } from 'vitest';
import { isRawCounter, ratesOf } from './raw-counters.ts';
import type { Point } from './series-windows.ts';

const every = (at: (index: number) => number, many = 60): Point[] =>
  Array.from({ length: many }, (_, index): Point => [1000 + index * 10, at(index)]);

describe('isRawCounter', () => {
  it.each([
    ['http_requests_total', every((index) => 5000 + index * 31), true],
    ['request_duration_seconds_count', every((index) => 90 + index * 3), true],
    // A restart in between.
    ['http_requests_total', every((index) => (index < 40 ? 5000 + index * 31 : (index - 40) * 31)), true],
    // Nothing failed until lately.
    ['errors_total', every((index) => Math.max(0, index - 50) * 4), true],
    // Rates and levels under names of counters.
    ['http_requests_total', every((index) => 31 + Math.sin(index)), false],
    ['http_requests_total', every(() => 31), false],
    ['connection_count', every((index) => (index < 50 ? 60 : 200)), false],
    ['errors_total', every((index) => (index < 50 ? 0 : 4)), false],
    ['memory_used_bytes', every((index) => 1e8 + index * 1e6), false],
    ['jobs_total', every((index) => index % 7), false],
  ] as const)('%s, %#', (name, points, raw) => {
    expect(isRawCounter(name, points)).toBe(raw);
  });
});

describe('ratesOf', () => {
  it('is growth per second, through a restart', () => {
    const points: Point[] = [
      [0, 100],
      [10, 150],
      [20, 20],
      [20, 20],
      [40, 60],
    ];
    expect(ratesOf(points)).toEqual([
      [10, 5],
      [20, 2],
      [40, 2],
    ]);
    expect(ratesOf([])).toEqual([]);
  });
});
