import { describe, expect, it } from 'vitest';
import { onsetIndex } from './change-point.ts';

const quiet = (length: number) => Array.from({ length }, (_, index) => (index % 2 === 0 ? 0.6 : -0.6));

describe('onsetIndex', () => {
  it('names the first point of a shift', () => {
    expect(onsetIndex([...quiet(40), ...Array.from({ length: 10 }, () => 5)])).toBe(40);
  });

  it('names the first point of a slow rise that adds up', () => {
    const rise = Array.from({ length: 20 }, (_, index) => index * 0.5);
    const onset = onsetIndex([...quiet(20), ...rise]) ?? -1;
    expect(onset).toBeGreaterThanOrEqual(24);
    expect(onset).toBeLessThanOrEqual(26);
  });

  it('takes one wild point for no change', () => {
    expect(onsetIndex([...quiet(20), 400, ...quiet(20)])).toBeUndefined();
  });

  it('forgets trouble that has passed and names the present one', () => {
    const trouble = Array.from({ length: 20 }, () => 8);
    expect(onsetIndex([...quiet(10), ...trouble, ...quiet(4)])).toBeUndefined();
    expect(onsetIndex([...quiet(10), ...trouble, ...quiet(4), ...trouble])).toBe(34);
    expect(onsetIndex([...quiet(10), ...trouble, 0, 0, ...trouble])).toBe(10);
  });

  it('computes the sum as Page does', () => {
    // 0, 1, 2, 3 with allowance 1 and threshold 2: S = 0, 0, 1, 3; zero for the last time before index 2.
    expect(onsetIndex([0, 1, 2, 3], { allowance: 1, threshold: 2 })).toBe(2);
    expect(onsetIndex([0, 1, 2, 1.9], { allowance: 1, threshold: 2 })).toBeUndefined();
  });
});
