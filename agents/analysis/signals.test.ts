import { describe, expect, it } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { guessedOf } from '../testing/guessed.ts';
import { verifyQuote } from './quotes.ts';
import type { ReadingOptions } from './series-windows.ts';
import { movedSignal, readAll, type SeriesEvidence } from './signals.ts';

const startUnix = 1_700_000_000;
const options: ReadingOptions = {
  startsAt: fromMs(startUnix * 1000),
  quietTo: fromMs((startUnix - 300) * 1000),
  to: fromMs((startUnix + 60) * 1000),
  nowSeconds: 30,
};

function series(
  info: Partial<SeriesInfo>,
  at: (unix: number) => number | undefined,
  fromUnix = startUnix - 1800,
): SeriesEvidence {
  const points: [number, number][] = [];
  for (let unix = fromUnix; unix <= startUnix + 60; unix += 5) {
    const value = at(unix);
    if (value !== undefined) points.push([unix, value]);
  }
  return {
    evidenceId: 'e1',
    points,
    info: {
      series: 's',
      name: 'm',
      emitter: { service: 'x' },
      labels: { service: 'x' },
      signal: 'latency',
      unit: 's',
      badWhen: 'up',
      ...info,
    },
  };
}

const one = (evidence: SeriesEvidence, settings = options) => {
  const [reading] = readAll([evidence], settings);
  if (reading === undefined) throw new Error('no reading');
  return reading;
};

describe('readAll', () => {
  it('says what moved, how far and since when', () => {
    const reading = one(series({}, (unix) => (unix < startUnix - 20 ? 0.1 + 0.005 * Math.sin(unix) : 0.5)));
    expect(reading).toMatchObject({ moved: true, now: 0.5, since: fromMs((startUnix - 20) * 1000) });
    expect(reading.before).toBeCloseTo(0.1, 2);
    // Spread floor 12 % of 0.1: (0.5 - 0.1) / 0.012.
    expect(reading.score).toBeCloseTo(33.3, 0);
    expect(movedSignal(reading)).toMatchObject({
      signal: 'latency',
      service: 'x',
      quote: `m{service="x"} 0.5 ${startUnix - 20}`,
    });
  });

  it('takes fewer pods for no loss where no more are wanted', () => {
    const labels = { namespace: 'market', deployment: 'x' };
    const pods = (name: string, now: number) => {
      const info = { name, series: name, signal: 'availability', badWhen: 'down', labels } as const;
      return series(info, (unix) => (unix < startUnix - 20 ? 10 : now));
    };
    const available = 'kube_deployment_status_replicas_available';
    const moved = (wanted: number) =>
      readAll([pods(available, 5), pods('kube_deployment_spec_replicas', wanted)], options)[0]?.moved;
    expect(moved(10)).toBe(true);
    expect(moved(5)).toBe(false);
  });

  it('dates a trouble that a slow rule saw a quarter of an hour late', () => {
    const reading = one(series({}, (unix) => (unix < startUnix - 900 ? 0.1 : 0.5), startUnix - 3600));
    expect(reading).toMatchObject({ moved: true, since: fromMs((startUnix - 900) * 1000) });
    expect(reading.before).toBeCloseTo(0.1, 6);
  });

  it('does not take for news what happens now and then', () => {
    const dip = { signal: 'availability', unit: '%', badWhen: 'down' } as const;
    const often = (unix: number) => (unix >= startUnix - 20 || unix % 100 === 0 ? 97 : 100);
    const never = (unix: number) => (unix >= startUnix - 20 ? 97 : 100);
    expect(one(series(dip, often, startUnix - 3600)).moved).toBe(false);
    expect(one(series(dip, never, startUnix - 3600)).moved).toBe(true);
  });

  it('believes few quiet points less than many', () => {
    const swinging = (unix: number) => (unix >= startUnix - 20 ? 0.5 : 0.08 + 0.004 * (unix % 15));
    const many = one(series({}, swinging, startUnix - 1800));
    const few = one(series({}, swinging, startUnix - 320));
    expect(few.moved).toBe(true);
    // Three hundred points widen the spread by a seventy-fifth, five by four fifths.
    expect(few.score / many.score).toBeLessThan(0.75);
  });

  it('takes a third more of what is held for a change, and not of what is used', () => {
    const third = (name: string) =>
      one(series({ name, ...guessedOf(name) }, (unix) => (unix < startUnix - 20 ? 3e8 : 4e8)));
    expect(third('memory_usage_bytes').moved).toBe(true);
    expect(third('cpu_usage_nanoseconds_per_second').moved).toBe(false);
  });

  it('measures what grew from nothing by what it grew to', () => {
    const grown = one(
      series({ signal: 'saturation', unit: 'cores' }, (unix) => (unix < startUnix - 20 ? 0 : 3)),
    );
    expect(grown.score).toBeCloseTo(20, 6);
  });

  it('believes the worst of a few coarse points, though the last one is well again', () => {
    const coarse = (values: readonly number[]) => {
      const dips = series({ signal: 'availability', unit: '%', badWhen: 'down' }, () => 100);
      const points = Array.from({ length: 40 }, (_, index): [number, number] => [
        startUnix - 300 * (38 - index),
        index < 38 ? 100 : (values[index - 38] ?? 100),
      ]);
      return one({ ...dips, points }, { ...options, to: fromMs((startUnix + 600) * 1000) });
    };
    expect(coarse([90, 100]).moved).toBe(true);
    expect(coarse([99.6, 100]).moved).toBe(false);
  });

  it('leaves noise and improvement alone', () => {
    expect(one(series({}, (unix) => 0.1 + 0.02 * Math.sin(unix))).moved).toBe(false);
    const better = one(series({}, (unix) => (unix < startUnix ? 0.5 : 0.1)));
    expect(better.score).toBeLessThan(0);
    expect(
      one(series({ signal: 'errors', unit: 'ratio' }, (unix) => (unix < startUnix ? 0 : 0.01))).moved,
    ).toBe(false);
  });

  it('sees failures that began seconds ago, with nothing recorded before them', () => {
    const errors = { signal: 'errors', unit: 'ratio' } as const;
    const fresh = series(errors, (unix) => (unix < startUnix + 45 ? 0 : 0.3), startUnix + 20);
    expect(one(fresh)).toMatchObject({ moved: true, now: 0.3 });
    expect(one(fresh).before).toBeUndefined();
  });

  it('does not take what a pod used while it started for its quiet time', () => {
    const usage = { signal: 'saturation', unit: 'bytes', emitter: { service: 'x', pod: 'x-1' } } as const;
    const grown = series(usage, (unix) => (unix < startUnix - 60 ? 1e6 : 35e6), startUnix - 100);
    expect(one(grown).moved).toBe(false);
  });

  it('notices traffic that has stopped, and no pod that was replaced', () => {
    const until = (unix: number) => (unix < startUnix ? 10 : undefined);
    expect(one(series({ signal: 'traffic', unit: '1/s', badWhen: 'either' }, until))).toMatchObject({
      moved: true,
      now: undefined,
    });
    expect(one(series({ signal: 'availability', emitter: { pod: 'x-1' } }, until)).moved).toBe(false);
    expect(one(series({ signal: 'errors', unit: 'ratio' }, until)).moved).toBe(false);
  });

  it('forgets a pod as soon as it is gone, and a service that is silent for a moment not so soon', () => {
    const failing = (unix: number) => (unix < startUnix ? 0 : unix < startUnix + 45 ? 1 : undefined);
    const waiting = { signal: 'availability', badWhen: 'up' } as const;
    expect(one(series({ ...waiting, emitter: { service: 'x', pod: 'x-1' } }, failing))).toMatchObject({
      moved: false,
      now: undefined,
    });
    expect(one(series(waiting, failing))).toMatchObject({ moved: true, now: 1 });
  });

  it('measures a new pod by what its siblings were like', () => {
    const labels = (pod: string) => ({
      labels: { service: 'x', pod },
      emitter: { service: 'x', pod },
      series: pod,
    });
    const [, fresh] = readAll(
      [
        series(labels('old'), (unix) => (unix < startUnix ? 0.1 : undefined)),
        series(labels('new'), () => 0.9, startUnix - 10),
      ],
      options,
    );
    expect(fresh).toMatchObject({ moved: true, now: 0.9, before: 0.1 });
  });

  it('comes nearer to the alert where little was recorded before it', () => {
    const young = series({}, (unix) => (unix < startUnix - 15 ? 0.1 : 0.6), startUnix - 120);
    expect(one(young)).toMatchObject({ moved: true });
    const newborn = series({}, () => 0.6, startUnix - 5);
    expect(one(newborn)).toMatchObject({ moved: false, before: undefined });
  });

  it('joins windows of one series', () => {
    const whole = series({}, (unix) => (unix < startUnix ? 0.1 : 0.6));
    const [quiet, close] = [
      whole.points.filter(([at]) => at < startUnix - 300),
      whole.points.filter(([at]) => at >= startUnix - 300),
    ];
    const readings = readAll(
      [
        { ...whole, points: close, evidenceId: 'close' },
        { ...whole, points: quiet, evidenceId: 'quiet' },
      ],
      options,
    );
    expect(readings).toHaveLength(1);
    expect(readings[0]).toMatchObject({ moved: true, evidenceId: 'close' });
  });
});

it('quotes a sample whole, with however many labels', () => {
  const labels = Object.fromEntries(
    Array.from({ length: 25 }, (_, index) => [
      `destination_workload_label_${index}`,
      `a-value-of-some-length-${index}`,
    ]),
  );
  const evidence = series({ labels }, (unix) => (unix < startUnix ? 0.1 : 2));
  const { quote = '' } = one(evidence);
  expect(quote.length).toBeGreaterThan(1000);
  const output = { items: [evidence], complete: true };
  const kept = { ...{ id: 'e1', server: 'prometheus', tool: 't', arguments: {} }, asOf: options.to, output };
  const told = { source: 'prometheus', ref: 'm', quote, weight: 1, evidenceId: 'e1' };
  expect(verifyQuote([kept as never], told as never)).toBe(true);
});
