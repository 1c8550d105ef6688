import { describe, expect, it } from 'vitest';
import type { Reading } from '../analysis/signals.ts';
import { isBackInRange } from './back-in-range.ts';

function reading(
  info: Partial<Reading['info']>,
  values: Pick<Reading, 'before' | 'now' | 'worst'>,
  score = 12,
): Reading {
  return {
    info: { series: 's', name: 'm', emitter: {}, labels: {}, signal: 'latency', unit: 's', ...info },
    ...{
      measure: 'latency' as const,
      ofHost: false,
      bySiblings: false,
      climbs: false,
      peak: 0,
      growth: 0,
      typical: undefined,
    },
    ...{ service: 'x', measuredBy: undefined, since: undefined, quote: undefined, evidenceId: 'e' },
    ...{ score, moved: score >= 4 },
    ...values,
  };
}

describe('a signal after a step', () => {
  it('is back where it is no longer far from its quiet time', () => {
    expect(isBackInRange(reading({}, { before: 0.05, now: 0.06, worst: 2 }, 1))).toBe(true);
    expect(isBackInRange(reading({}, { before: 0.5, now: 0.05, worst: 2 }, -9))).toBe(true);
  });

  it('is back where nearly all of a slowness is gone, or what is left is not felt', () => {
    expect(isBackInRange(reading({}, { before: 0.05, now: 0.18, worst: 2.8 }))).toBe(true);
    expect(isBackInRange(reading({}, { before: 0.09, now: 0.36, worst: 3.7 }))).toBe(true);
    expect(isBackInRange(reading({ unit: 'ms' }, { before: 50, now: 180, worst: 2800 }))).toBe(true);
  });

  it('is not back where a part of a slowness is left, however great it was', () => {
    expect(isBackInRange(reading({}, { before: 0.05, now: 0.4, worst: 2 }))).toBe(false);
    expect(isBackInRange(reading({}, { before: 0.05, now: 0.4, worst: 0.4 }))).toBe(false);
    expect(isBackInRange(reading({}, { before: 0.05, now: 0.7, worst: 30 }))).toBe(false);
    expect(isBackInRange(reading({ unit: 'ms' }, { before: 50, now: 400, worst: 2000 }))).toBe(false);
  });

  it('is not back where failures are left, or nobody knows what it measures', () => {
    const errors = { signal: 'errors', unit: 'ratio' } as const;
    expect(isBackInRange(reading(errors, { before: 0, now: 0.03, worst: 0.6 }))).toBe(false);
    expect(isBackInRange(reading({ unit: 'ticks' }, { before: 1, now: 1.1, worst: 9 }))).toBe(false);
    expect(isBackInRange(reading({}, { before: undefined, now: 0.1, worst: 9 }))).toBe(false);
  });
});
