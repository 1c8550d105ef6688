import { describe, expect, it } from 'vitest';
import {
  climbing,
  during,
  type InventedSystem,
  incidentOf,
  jumpTo,
  type Planted,
  type Planting,
  payments,
  pipeline,
  shop,
  times,
} from '../testing/invented-systems.ts';
import { recordedView } from '../testing/recorded-view.ts';
import { judge } from './judge.ts';

/** Invented systems of which only metrics are recorded: each fault by how it looks, whatever the step, the noise, the names. */

const latency = 'http_request_duration_seconds_p95';
const failures = 'http_error_ratio';
const traffic = 'http_requests_per_second';

const edgeSlow = { service: 'edge', alertname: 'EdgeSlow', summary: 'p95 latency of edge is high' };
const edgeFails = { service: 'edge', alertname: 'EdgeErrors', summary: 'error ratio of edge is high' };
const lbSlow = { service: 'front-lb', alertname: 'Slow', summary: 'latency of front-lb is high' };
const lbFails = { service: 'front-lb', alertname: 'Failing', summary: '5xx errors of front-lb' };
const enricherLags = { service: 'enricher', alertname: 'LagHigh', summary: 'latency of enricher is high' };
const sinkSlow = { service: 'sink', alertname: 'SinkSlow', summary: 'latency of sink is high' };

/** What waits for ledger waits with it. */
const upstream: Planted = { checkout: { [latency]: times(3) }, edge: { [latency]: times(2.5) } };
const failing =
  (part: number, afterSeconds = 0) =>
  (usual: number, since: number) =>
    since < afterSeconds ? usual : part;
const slower = (factor: number, afterSeconds: number) => (usual: number, since: number) =>
  since < afterSeconds ? usual : usual * factor;

type Incident = {
  readonly system: InventedSystem;
  readonly alert: { readonly service: string; readonly alertname: string; readonly summary?: string };
  readonly planted: Planted;
  readonly service: string;
  readonly cause: RegExp;
} & Pick<Planting, 'delaySeconds' | 'seenAfterSeconds'>;

/** Points of five minutes: an alert comes after some of them. */
const late = { delaySeconds: 900, seenAfterSeconds: 600 } as const;

const incidents: Readonly<Record<string, Incident>> = {
  'a CPU hog': {
    system: payments,
    alert: edgeSlow,
    planted: { ...upstream, ledger: { cpu_usage_percent: jumpTo(97), [latency]: times(6) } },
    service: 'ledger',
    cause: /^resource\.cpu-saturated$/,
  },
  'a memory leak': {
    system: payments,
    alert: edgeSlow,
    planted: {
      ledger: { memory_used_bytes: climbing(6e9, 3.9e9), [latency]: slower(5, 1500) },
      checkout: { [latency]: slower(3, 1500) },
      edge: { [latency]: slower(2.5, 1500) },
    },
    delaySeconds: 1800,
    service: 'ledger',
    cause: /^resource\.memory-leak$/,
  },
  'memory that is taken at once': {
    system: payments,
    alert: edgeSlow,
    planted: { ...upstream, ledger: { memory_used_bytes: jumpTo(3.9e9), [latency]: times(5) } },
    service: 'ledger',
    cause: /^resource\.memory-saturated$/,
  },
  'a disk that fills up': {
    system: payments,
    alert: edgeFails,
    planted: {
      'ledger-db': { disk_used_percent: climbing(120, 100), [failures]: failing(0.8, 1750) },
      ledger: { [failures]: failing(0.7, 1750) },
      checkout: { [failures]: failing(0.4, 1750) },
      edge: { [failures]: failing(0.4, 1750) },
    },
    delaySeconds: 1850,
    service: 'ledger-db',
    cause: /^(resource\.disk-full|database\.storage-full)$/,
  },
  'a disk that is busy': {
    system: payments,
    alert: edgeSlow,
    planted: {
      ...upstream,
      'ledger-db': { disk_io_util_percent: jumpTo(99), [latency]: times(15) },
      ledger: { [latency]: times(5) },
    },
    service: 'ledger-db',
    cause: /^resource\.disk-io$/,
  },
  'packets that get lost': {
    system: payments,
    alert: edgeSlow,
    planted: { ...upstream, ledger: { tcp_retransmits_per_second: jumpTo(60), [latency]: times(8) } },
    service: 'ledger',
    cause: /^network\.loss$/,
  },
  'a pool of connections that is used up': {
    system: payments,
    alert: edgeSlow,
    planted: {
      'ledger-db': { open_connections: jumpTo(200) },
      ledger: { db_pool_pending_connections: jumpTo(40), [latency]: times(20), [failures]: jumpTo(0.2) },
      checkout: { [latency]: times(5), [failures]: jumpTo(0.2) },
      edge: { [latency]: times(4), [failures]: jumpTo(0.2) },
    },
    service: 'ledger',
    cause: /^resource\.connections-exhausted$/,
  },
  'more requests than ever': {
    system: payments,
    alert: edgeSlow,
    planted: Object.fromEntries(
      Object.keys(payments.services)
        .filter((service) => service !== 'reports')
        .map((service) => [
          service,
          {
            [traffic]: times(6),
            cpu_usage_percent: times(3.5),
            [latency]: times(service === 'edge' ? 3 : 1.6),
          },
        ]),
    ),
    service: 'edge',
    cause: /^traffic\.surge$/,
  },
  'a CPU hog among what only counts messages': {
    system: pipeline,
    alert: enricherLags,
    planted: {
      enricher: {
        cpu_cores_used: jumpTo(4),
        processing_latency_p99_ms: times(8),
        messages_processed_per_second: times(0.4),
        consumer_lag: climbing(4e5),
      },
    },
    service: 'enricher',
    cause: /^resource\.cpu-saturated$/,
  },
  'a heap that is never freed': {
    system: pipeline,
    alert: sinkSlow,
    planted: {
      sink: {
        heap_used_bytes: climbing(4e9, 1.8e9),
        gc_pause_ms: slower(40, 900),
        processing_latency_p99_ms: slower(6, 900),
      },
    },
    delaySeconds: 1200,
    service: 'sink',
    cause: /^resource\.memory-leak$/,
  },
  'a disk on which nothing is free any more': {
    system: pipeline,
    alert: sinkSlow,
    planted: {
      sink: {
        disk_free_bytes: (usual, since) => Math.max(1e6, usual - Math.max(0, since) * 4e7),
        processing_latency_p99_ms: slower(20, 1000),
        consumer_lag: slower(50, 1000),
      },
    },
    delaySeconds: 1100,
    service: 'sink',
    cause: /^resource\.disk-full$/,
  },
  'the CPU of a database': {
    ...late,
    system: shop,
    alert: lbSlow,
    planted: {
      'shop-db': { CPUUtilization: jumpTo(98), ReadLatency: times(3) },
      php: { request_latency_p90: times(6), php_fpm_active_processes: jumpTo(40) },
      'front-lb': { TargetResponseTime: times(5) },
    },
    service: 'shop-db',
    cause: /^resource\.cpu-saturated$/,
  },
  'the storage of a database': {
    system: shop,
    alert: lbFails,
    planted: {
      'shop-db': { FreeStorageSpace: (usual, since) => Math.max(1e7, usual - Math.max(0, since) * 3e7) },
      php: { request_latency_p90: slower(6, 2700) },
      'front-lb': { HTTPCode_Target_5XX_Count: slower(700, 2700) },
    },
    delaySeconds: 3300,
    seenAfterSeconds: 600,
    service: 'shop-db',
    cause: /^(resource\.disk-full|database\.storage-full)$/,
  },
};

/** Found only where it is known who calls whom. */
const withGraph: Readonly<Record<string, Incident>> = {
  'an outside service that is slow': {
    system: payments,
    alert: edgeSlow,
    planted: { ...upstream, scoring: { [latency]: times(60) }, risk: { [latency]: times(30) } },
    service: 'scoring',
    cause: /^application\.latency$/,
  },
  'failures that begin below': {
    system: payments,
    alert: edgeFails,
    planted: {
      risk: { [failures]: jumpTo(0.5) },
      checkout: { [failures]: jumpTo(0.3) },
      edge: { [failures]: jumpTo(0.3) },
    },
    service: 'risk',
    cause: /^application\.exception$/,
  },
  'a callee that is slow, before which a consumer falls behind': {
    system: pipeline,
    alert: enricherLags,
    planted: {
      geo: { latency_p99_ms: times(40), threads_busy: jumpTo(200) },
      enricher: {
        processing_latency_p99_ms: times(8),
        consumer_lag: climbing(4e5),
        messages_processed_per_second: times(0.3),
      },
    },
    service: 'geo',
    cause: /^(resource\.threads-exhausted|application\.latency)$/,
  },
  'connections of a database of which nobody measures how it feels': {
    ...late,
    system: shop,
    alert: lbFails,
    planted: {
      'shop-db': { DatabaseConnections: jumpTo(480) },
      php: { request_latency_p90: times(12), php_fpm_active_processes: jumpTo(60) },
      'front-lb': { TargetResponseTime: times(10), HTTPCode_Target_5XX_Count: jumpTo(900) },
    },
    service: 'shop-db',
    cause: /^resource\.connections-exhausted$/,
  },
};

const seeds = [1, 2, 3];
const rows = (all: Readonly<Record<string, Incident>>) =>
  Object.entries(all).flatMap(([name, incident]) => seeds.map((seed) => [name, seed, incident] as const));

function expectFound(
  { system, alert, service, cause, ...planting }: Incident,
  more: Planting & { withGraph: boolean },
) {
  const { verdict, hypotheses } = judge(recordedView(incidentOf(system, alert, { ...planting, ...more })));
  expect({ verdict, service: hypotheses[0]?.service }).toEqual({ verdict: 'fault', service });
  expect(hypotheses[0]?.cause).toMatch(cause);
}

describe('a fault that only metrics tell of', () => {
  it.each(rows({ ...incidents, ...withGraph }))('is %s (%i)', (_name, seed, incident) => {
    expectFound(incident, { seed, withGraph: true });
  });

  it.each(rows(incidents))('is %s, though nobody knows who calls whom (%i)', (_name, seed, incident) => {
    expectFound(incident, { seed, withGraph: false });
  });

  it('is no network’s where a service is slow without work and nothing speaks of a network', () => {
    const slow = incidentOf(payments, edgeSlow, {
      planted: { ...upstream, ledger: { [latency]: times(9) } },
    });
    const [first] = judge(recordedView(slow)).hypotheses;
    expect(first).toMatchObject({ service: 'ledger', cause: 'application.latency' });
  });

  it.each([
    // A detour on the way adds the same to every request.
    ['network.delay', { svc_latency_p50_ms: 410, svc_latency_p99_ms: 460 }],
    // A lock lets some through at once, and keeps others waiting.
    ['application.latency', { svc_latency_p50_ms: 60, svc_latency_p99_ms: 1900 }],
    // To connect takes as long as all of it: the way is slow.
    ['network.delay', { svc_latency_p99_ms: 460, tcp_connect_time_ms: 300 }],
  ] as const)('is %s by how requests of an idle service are slow', (cause, levels) => {
    const usual = {
      svc_latency_p50_ms: 10,
      svc_latency_p99_ms: 60,
      tcp_connect_time_ms: 0.8,
      cpu_usage_percent: 30,
    };
    const system: InventedSystem = { ...payments, edges: [], services: { tiles: usual } };
    const planted = Object.fromEntries(Object.entries(levels).map(([name, level]) => [name, jumpTo(level)]));
    const alert = { service: 'tiles', alertname: 'TilesSlow', summary: 'latency of tiles is high' };
    const [first] = judge(
      recordedView(incidentOf(system, alert, { planted: { tiles: planted } })),
    ).hypotheses;
    expect(first).toMatchObject({ service: 'tiles', cause });
  });
});

type Calm = {
  readonly system: InventedSystem;
  readonly alert: { readonly service: string; readonly alertname: string; readonly summary?: string };
} & Planting;

const calm: Readonly<Record<string, Calm>> = {
  'nothing happens': { system: payments, alert: edgeSlow },
  'nothing happens, by the second': { system: pipeline, alert: enricherLags },
  'nothing happens, by five minutes': { system: shop, alert: lbSlow, ...late },
  'a release made some work': {
    system: payments,
    alert: edgeSlow,
    planted: { ledger: { cpu_usage_percent: during(70, 0, 60), memory_used_bytes: times(1.05) } },
    delaySeconds: 600,
  },
  'a nightly batch runs aside': {
    system: payments,
    alert: edgeSlow,
    planted: { reports: { cpu_usage_percent: jumpTo(95), disk_io_util_percent: jumpTo(80) } },
    delaySeconds: 1500,
  },
  'there was a spike half an hour ago': {
    system: payments,
    alert: edgeSlow,
    planted: {
      ledger: { [latency]: during(0.9, -1700, -1640) },
      edge: { [latency]: during(1.2, -1700, -1640) },
    },
    delaySeconds: 0,
  },
};

describe('a system that is well', () => {
  const all = Object.entries(calm).flatMap(([name, one]) => seeds.map((seed) => [name, seed, one] as const));
  it.each(all)('is not accused where %s (%i)', (_name, seed, { system, alert, ...planting }) => {
    for (const known of [true, false]) {
      const seen = incidentOf(system, alert, { ...planting, seed, withGraph: known });
      expect(judge(recordedView(seen)).verdict).not.toBe('fault');
    }
  });
});
