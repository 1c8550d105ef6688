import { describe, expect, it } from 'vitest';
import { baselineOf, median, quantile, robustScore } from './robust-score.ts';

describe('quantile', () => {
  it('interpolates as R type 7 does', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect([quantile(values, 0.25), median(values), quantile(values, 0.75)]).toEqual([3.25, 5.5, 7.75]);
    expect(quantile([4], 0.9)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('baselineOf', () => {
  it('estimates the standard deviation of a normal sample from its quartiles', () => {
    // Quantiles of the standard normal at (i - 0.5) / 20.
    const normal = [-1.96, -1.44, -1.15, -0.93, -0.76, -0.6, -0.45, -0.32, -0.19, -0.06];
    const sample = [...normal, ...normal.map((value) => -value)];
    expect(Math.abs((baselineOf(sample, 'either')?.spread ?? 0) - 1)).toBeLessThan(0.06);
    expect(baselineOf(sample, 'either')?.median).toBeCloseTo(0, 6);
  });

  it('is not widened by earlier trouble of up to half of the time, where bad is one direction', () => {
    const quiet = Array.from({ length: 60 }, (_, index) => 10 + (index % 5));
    const polluted = [...quiet, ...Array.from({ length: 40 }, () => 500)];
    const [clean, dirty] = [baselineOf(quiet, 'up'), baselineOf(polluted, 'up')];
    expect(dirty?.median).toBeLessThanOrEqual(14);
    expect(dirty?.spread).toBeLessThan(3 * (clean?.spread ?? 0));
    expect(baselineOf(polluted, 'either')?.spread).toBeGreaterThan(100);
  });

  it('does not judge by too few points', () => {
    expect(baselineOf([1, 2, 3], 'up')).toBeUndefined();
  });
});

describe('robustScore', () => {
  const baseline = { median: 100, spread: 5, points: 50 };

  it('counts distance in the bad direction as positive', () => {
    expect(robustScore(120, baseline, 'up', 1)).toBe(4);
    expect(robustScore(120, baseline, 'down', 1)).toBe(-4);
    expect(robustScore(80, baseline, 'down', 1)).toBe(4);
    expect(robustScore(80, baseline, 'either', 1)).toBe(4);
  });

  it('believes no spread below the floor', () => {
    expect(robustScore(120, { ...baseline, spread: 0 }, 'up', 10)).toBe(2);
  });
});
