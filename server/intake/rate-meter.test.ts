import { expect, test } from 'vitest';
import { createRateMeter } from './rate-meter.ts';

test('what came in during the last second counts, and nothing older', () => {
  let nowMs = 5_000;
  const meter = createRateMeter(() => nowMs);
  meter.add(3);
  nowMs += 500;
  meter.add(4);
  expect(meter.perSecond()).toBe(7);
  nowMs += 600;
  expect(meter.perSecond()).toBe(4);
  nowMs += 5_000;
  expect(meter.perSecond()).toBe(0);
});
