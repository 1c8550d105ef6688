import { describe, expect, it } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { guessedOf } from '../testing/guessed.ts';
import { strengthOf } from './own-means.ts';
import { rankServices } from './service-ranking.ts';
import { readAll, type SeriesEvidence } from './signals.ts';
import { callGraph } from './topology.ts';

const startUnix = 1_700_000_000;
const options = {
  startsAt: fromMs(startUnix * 1000),
  quietTo: fromMs((startUnix - 300) * 1000),
  to: fromMs((startUnix + 120) * 1000),
  nowSeconds: 30,
};

/** A series that goes from one level to another when the trouble begins, with a little noise of its own. */
function shifted(
  name: string,
  emitter: SeriesInfo['emitter'],
  [before, now]: readonly [number, number],
  troubleFrom = startUnix - 10,
  noise = 0.02,
): SeriesEvidence {
  const points: [number, number][] = [];
  for (let unix = startUnix - 900; unix <= startUnix + 120; unix += 10) {
    const level = unix < troubleFrom ? before : now;
    points.push([unix, level * (1 + noise * Math.sin(unix))]);
  }
  const labels = Object.fromEntries(Object.entries(emitter).map(([key, value]) => [key, value ?? '']));
  const series = `${name} ${JSON.stringify(labels)}`;
  return { evidenceId: 'e', points, info: { series, name, emitter, labels, ...guessedOf(name) } };
}

const rank = (series: readonly SeriesEvidence[], edges: readonly [string, string][] = []) =>
  rankServices(readAll(series, options), callGraph(edges.map(([from, to]) => ({ from, to }))));
const order = (...args: Parameters<typeof rank>) => rank(...args).map(({ service }) => service);

describe('strengthOf', () => {
  it('is 1 where a signal has moved, and 1 more for every doubling', () => {
    expect([0, 4, 12, 28].map(strengthOf)).toEqual([0, 1, 2, 3]);
    expect(strengthOf(-50)).toBe(0);
  });
});

describe('rankServices', () => {
  it('names the service whose own means are used up, not those that wait for it', () => {
    const series = [
      shifted('cpu_percent', { service: 'stock' }, [4, 98]),
      shifted('latency_p90_seconds', { service: 'stock' }, [0.02, 0.3]),
      shifted('latency_p90_seconds', { service: 'front' }, [0.1, 0.9]),
      shifted('cpu_percent', { service: 'front' }, [20, 24]),
    ];
    expect(order(series)[0]).toBe('stock');
  });

  it('believes a source that knows its failures before a name that sounds like some', () => {
    const told = (service: string, levels: readonly [number, number]): SeriesEvidence => {
      const series = shifted('http_requests_total', { service }, levels);
      const { guessed: _guessed, ...info } = series.info;
      return { ...series, info: { ...info, signal: 'errors', unit: 'ratio', badWhen: 'up' } };
    };
    const series = [
      told('stock', [0.001, 0.3]),
      told('front', [0.001, 0.001]),
      shifted('settlement_failures', { service: 'front' }, [2, 14]),
    ];
    expect(order(series)[0]).toBe('stock');
    const felt = (all: readonly SeriesEvidence[]) =>
      rank(all).find(({ service }) => service === 'front')?.felt;
    expect(felt(series) ?? 0).toBeLessThan(felt(series.slice(2)) ?? 0);
  });

  it('blames the service that takes many times longer, not a steadier one that waits for it', () => {
    const waiting = shifted('latency_p90_seconds', { service: 'front' }, [0.3, 0.72]);
    const slow = shifted('latency_p90_seconds', { service: 'stock' }, [0.05, 0.2], undefined, 0.5);
    const readings = readAll([waiting, slow], options);
    expect((readings[0]?.peak ?? 0) > (readings[1]?.peak ?? 0)).toBe(true);
    expect(order([waiting, slow])[0]).toBe('stock');
  });

  it('is the same when the alert comes a minute after the trouble', () => {
    const late = startUnix - 70;
    const series = [
      shifted('memory_usage_bytes', { service: 'stock' }, [2e8, 9e8], late),
      shifted('latency_p90_seconds', { service: 'front' }, [0.1, 0.2], late),
      shifted('memory_usage_bytes', { service: 'front' }, [3e8, 3.1e8], late),
    ];
    expect(order(series)[0]).toBe('stock');
  });

  it('blames the callee that nothing below explains, in a ring as well', () => {
    const series = ['front', 'cart', 'store'].map((service) =>
      shifted('latency_p90_seconds', { service }, service === 'front' ? [0.1, 0.9] : [0.02, 0.7]),
    );
    const edges: [string, string][] = [
      ['front', 'cart'],
      ['cart', 'store'],
    ];
    expect(order(series, edges)[0]).toBe('store');
    expect(order(series, [...edges, ['store', 'front']])).toHaveLength(3);
  });

  it('takes a caller to whom everything is slow for the slow one', () => {
    const call = (from: string, to: string, now: number) =>
      shifted('latency_p90_seconds_seen_by_source', { source: from, destination: to }, [0.02, now]);
    const series = [
      call('busy', 'a', 0.5),
      call('busy', 'b', 0.5),
      call('busy', 'c', 0.5),
      call('other', 'a', 0.02),
      call('other', 'b', 0.02),
      call('front', 'busy', 0.6),
    ];
    const edges: [string, string][] = [
      ['front', 'busy'],
      ['front', 'other'],
      ['busy', 'a'],
      ['busy', 'b'],
      ['busy', 'c'],
    ];
    expect(order(series, edges)[0]).toBe('busy');
  });

  it('does not take a load that more requests make for a fault', () => {
    const [first] = rank([
      shifted('requests_per_second', { service: 'front' }, [10, 60]),
      shifted('cpu_percent', { service: 'front' }, [10, 55]),
    ]);
    expect(first?.own).toBeLessThan(1.5);
    const [hog] = rank([
      shifted('requests_per_second', { service: 'front' }, [10, 20]),
      shifted('cpu_percent', { service: 'front' }, [5, 95]),
    ]);
    expect(hog?.own).toBeGreaterThan(3);
  });

  it('lets an idle service’s small numbers be small', () => {
    const series = ['a', 'b', 'c', 'd'].map((service) =>
      shifted('memory_usage_bytes', { service }, [1e9, 1e9]),
    );
    const idle = shifted('memory_usage_bytes', { service: 'idle' }, [1e3, 1e5]);
    expect(rank([...series, idle])[0]?.own ?? 9).toBeLessThan(1);
  });
});
