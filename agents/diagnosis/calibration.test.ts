import fc from 'fast-check';
import { expect, it } from 'vitest';
import { healthyConfidenceCeiling } from '#domain/diagnosis.ts';
import { calibrated } from './calibration.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

it('keeps the order of answers', () => {
  fc.assert(
    fc.property(share, share, (a, b) => {
      const [less, more] = a <= b ? [a, b] : [b, a];
      expect(calibrated(less)).toBeLessThanOrEqual(calibrated(more) + 0.005);
    }),
  );
});

it('leaves alone what decides whether there is a fault', () => {
  for (const raw of [0, 0.1, healthyConfidenceCeiling, 0.39]) expect(calibrated(raw)).toBe(raw);
  expect(calibrated(0.4)).toBe(0.4);
});

it('is surer of what has turned out to be right mostly, and never certain', () => {
  expect(calibrated(0.68)).toBeGreaterThan(0.8);
  expect(calibrated(0.98)).toBeLessThan(1);
});
