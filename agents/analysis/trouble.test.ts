import { describe, expect, it } from 'vitest';
import { stretchMiddles, troublePeak, usualShare } from './trouble.ts';

describe('troublePeak', () => {
  it('is the highest score that lasted', () => {
    expect(troublePeak([0, 0, 50, 0, 0, 0])).toBe(0);
    expect(troublePeak([0, 9, 8, 7, 0, 0])).toBe(8);
  });

  it('believes each of a few points', () => {
    expect(troublePeak([1, 50, 2])).toBe(50);
    expect(troublePeak([])).toBe(0);
  });
});

describe('usualShare', () => {
  it('is the part of quiet points that were as bad', () => {
    const quiet = Array.from({ length: 20 }, (_, index) => index);
    expect(usualShare(quiet, 18)).toBe(0.1);
    expect(usualShare(quiet, 100)).toBe(0);
    expect(usualShare([9, 9, 9], 5)).toBe(0);
  });
});

describe('stretchMiddles', () => {
  it('is the middle of each stretch that is as long as the trouble', () => {
    const quiet = Array.from({ length: 32 }, (_, index) => index);
    expect(stretchMiddles(quiet, 5)).toEqual([2, 7, 12, 17, 22, 27]);
  });

  it('is nothing of a few points', () => {
    expect(stretchMiddles([1, 2, 3, 4, 5, 6, 7], 5)).toBeUndefined();
    expect(
      stretchMiddles(
        Array.from({ length: 40 }, () => 1),
        3,
      ),
    ).toBeUndefined();
    expect(stretchMiddles([], 0)).toBeUndefined();
  });
});
