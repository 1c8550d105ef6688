import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { fromMs } from '#domain/time.ts';
import { type Change, changesList } from '#domain/tools/changes.ts';
import { metricsListSeries } from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import type { Span } from '#domain/tools/traces.ts';
import { type RecordedSystem, recordedView, startUnix } from '../testing/recorded-view.ts';
import { judge } from './judge.ts';
import { optionalContracts, questions } from './questions.ts';

/** Systems of which no Kubernetes object was seen: what series, traces, changes and a cloud tell of them. */

type Level = number | readonly [number, number];
type Recorded = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly level: Level;
};

const troubleFrom = startUnix - 30;
const stepSeconds = 15;

function pointsOf(level: Level): [number, number][] {
  const [before, now] = typeof level === 'number' ? [level, level] : level;
  const count = Math.floor(3900 / stepSeconds);
  return Array.from({ length: count }, (_, index): [number, number] => {
    const unix = startUnix - 3600 + index * stepSeconds;
    return [unix, (unix < troubleFrom ? before : now) * (1 + 0.02 * Math.sin(unix))];
  });
}

type Seen = Omit<RecordedSystem, 'series'> & { readonly series?: readonly Recorded[] };

const viewOf = ({ series = [], ...seen }: Seen) =>
  recordedView({
    ...seen,
    series: series.map(({ name, labels, level }) => ({ name, labels, stepSeconds, points: pointsOf(level) })),
  });

const diagnose = (seen: Seen): Diagnosis => judge(viewOf(seen));

const top = ({ verdict, hypotheses: [first] }: Diagnosis) => ({
  verdict,
  service: first?.service,
  cause: first?.cause,
  change: first?.change,
});

const of = (service: string, levels: Readonly<Record<string, Level>>): Recorded[] =>
  Object.entries(levels).map(([name, level]) => ({ name, labels: { service }, level }));

const slowWeb = {
  labels: { alertname: 'WebLatencyHigh', service: 'web' },
  summary: 'p90 latency of web is high',
};
const shopEdges = [
  ['web', 'cart'],
  ['cart', 'store'],
  ['web', 'search'],
  ['search', 'images'],
] as const;
const well = {
  request_latency_p90_seconds: 0.05,
  request_error_ratio: 0.001,
  requests_per_second: 50,
  cpu_usage_percent: 12,
};

describe('questions', () => {
  it('are asked of all that can tell of such a system', () => {
    const view = { ...viewOf({ labels: { alertname: 'ShopDegraded', service: 'web' } }), evidence: [] };
    const asked = new Set(questions(view).map(({ tool }) => tool));
    for (const { name } of optionalContracts) expect(asked).toContain(name);
    expect([...asked]).toEqual(
      expect.arrayContaining([topologyEdges.name, metricsListSeries.name, changesList.name]),
    );
  });
});

describe('a system of which only series are known', () => {
  it('is traced to the service whose means are used up, without a call graph', () => {
    const found = diagnose({
      labels: { alertname: 'ShopDegraded', service: 'web' },
      series: [
        ...of('web', { cpu_usage_percent: [20, 22], request_latency_p90_seconds: [0.1, 0.4] }),
        ...of('cart', { cpu_usage_percent: [5, 97], request_latency_p90_seconds: [0.02, 0.2] }),
        ...of('store', { cpu_usage_percent: [9, 9], memory_usage_bytes: [4e8, 4e8] }),
      ],
    });
    expect(top(found)).toMatchObject({ verdict: 'fault', service: 'cart', cause: 'resource.cpu-saturated' });
    expect(found.hypotheses[0]?.evidence[0]?.quote).toMatch(/^cpu_usage_percent\{service="cart"\} \d/);
  });

  it('believes an alert about a service’s own pods, whoever fails with it', () => {
    const found = diagnose({
      labels: { alertname: 'PodsRestarting', service: 'indexer' },
      series: [
        ...of('indexer', { pod_restarts: [0, 9], pod_ready_replicas: [3, 0] }),
        ...of('engine', { request_error_ratio: [0.001, 0.9] }),
      ],
    });
    expect(top(found)).toMatchObject({ verdict: 'fault', service: 'indexer', cause: 'container.crash-exit' });
  });

  it('takes a lack of memory for the cause of the work that it makes', () => {
    const found = diagnose({
      labels: { alertname: 'ShopDegraded', service: 'web' },
      series: of('cart', { cpu_usage_percent: [1, 97], memory_usage_bytes: [1e8, 3e8] }),
    });
    expect(found.hypotheses[0]?.cause).toMatch(/^resource\.memory-/);
  });

  it('is traced down the calls to the deepest that suffers, past one that is slow by itself', () => {
    const found = diagnose({
      ...slowWeb,
      edges: shopEdges,
      series: [
        ...of('web', { ...well, request_latency_p90_seconds: [0.05, 0.6] }),
        ...of('cart', { ...well, request_latency_p90_seconds: [0.04, 0.5] }),
        ...of('store', { ...well, request_latency_p90_seconds: [0.002, 0.4] }),
        ...of('search', well),
        ...of('elsewhere', { ...well, request_latency_p90_seconds: [0.002, 3] }),
        ...of('images', { ...well, request_latency_p90_seconds: [0.002, 3] }),
      ],
    });
    expect(top(found)).toMatchObject({ verdict: 'fault', service: 'store' });
  });

  it('is well where the alert’s own service is, whatever stirs below', () => {
    const series = ['web', 'cart', 'store', 'search'].flatMap((service) => of(service, well));
    const stirred = [...series, ...of('search', { request_latency_p99_seconds: [0.1, 0.9] })];
    expect(top(diagnose({ ...slowWeb, edges: shopEdges, series }))).toMatchObject({ verdict: 'healthy' });
    expect(top(diagnose({ ...slowWeb, edges: shopEdges, series: stirred }))).toMatchObject({
      verdict: 'healthy',
    });
  });

  it('is not well where one below uses far more than ever and is slow, though few meet it', () => {
    const series = ['web', 'cart', 'store'].flatMap((service) => of(service, well));
    const hog = of('search', {
      ...well,
      cpu_usage_percent: [4, 90],
      request_latency_p90_seconds: [0.02, 0.4],
    });
    expect(top(diagnose({ ...slowWeb, edges: shopEdges, series: [...series, ...hog] }))).toMatchObject({
      verdict: 'fault',
      service: 'search',
      cause: 'resource.cpu-saturated',
    });
  });

  it('fails for what is asked of it where that is far more than ever, and not where a caller asks more than it is asked', () => {
    const flooded = { ...well, requests_per_second: [50, 500], request_error_ratio: [0.001, 0.3] } as const;
    const alert = { labels: { alertname: 'CartErrors', service: 'cart' }, edges: [['web', 'cart']] } as const;
    const surge = diagnose({
      ...alert,
      series: [...of('web', { requests_per_second: [50, 480] }), ...of('cart', flooded)],
    });
    expect(surge.hypotheses[0]?.cause).toBe('traffic.surge');
    const loop = diagnose({
      ...alert,
      series: [...of('web', { requests_per_second: 50 }), ...of('cart', flooded)],
    });
    expect(loop.hypotheses[0]?.cause).toBe('application.exception');
  });

  it('is well where what the alert is about is as ever, though nothing that users feel is measured', () => {
    const labels = { alertname: 'HighCpuUsage', service: 'batch' };
    expect(diagnose({ labels, series: of('batch', { cpu_usage_percent: 40 }) }).verdict).toBe('healthy');
    expect(diagnose({ labels, series: of('batch', { memory_usage_bytes: 4e8 }) }).verdict).toBe('unknown');
    expect(diagnose({ labels, series: of('batch', { cpu_usage_percent: [40, 99] }) }).verdict).toBe('fault');
  });

  it('is not called well where calls of unknown callees fail', () => {
    const failing: Recorded = {
      name: 'rpc_client_error_rate',
      labels: { source: 'web' },
      level: [0.001, 0.6],
    };
    const found = diagnose({
      labels: { alertname: 'WebErrors', service: 'web' },
      series: [...of('web', { request_latency_p90_seconds: 0.05 }), failing],
    });
    expect(found.verdict).not.toBe('healthy');
  });
});

function change(id: string, secondsBefore: number, more: Partial<Change> = {}): Change {
  return {
    id,
    at: fromMs((startUnix - secondsBefore) * 1000),
    kind: 'deploy',
    summary: `release of ${more.service}`,
    details: {},
    ...more,
  };
}

describe('changes', () => {
  const failing = of('payment', { request_error_ratio: [0.001, 0.4], request_latency_p90_seconds: 0.05 });
  const alert = {
    labels: { alertname: 'PaymentErrors', service: 'payment' },
    summary: 'error ratio of payment',
  };

  it('names the one that took effect where and when it began', () => {
    const changes = [
      change('payment@8', 120, { service: 'payment' }),
      change('payment@7', 3000, { service: 'payment' }),
      change('search@3', 60, { service: 'search' }),
      change('payment@9', -120, { service: 'payment' }),
    ];
    expect(top(diagnose({ ...alert, series: failing, changes }))).toMatchObject({
      verdict: 'fault',
      service: 'payment',
      cause: 'application.bad-release',
      change: 'payment@8',
    });
  });

  it('names none where none did it', () => {
    const changes = [
      change('payment@7', 3000, { service: 'payment' }),
      change('search@3', 60, { service: 'search' }),
    ];
    const found = diagnose({ ...alert, series: failing, changes });
    expect(top(found)).toMatchObject({ verdict: 'fault', service: 'payment' });
    expect(found.hypotheses.flatMap((hypothesis) => hypothesis.change ?? [])).toEqual([]);
  });

  it('tells the bad one of several gradual releases by its new pods', () => {
    const pods = (service: string, old: Level, fresh: Level): Recorded[] => [
      ...['a', 'b'].map((pod) => ({
        name: 'success_rate_percent',
        labels: { service, pod: `${service}-v1-${pod}`, version: 'v1' },
        level: old,
      })),
      {
        name: 'success_rate_percent',
        labels: { service, pod: `${service}-v2-x`, version: 'v2' },
        level: fresh,
      },
    ];
    const release = (service: string) =>
      change(`${service}-v2`, 200, {
        service,
        details: { toVersion: 'v2', steps: [{ createdPods: [`${service}-v2-x`] }] },
      });
    const found = diagnose({
      labels: { alertname: 'CallsAbnormal' },
      // All of payment fails, as it would where what it calls does; of search only what is new.
      series: [
        ...pods('cart', 100, 100),
        ...pods('search', 100, [100, 30]),
        ...pods('payment', [100, 20], [100, 20]),
      ],
      changes: ['cart', 'search', 'payment'].map(release),
    });
    expect(top(found)).toMatchObject({ verdict: 'fault', service: 'search', change: 'search-v2' });
  });
});

describe('traces', () => {
  it('name the service in which failures begin, where no series does', () => {
    const trace = (index: number, failing: boolean): Span[] => {
      const start = fromMs((startUnix + (failing ? 10 : -1200) + index) * 1000);
      const status = failing ? ('error' as const) : ('ok' as const);
      const base = { traceId: `${failing}${index}`, start, durationMs: 40, attributes: {} };
      return [
        { ...base, spanId: 'a', service: 'web', name: 'GET /', status },
        {
          ...base,
          spanId: 'b',
          parentSpanId: 'a',
          service: 'cart',
          name: 'List',
          status,
          attributes: failing ? { error: 'cart is nil' } : {},
        },
      ];
    };
    const spans = [false, true].flatMap((failing) =>
      Array.from({ length: 10 }, (_, index) => trace(index, failing)).flat(),
    );
    const found = diagnose({
      labels: { alertname: 'WebErrors', service: 'web' },
      edges: [['web', 'cart']],
      series: of('web', { request_error_ratio: [0.001, 0.9] }),
      spans,
    });
    expect(top(found)).toMatchObject({ verdict: 'fault', service: 'cart', cause: 'application.exception' });
    expect(found.hypotheses[0]?.evidence.some(({ quote }) => quote === 'cart is nil')).toBe(true);
  });
});

describe('a database in a cloud', () => {
  const labels = { alertname: 'DatabaseSlow', service: 'rds', dbinstance_identifier: 'orders-db' };
  const resources = [
    { provider: 'aws', type: 'AWS::RDS::DBInstance', id: 'orders-db', properties: { engine: 'postgres' } },
  ];
  const means = of('orders-db', {
    CPUUtilization: 22,
    DatabaseConnections: 90,
    FreeableMemory: 8e9,
    ReadIOPS: 900,
    ReplicaLag: 0.4,
  });

  it('is told by what it waits for', () => {
    const insights = [
      {
        provider: 'aws',
        top_wait_events: [
          { name: 'Lock:transactionid', db_load_avg: 8 },
          { name: 'CPU:user', db_load_avg: 1 },
        ],
      },
    ];
    const found = diagnose({ labels, series: means, cloud: { resources, insights } });
    expect(top(found)).toMatchObject({
      verdict: 'fault',
      service: 'orders-db',
      cause: 'database.lock-contention',
    });
    expect(found.hypotheses[0]?.object).toMatchObject({ kind: 'Database', name: 'orders-db' });
    expect(found.hypotheses[0]?.evidence[0]?.quote).toBe('Lock:transactionid');
  });

  it('is told by what the provider says, and not by what it says of another', () => {
    const said = (source: string) => [
      {
        provider: 'aws',
        at: fromMs((startUnix - 60) * 1000),
        source,
        message: `FATAL: too many connections at ${source}`,
      },
    ];
    const others = [
      ...resources,
      { provider: 'aws', type: 'AWS::RDS::DBInstance', id: 'mail-db', properties: {} },
    ];
    const own = diagnose({ labels, series: means, cloud: { resources: others, events: said('orders-db') } });
    expect(top(own)).toMatchObject({ verdict: 'fault', cause: 'database.connections-exhausted' });
    const other = diagnose({ labels, series: means, cloud: { resources: others, events: said('mail-db') } });
    expect(other.hypotheses).toEqual([]);
  });

  it('is well where it is', () => {
    expect(diagnose({ labels, series: means, cloud: { resources } }).verdict).toBe('healthy');
  });
});
