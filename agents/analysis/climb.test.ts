import { describe, expect, it } from 'vitest';
import { climbSince } from './climb.ts';
import type { Point } from './series-windows.ts';

/** An hour and five minutes, a point every fifteen seconds, with a little noise. */
function level(at: (seconds: number) => number, stepSeconds = 15, noise = 0.02): Point[] {
  return Array.from({ length: Math.floor(3900 / stepSeconds) }, (_, index): Point => {
    const seconds = index * stepSeconds;
    return [1_700_000_000 + seconds, at(seconds) * (1 + noise * Math.sin(index * 12.9898))];
  });
}

const flat = 500;

const isClimb = (points: readonly Point[]) => climbSince(points) !== undefined;

describe('climbSince', () => {
  it('is a rise that goes on', () => {
    expect(isClimb(level((seconds) => flat + seconds))).toBe(true);
  });

  it('is a rise that begins after a quiet time, up to a limit as well', () => {
    const later = (seconds: number) => flat + Math.max(0, seconds - 1800) * 1.5;
    expect(isClimb(level(later))).toBe(true);
    expect(isClimb(level((seconds) => Math.min(2400, later(seconds))))).toBe(true);
    expect(isClimb(level(later, 120))).toBe(true);
  });

  it('tells when it began', () => {
    const since = climbSince(level((seconds) => flat + Math.max(0, seconds - 1800) * 1.5)) ?? 0;
    expect(Math.abs(since - 1_700_001_800)).toBeLessThan(300);
  });

  it('is one that a restart ended', () => {
    const restarted = (seconds: number) => flat + (seconds < 3600 ? Math.max(0, seconds - 1200) : 0);
    expect(isClimb(level(restarted))).toBe(true);
    const twice = (seconds: number) => flat + (seconds % 1500) * 1.5;
    expect(isClimb(level(twice))).toBe(true);
  });

  it('is no jump, however it is reached', () => {
    expect(isClimb(level((seconds) => (seconds < 3000 ? flat : 2000)))).toBe(false);
    expect(isClimb(level((seconds) => flat + 1500 * Math.min(1, Math.max(0, (seconds - 3000) / 60))))).toBe(
      false,
    );
    expect(isClimb(level((seconds) => (seconds < 2000 ? flat : seconds < 3000 ? 520 : 2000)))).toBe(false);
  });

  it('is no noise, and nothing of a few points', () => {
    expect(isClimb(level(() => flat))).toBe(false);
    expect(isClimb(level(() => flat, 15, 0.3))).toBe(false);
    expect(isClimb([])).toBe(false);
    expect(isClimb(level((seconds) => flat + seconds).slice(0, 3))).toBe(false);
  });
});
