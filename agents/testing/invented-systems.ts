import { type RecordedSeries, type RecordedSystem, startUnix } from './recorded-view.ts';

/**
 * Systems that exist nowhere, of which only metrics are recorded, with faults to plant in them. What is planted follows how
 * such faults look from outside: who lacks something shows it in its own means, who waits for it is slow with it.
 */
type Metrics = Readonly<Record<string, number>>;

export type InventedSystem = {
  readonly edges: readonly (readonly [caller: string, callee: string])[];
  readonly services: Readonly<Record<string, Metrics>>;
  readonly stepSeconds: number;
  /** How long before the alert the record begins. */
  readonly historySeconds: number;
  /** Standard deviation as a part of the level. */
  readonly noise: number;
};

/** How a level is at a moment; `sinceSeconds` is negative before the fault. */
export type Course = (usual: number, sinceSeconds: number) => number;
export type Planted = Readonly<Record<string, Readonly<Record<string, Course>>>>;

/** From one moment on it is another. */
export const jumpTo =
  (level: number): Course =>
  (usual, since) =>
    since < 0 ? usual : level;
export const times =
  (factor: number): Course =>
  (usual, since) =>
    since < 0 ? usual : usual * factor;
/** Rises from the fault on by so much an hour, up to a limit. */
export const climbing =
  (perHour: number, limit = Number.POSITIVE_INFINITY): Course =>
  (usual, since) =>
    Math.min(limit, usual + Math.max(0, since / 3600) * perHour);
/** Is so for a while, at times before the alert's trouble or without one. */
export const during =
  (level: number, fromSeconds: number, toSeconds: number): Course =>
  (usual, since) =>
    since >= fromSeconds && since < toSeconds ? level : usual;

/** Numbers between 0 and 1 that are the same every time: the generator `mulberry32` of Ettinger. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const seedOf = (text: string): number =>
  [...text].reduce((sum, one) => (sum * 31 + one.charCodeAt(0)) | 0, 7);

/** A number of a normal distribution (Box and Muller 1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Levels that cannot be more than that. */
const most = (name: string): number =>
  /percent|Utilization/.test(name) ? 100 : /ratio/.test(name) ? 1 : Number.POSITIVE_INFINITY;

export type Planting = {
  readonly planted?: Planted;
  /** How long before the alert the fault began. */
  readonly delaySeconds?: number;
  readonly seenAfterSeconds?: number;
  readonly seed?: number;
};

/** The series that are recorded of a system with something planted in it. */
export function seriesOf(system: InventedSystem, planting: Planting = {}): RecordedSeries[] {
  const { planted = {}, delaySeconds = 120, seenAfterSeconds = 240, seed = 1 } = planting;
  const { stepSeconds, historySeconds, noise } = system;
  const faultAt = startUnix - delaySeconds;
  return Object.entries(system.services).flatMap(([service, metrics]) =>
    Object.entries(metrics).map(([name, usual]) => {
      const random = randomOf(seed + seedOf(`${service}/${name}`));
      const course = planted[service]?.[name];
      const points: [number, number][] = [];
      for (let at = startUnix - historySeconds; at <= startUnix + seenAfterSeconds; at += stepSeconds) {
        const level = course === undefined ? usual : course(usual, at - faultAt);
        const value = level * (1 + noise * normal(random));
        points.push([at, Math.max(0, Math.min(most(name), value))]);
      }
      return { name, labels: { service }, stepSeconds, points };
    }),
  );
}

/** A system with something planted in it, as an alert about one of its services makes it be looked at. */
export function incidentOf(
  system: InventedSystem,
  alert: { readonly service: string; readonly alertname: string; readonly summary?: string },
  planting: Planting & { readonly withGraph?: boolean } = {},
): RecordedSystem {
  const { summary, ...labels } = alert;
  return {
    labels,
    ...(summary === undefined ? {} : { summary }),
    edges: planting.withGraph === false ? [] : system.edges,
    series: seriesOf(system, planting),
    seenAfterSeconds: planting.seenAfterSeconds ?? 240,
  };
}

const onVm: Metrics = {
  http_request_duration_seconds_p95: 0.12,
  http_requests_per_second: 80,
  http_error_ratio: 0.002,
  cpu_usage_percent: 22,
  memory_used_bytes: 9e8,
  disk_used_percent: 41,
  disk_io_util_percent: 6,
  tcp_retransmits_per_second: 0.4,
  open_connections: 60,
};

/** Payments on virtual machines, scraped every fifteen seconds. */
export const payments: InventedSystem = {
  edges: [
    ['edge', 'checkout'],
    ['checkout', 'ledger'],
    ['checkout', 'risk'],
    ['ledger', 'ledger-db'],
    ['risk', 'scoring'],
  ],
  services: {
    edge: { ...onVm, http_request_duration_seconds_p95: 0.3 },
    checkout: { ...onVm, http_request_duration_seconds_p95: 0.22 },
    ledger: { ...onVm, http_request_duration_seconds_p95: 0.06, db_pool_pending_connections: 0 },
    risk: { ...onVm, http_request_duration_seconds_p95: 0.09 },
    scoring: {
      http_request_duration_seconds_p95: 0.05,
      http_error_ratio: 0.002,
      http_requests_per_second: 40,
    },
    'ledger-db': { ...onVm, http_request_duration_seconds_p95: 0.012 },
    reports: onVm,
  },
  stepSeconds: 15,
  historySeconds: 3600,
  noise: 0.05,
};

const consumer: Metrics = {
  messages_processed_per_second: 900,
  processing_latency_p99_ms: 35,
  consumer_lag: 120,
  cpu_cores_used: 0.6,
  heap_used_bytes: 4e8,
  gc_pause_ms: 4,
};

/** A pipeline of streams, a point every second. */
export const pipeline: InventedSystem = {
  edges: [
    ['collector', 'broker'],
    ['enricher', 'broker'],
    ['enricher', 'geo'],
    ['sink', 'broker'],
  ],
  services: {
    collector: {
      request_rate: 900,
      latency_p99_ms: 12,
      error_rate: 0.5,
      cpu_cores_used: 0.4,
      heap_used_bytes: 2e8,
    },
    enricher: consumer,
    sink: { ...consumer, disk_free_bytes: 4e10, disk_write_latency_ms: 3 },
    geo: { request_rate: 900, latency_p99_ms: 6, error_rate: 0.2, cpu_cores_used: 0.3, threads_busy: 12 },
    broker: {
      messages_in_per_second: 1800,
      cpu_cores_used: 1.1,
      disk_free_bytes: 9e10,
      network_bytes_sent: 4e6,
    },
  },
  stepSeconds: 1,
  historySeconds: 1800,
  noise: 0.08,
};

/** A shop in a cloud, by the provider's metrics of five minutes. */
export const shop: InventedSystem = {
  edges: [
    ['front-lb', 'php'],
    ['php', 'shop-db'],
    ['php', 'shop-cache'],
  ],
  services: {
    'front-lb': {
      RequestCount: 9000,
      TargetResponseTime: 0.2,
      HTTPCode_Target_5XX_Count: 4,
      HealthyHostCount: 4,
    },
    php: {
      CPUUtilization: 35,
      MemoryUtilization: 48,
      NetworkOut: 5e7,
      request_latency_p90: 0.17,
      php_fpm_active_processes: 9,
    },
    'shop-db': {
      CPUUtilization: 18,
      DatabaseConnections: 45,
      FreeStorageSpace: 8e10,
      FreeableMemory: 5e9,
      ReadLatency: 0.001,
      WriteLatency: 0.002,
      ReadIOPS: 200,
      DiskQueueDepth: 0.3,
    },
    'shop-cache': { CPUUtilization: 7, CurrConnections: 30, Evictions: 0, CacheHitRate: 96 },
  },
  stepSeconds: 300,
  historySeconds: 6 * 3600,
  noise: 0.06,
};
