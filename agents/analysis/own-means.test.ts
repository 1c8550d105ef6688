import { describe, expect, it } from 'vitest';
import { guessedOf } from '../testing/guessed.ts';
import { backlogStrength, isUsedUp, ownStrengths } from './own-means.ts';
import { meaningOf } from './series-meaning.ts';
import type { Reading } from './signals.ts';

function reading(name: string, before: number, now: number, more: Partial<Reading> = {}): Reading {
  const info = { series: name, name, emitter: { service: 'x' }, labels: {}, ...guessedOf(name) };
  const { measure, unit, ofHost } = meaningOf(info);
  return {
    info: { ...info, ...(unit === undefined ? {} : { unit }) },
    ...{ measure, ofHost, before, now, typical: now, worst: now, growth: Math.abs(now / before - 1) },
    ...{ score: 10, peak: 10, moved: true, climbs: false, bySiblings: false },
    ...{ service: 'x', measuredBy: undefined, since: undefined, quote: undefined, evidenceId: 'e' },
    ...more,
  };
}

describe('isUsedUp', () => {
  it.each([
    ['disk_used_percent', 60, 99, true],
    ['disk_used_percent', 97, 99, false],
    ['disk_used_percent', 20, 80, false],
    ['FreeStorageSpace', 8e10, 1e9, true],
    ['FreeStorageSpace', 8e10, 2e10, false],
    ['memory_available_percent', 40, 1, true],
    ['pool_connections_used_ratio', 0.4, 1, true],
    // That all of a CPU is used is no lack by itself, nor are bytes of which nobody knows how many there are.
    ['cpu_usage_percent', 20, 99, false],
    ['memory_used_bytes', 1e9, 4e9, false],
    ['node_filesystem_used_percent', 20, 99, false],
  ] as const)('%s from %d to %d: %s', (name, before, now, usedUp) => {
    expect(isUsedUp(reading(name, before, now))).toBe(usedUp);
  });
});

describe('ownStrengths', () => {
  it('leaves out what more requests explain, but not what they do not make', () => {
    const surge = reading('requests_per_second', 100, 200);
    const own = (one: Reading) => Math.max(...ownStrengths([surge, one]));
    expect(own(reading('cpu_usage_percent', 20, 45))).toBeLessThan(1);
    expect(own(reading('cpu_usage_percent', 20, 95))).toBeGreaterThan(1);
    expect(own(reading('disk_free_bytes', 8e9, 6e9))).toBeGreaterThan(1);
    expect(own(reading('pod_restarts', 0, 3))).toBeGreaterThan(1);
  });

  it('grows slowly beyond what is far enough', () => {
    const of = (peak: number) => Math.max(...ownStrengths([reading('cpu_usage_percent', 20, 95, { peak })]));
    expect(of(4000)).toBeGreaterThan(of(400));
    expect(of(4e6)).toBeLessThan(10);
  });
});

describe('backlogStrength', () => {
  it('is of what waits, and no means of its own', () => {
    const lag = reading('consumer_lag', 100, 1e6, { peak: 1e5 });
    expect(ownStrengths([lag])).toEqual([]);
    expect(backlogStrength([lag])).toBe(4);
    expect(backlogStrength([reading('cpu_usage_percent', 20, 95)])).toBe(0);
  });
});
