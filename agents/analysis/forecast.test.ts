import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastOf } from './forecast.ts';
import { trendOf } from './trend.ts';

const hour = 3600;
const day = 24 * hour;
const end = 1_700_000_000;
const options = { limit: 1, asOfSeconds: end, historySeconds: 0 };

/** Noise of the standard normal kind that is the same in each run: Box and Muller over a congruential generator. */
function noiseOf(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 4_294_967_297;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A level over the days before the end, as a function of the seconds since the first point. */
function series(days: number, stepSeconds: number, level: (seconds: number) => number): [number, number][] {
  const steps = Math.floor((days * day) / stepSeconds);
  return Array.from({ length: steps + 1 }, (_, index) => {
    const seconds = index * stepSeconds;
    return [end - days * day + seconds, level(seconds)];
  });
}

/** Statistics hold nearly always; the same tries in each run tell the same. */
const pinned = { numRuns: 60, seed: 20 };

describe('trendOf', () => {
  it('agrees with the worked example of Sen: the median of all slopes, and outliers count for nothing', () => {
    const points = [1, 2, 3, 4, 10, 12, 18].map((at, index): [number, number] => [
      at,
      [9, 15, 19, 20, 45, 55, 78][index] ?? 0,
    ]);
    // Example of Hollander and Wolfe over Sen's data (1968): b = 4.
    expect(trendOf(points)?.slope).toBe(4);
    expect(trendOf(points.map(([at, value]) => [at, at === 3 ? 500 : value]))?.slope).toBeCloseTo(4, 0);
  });

  it('is certain of the true slope where the noise is independent, and the truth is in its interval', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.001, max: 0.1, noNaN: true }), (seed, spread) => {
        const noise = noiseOf(seed);
        const trend = trendOf(series(10, 2 * hour, (t) => (0.05 * t) / day + spread * noise()));
        expect(trend?.low).toBeLessThanOrEqual(trend?.slope ?? Number.NaN);
        expect(trend?.high).toBeGreaterThanOrEqual(trend?.slope ?? Number.NaN);
        // 99 %: in two hundred tries the truth may be a little outside, never far.
        const width = (trend?.high ?? 0) - (trend?.low ?? 0);
        expect(trend?.low).toBeLessThanOrEqual(0.05 / day + width);
        expect(trend?.high).toBeGreaterThanOrEqual(0.05 / day - width);
      }),
      pinned,
    );
  });

  it('is not certain of a trend where the points only follow one another', () => {
    const misled = Array.from({ length: 100 }, (_, seed) => {
      const noise = noiseOf(seed);
      let rest = 0;
      const trend = trendOf(
        series(10, 2 * hour, () => {
          rest = 0.9 * rest + noise();
          return rest;
        }),
      );
      return (trend?.low ?? 0) > 0 || (trend?.high ?? 0) < 0;
    }).filter(Boolean);
    // Taken for independent, these points show a trend in every second try.
    expect(misled.length).toBeLessThanOrEqual(8);
  });
});

describe('forecastOf', () => {
  it('says to the hour when a disk is full that fills evenly', () => {
    const forecast = forecastOf(
      series(14, 2 * hour, (t) => 0.24 + (0.05 * t) / day),
      options,
    );
    expect(forecast?.level).toBeCloseTo(0.94, 6);
    expect(forecast?.perDay).toBeCloseTo(0.05, 6);
    for (const at of [forecast?.notBefore, forecast?.about, forecast?.atLatest]) {
      expect(((at ?? 0) - end) / day).toBeCloseTo(1.2, 3);
    }
  });

  it('has the truth in its interval nearly always, in the order not before, about, at the latest', () => {
    const days = (at: number | undefined) => ((at ?? Number.NaN) - end) / day;
    const held = Array.from({ length: 100 }, (_, seed) => {
      const noise = noiseOf(seed);
      const perDay = 0.02 + 0.0004 * seed;
      const spread = 0.0005 + 0.002 * (seed % 5);
      const now = 1 - perDay * 3;
      const points = series(14, 2 * hour, (t) => now - perDay * (14 - t / day) + spread * noise());
      const forecast = forecastOf(points, options);
      expect(days(forecast?.notBefore)).toBeLessThanOrEqual(days(forecast?.about));
      expect(days(forecast?.about)).toBeLessThanOrEqual(days(forecast?.atLatest));
      return days(forecast?.notBefore) <= 3 && days(forecast?.atLatest) >= 3;
    });
    expect(held.filter(Boolean).length).toBeGreaterThanOrEqual(95);
  });

  it('sees a quick rise after two quiet weeks, while it goes on', () => {
    const points = [
      ...series(14, 2 * hour, () => 0.4).filter(([at]) => at < end - 6 * hour),
      ...series(0.25, 300, (t) => 0.4 + (0.08 * t) / hour),
    ];
    const forecast = forecastOf(points, options);
    expect(((forecast?.about ?? 0) - end) / hour).toBeCloseTo(1.5, 1);
  });

  it('says that what is at its limit is there now', () => {
    const forecast = forecastOf(
      series(14, 2 * hour, (t) => 0.4 + (0.05 * t) / day),
      options,
    );
    expect(forecast).toMatchObject({ notBefore: end, about: end });
  });

  const quiet: readonly [string, (noise: () => number) => (seconds: number) => number][] = [
    ['a level that only varies', (noise) => () => 0.7 + 0.05 * noise()],
    ['a level that never moves', () => () => 0.97],
    ['the daily cycle', (noise) => (t) => 0.6 + 0.3 * Math.sin((2 * Math.PI * t) / day) + 0.01 * noise()],
    ['rotation every six hours', (noise) => (t) => 0.5 + 0.45 * ((t / (6 * hour)) % 1) + 0.005 * noise()],
    ['rotation every day', (noise) => (t) => 0.5 + 0.45 * ((t / day + 0.3) % 1) + 0.005 * noise()],
    ['a backup kept for three days', (noise) => (t) => 0.4 + 0.5 * ((t / (3 * day)) % 1) + 0.005 * noise()],
    ['garbage collection', (noise) => (t) => 0.3 + 0.6 * ((t / (2.6 * hour)) % 1) + 0.02 * noise()],
    ['a level that falls', (noise) => (t) => 0.9 - (0.02 * t) / day + 0.01 * noise()],
    ['a cache that fills up and stays', (noise) => (t) => 0.9 * (1 - Math.exp(-t / day)) + 0.005 * noise()],
    ['one great step', (noise) => (t) => (t < 9 * day ? 0.3 : 0.8) + 0.005 * noise()],
  ];

  function walk(noise: () => number): (seconds: number) => number {
    let level = 0.5;
    return () => {
      level = Math.min(0.9, Math.max(0.1, level + 0.004 * noise()));
      return level;
    };
  }

  it.each(quiet)('is silent about %s, at whatever moment', (_, make) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 24 }), (seed, shiftHours) => {
        const level = make(noiseOf(seed));
        const points = [
          ...series(14, 2 * hour, (t) => level(t + shiftHours * hour)).filter(([at]) => at < end - 12 * hour),
          ...series(0.5, 300, (t) => level(t + shiftHours * hour + 13.5 * day)),
        ];
        expect(forecastOf(points, options)).toBeUndefined();
      }),
      pinned,
    );
  });

  it('is seldom misled by a random walk, which has no trend and often looks like one', () => {
    const misled = Array.from({ length: 100 }, (_, seed) => {
      const level = walk(noiseOf(seed));
      return forecastOf(series(14, 2 * hour, level), options);
    }).filter((forecast) => forecast !== undefined);
    expect(misled.length).toBeLessThanOrEqual(3);
  });

  it.each([
    ['goes on', 0],
    ['has ended', 3],
  ])('looks whether a rise %s', (_, endedHours) => {
    const noise = noiseOf(7);
    const points = series(14, 300, (t) => {
      const before = (14 * day - t) / hour;
      return 0.2 + 0.085 * Math.min(7, Math.max(0, 7 + endedHours - before)) + 0.06 * noise();
    });
    expect(forecastOf(points, options) === undefined).toBe(endedHours > 0);
  });

  it('waits where the day is not known yet', () => {
    const morning = series(0.25, 300, (t) => 0.4 + (0.08 * t) / hour);
    expect(forecastOf(morning, options)).toBeDefined();
    expect(forecastOf(morning, { ...options, historySeconds: day })).toBeUndefined();
  });

  it('takes any numbers, and answers with an interval or not at all', () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 14 * day }), fc.double());
    fc.assert(
      fc.property(fc.array(point, { maxLength: 80 }), (raw) => {
        const points = raw
          .map(([at, value]): [number, number] => [end - 14 * day + at, value])
          .toSorted(([a], [b]) => a - b);
        const forecast = forecastOf(points, options);
        if (forecast === undefined) return;
        expect(forecast.notBefore).toBeLessThanOrEqual(forecast.about);
        expect(forecast.about).toBeLessThanOrEqual(forecast.atLatest);
        expect(forecast.notBefore).toBeGreaterThanOrEqual(end);
      }),
    );
  });
});
