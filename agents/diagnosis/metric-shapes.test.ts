import { describe, expect, it } from 'vitest';
import { incidentOf, jumpTo, type Planted, payments, times } from '../testing/invented-systems.ts';
import { type RecordedSeries, recordedView, startUnix } from '../testing/recorded-view.ts';
import { judge } from './judge.ts';

/** The same faults in records as they come: with gaps, late, cut short, spiky, by the minute, as bare counters. */

type Change = (series: RecordedSeries) => RecordedSeries;
type At = (point: readonly [number, number], index: number, series: RecordedSeries) => number | undefined;

/** Each point as another, or none. */
const each =
  (value: At): Change =>
  (series) => ({
    ...series,
    points: series.points.flatMap((point, index): (readonly [number, number])[] => {
      const changed = value(point, index, series);
      return changed === undefined ? [] : [[point[0], changed]];
    }),
  });

/** True for one point in so many, in no order that anything else has. */
const oneIn = (many: number, { name, labels }: RecordedSeries, index: number) =>
  (index * 7919 + (name.length * 31 + (labels.service?.length ?? 0)) * 104_729) % many === 0;

const shapes: Readonly<Record<string, Change>> = {
  'with points that are no numbers': each(([, value], index, series) =>
    oneIn(9, series, index) ? 1e300 : value,
  ),
  'with gaps': each(([, value], index, series) => (oneIn(3, series, index) ? undefined : value)),
  'with nothing for a while': each(([at, value]) =>
    at > startUnix - 1500 && at < startUnix - 700 ? undefined : value,
  ),
  'whose last points are missing': each(([at, value], index, series) =>
    at > startUnix + 205 && !oneIn(9, series, index) ? undefined : value,
  ),
  'that follows the day': each(([at, value], _index, { name }) =>
    /cpu|requests|connections|memory/.test(name) ? value * (1 + (0.25 * (at - startUnix)) / 3600) : value,
  ),
  'of a quarter of an hour': each(([at, value]) => (at < startUnix - 900 ? undefined : value)),
  'with wild points before': each(([at, value], index, series) =>
    at < startUnix - 300 && oneIn(50, series, index) ? value * 6 : value,
  ),
  'by the minute': (series) => ({
    ...series,
    stepSeconds: 60,
    points: series.points.filter((_, index) => index % 4 === 0),
  }),
};

const latency = 'http_request_duration_seconds_p95';
const failures = 'http_error_ratio';
const slow = { service: 'edge', alertname: 'EdgeSlow', summary: 'p95 latency of edge is high' };
const fails = { service: 'edge', alertname: 'EdgeErrors', summary: 'error ratio of edge is high' };
const upstream: Planted = { checkout: { [latency]: times(3) }, edge: { [latency]: times(2.5) } };
const failing: Planted = {
  risk: { [failures]: jumpTo(0.5) },
  checkout: { [failures]: jumpTo(0.3) },
  edge: { [failures]: jumpTo(0.3) },
};

const faults = [
  [
    'resource.cpu-saturated',
    'ledger',
    slow,
    { ...upstream, ledger: { cpu_usage_percent: jumpTo(97), [latency]: times(6) } },
  ],
  [
    'resource.memory-saturated',
    'ledger',
    slow,
    { ...upstream, ledger: { memory_used_bytes: jumpTo(3.9e9), [latency]: times(5) } },
  ],
  [
    'resource.disk-io',
    'ledger-db',
    slow,
    {
      ...upstream,
      'ledger-db': { disk_io_util_percent: jumpTo(99), [latency]: times(15) },
      ledger: { [latency]: times(5) },
    },
  ],
  ['application.exception', 'risk', fails, failing],
] as const;

function judged(alert: typeof slow, planted: Planted, change: Change, seed = 1) {
  const incident = incidentOf(payments, alert, { planted, seed });
  return judge(recordedView({ ...incident, series: (incident.series ?? []).map(change) }));
}

describe.each(Object.entries(shapes))('a record %s', (_name, change) => {
  it.each(faults)('shows %s of %s', (cause, service, alert, planted) => {
    for (const seed of [1, 2]) {
      const { verdict, hypotheses } = judged(alert, planted, change, seed);
      expect({ verdict, service: hypotheses[0]?.service, cause: hypotheses[0]?.cause }).toEqual({
        verdict: 'fault',
        service,
        cause,
      });
    }
  });

  it('shows nothing where there is nothing', () => {
    for (const seed of [1, 2]) expect(judged(slow, {}, change, seed).verdict).toBe('healthy');
  });
});

describe('counters that were recorded as they stand', () => {
  /** What was a rate, as what adds up, with a restart in between. */
  const counted: Change = (series) => {
    const perSecond = { [failures]: 80, http_requests_per_second: 1 }[series.name];
    if (perSecond === undefined) return series;
    let total = 40_000;
    const points = series.points.map(([at, value], index): [number, number] => {
      total = index === 100 ? 0 : total + Math.round(value * perSecond * series.stepSeconds);
      return [at, total];
    });
    const name = series.name === failures ? 'http_request_errors_total' : 'http_requests_total';
    return { ...series, name, points };
  };

  it('tell by what they grow, and are quoted as they stand', () => {
    const { verdict, hypotheses } = judged(fails, failing, counted);
    expect({ verdict, service: hypotheses[0]?.service }).toEqual({ verdict: 'fault', service: 'risk' });
    expect(hypotheses[0]?.cause).toBe('application.exception');
    const quote = hypotheses[0]?.evidence[0]?.quote ?? '';
    const [, level = '0'] = /^http_request_errors_total\{service="risk"\} (\d+) \d+$/.exec(quote) ?? [];
    expect(Number(level)).toBeGreaterThan(100);
  });

  it('tell nothing where they go on as ever', () => {
    expect(judged(fails, {}, counted).verdict).toBe('healthy');
  });
});

describe('a record of much noise', () => {
  const noisy = { ...payments, noise: 0.4 };

  it('shows what lasts, though single points stray as far', () => {
    for (const seed of [1, 2, 3, 4]) {
      const planted = { ...upstream, ledger: { cpu_usage_percent: jumpTo(97), [latency]: times(6) } };
      const { verdict, hypotheses } = judge(recordedView(incidentOf(noisy, slow, { planted, seed })));
      expect({ verdict, service: hypotheses[0]?.service }).toEqual({ verdict: 'fault', service: 'ledger' });
    }
  });

  it('shows nothing where there is nothing', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      for (const alert of [slow, fails]) {
        const { verdict } = judge(recordedView(incidentOf(noisy, alert, { seed })));
        expect(verdict).toBe('healthy');
      }
    }
  });
});

describe('what never failed before', () => {
  it('fails as badly as what failed a little', () => {
    const clean = {
      ...payments,
      services: { ...payments.services, risk: { ...payments.services.risk, [failures]: 0 } },
    };
    const { hypotheses } = judge(
      recordedView(incidentOf(clean, fails, { planted: failing, withGraph: false })),
    );
    expect(hypotheses[0]).toMatchObject({ service: 'risk', cause: 'application.exception' });
  });
});

describe('replicas', () => {
  /** A point every fifteen seconds, of a level before the trouble and one in it. */
  const series = (pod: string, name: string, before: number, now = before): RecordedSeries => ({
    name,
    labels: { service: pod.replace(/-\d$/, ''), pod },
    stepSeconds: 15,
    points: Array.from({ length: 256 }, (_, index): [number, number] => {
      const at = startUnix - 3600 + index * 15;
      return [at, at < startUnix - 120 ? before : now];
    }),
  });

  it('of which one ends again and again are the cause, whatever fails for it', () => {
    const recorded = [
      ...['api-1', 'api-3'].flatMap((pod) => [
        series(pod, 'pod_restarts_total', 0),
        series(pod, 'error_ratio', 0.002, 0.01),
      ]),
      series('api-2', 'pod_restarts_total', 0, 2),
      series('api-2', 'error_ratio', 0.002, 0.9),
      series('web-1', 'error_ratio', 0.002, 0.2),
    ];
    const alert = { labels: { alertname: 'WebErrors', service: 'web' }, summary: 'error ratio of web' };
    const { verdict, hypotheses } = judge(
      recordedView({ ...alert, series: recorded, edges: [['web', 'api']] }),
    );
    expect({ verdict, service: hypotheses[0]?.service, cause: hypotheses[0]?.cause }).toEqual({
      verdict: 'fault',
      service: 'api',
      cause: 'container.crash-exit',
    });
  });
});
