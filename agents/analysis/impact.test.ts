import { describe, expect, it } from 'vitest';
import { impactOf } from './impact.ts';
import type { Reading } from './signals.ts';

function reading(
  measure: Reading['measure'],
  name: string,
  values: Partial<Reading>,
  unit?: string,
): Reading {
  return {
    info: {
      series: name,
      name,
      emitter: {},
      labels: {},
      signal: 'other',
      ...(unit === undefined ? {} : { unit }),
    },
    ...{
      measure,
      ofHost: false,
      bySiblings: false,
      climbs: false,
      peak: 0,
      growth: 0,
      score: 0,
      moved: false,
    },
    ...{ service: 'x', measuredBy: undefined, since: undefined, quote: undefined, evidenceId: 'e' },
    ...{ before: undefined, now: undefined, typical: undefined, worst: undefined },
    ...values,
  };
}

describe('impactOf', () => {
  const traffic = reading('traffic', 'requests_per_second', { before: 9, typical: 10 });

  it('is the time that all requests wait longer', () => {
    const average = reading('latency', 'latency_average', { before: 0.1, now: 7, typical: 0.4 });
    const tail = reading('latency', 'latency_p99', { before: 1, typical: 9 });
    expect(impactOf([traffic, tail, average], 'latency')).toBeCloseTo(3, 6);
    expect(impactOf([traffic, tail], 'latency')).toBeUndefined();
  });

  it('is the requests that fail more than before', () => {
    const success = reading('availability', 'success_rate', { before: 100, typical: 80, worst: 10 }, '%');
    expect(impactOf([traffic, success], 'errors')).toBeCloseTo(2, 6);
    expect(impactOf([success], 'errors')).toBeUndefined();
  });
});
