import { fromMs, toMs } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import {
  type ContainerShape,
  configMapOf,
  deploymentOf,
  endpointSliceOf,
  nodeOf,
  type PodState,
  podOf,
  replicaSetOf,
  serviceOf,
  templateOf,
  type WorkloadShape,
} from './objects.ts';
import type { World } from './world.ts';

/** Names of a small system of services in a row; the rules must be right whatever they are. */
export type Naming = {
  readonly cluster: string;
  readonly namespace: string;
  readonly labelKey: string;
  readonly container: string;
  readonly portName: string | undefined;
  /** Entry, two in the middle, the last one, and one that is not on the way. */
  readonly services: readonly [string, string, string, string, string];
};

export const namings: readonly Naming[] = [
  {
    cluster: 'blue',
    namespace: 'market',
    labelKey: 'app',
    container: 'main',
    portName: undefined,
    services: ['gateway', 'ordering', 'pricing', 'rates', 'banner'],
  },
  {
    cluster: 'eu-prod-2',
    namespace: 'team-7',
    labelKey: 'app.kubernetes.io/name',
    container: 'svc-b-app',
    portName: 'web',
    services: ['svc-a', 'svc-b', 'svc-c', 'svc-d', 'zz-worker'],
  },
];

/** When everything was deployed, when trouble begins, when the alert fires, and when one looks. */
export const times = {
  deployedAt: '2025-11-18T09:00:00Z',
  faultAt: '2025-11-21T12:00:00Z',
  alertAt: '2025-11-21T12:00:25Z',
  asOf: '2025-11-21T12:01:00Z',
} as const;
export const faultUnix = toMs(times.faultAt) / 1000;

export function shifted(instant: string, seconds: number): string {
  return fromMs(toMs(instant) + seconds * 1000);
}

/** A workload as it is kept while a world is built, so that rollouts can be made of it. */
type Kept = { shape: WorkloadShape; revision: number };

export type Shop = {
  readonly world: World;
  readonly naming: Naming;
  readonly entry: string;
  readonly near: string;
  readonly far: string;
  readonly last: string;
  readonly aside: string;
  readonly kept: Map<string, Kept>;
};

const running = (startedAt: string): PodState => ({ ready: true, state: { running: { startedAt } } });
const hashes = ['6d9c7b8f54', '7f5b9d4c68', '5c8d7f6b49', '84dbdf99d6'];

export function hashOfRevision(revision: number): string {
  return hashes[(revision - 1) % hashes.length] ?? '6d9c7b8f54';
}

function remove(world: World, kind: string, test: (name: string) => boolean): void {
  world.objects = world.objects.filter((object) => object.kind !== kind || !test(object.metadata.name));
}

/** A pseudo-random but fixed wobble, at most ±1. */
function wobble(unixSeconds: number, seed: number): number {
  return Math.sin(unixSeconds * 0.37 + seed * 13.1) * 0.6 + Math.sin(unixSeconds * 1.91 + seed) * 0.4;
}

function info(
  shop: { naming: Naming },
  service: string,
  signal: SeriesInfo['signal'],
  extra: Partial<SeriesInfo> = {},
): SeriesInfo {
  const { namespace } = shop.naming;
  const known: Readonly<Partial<Record<SeriesInfo['signal'], Partial<SeriesInfo>>>> = {
    errors: { name: 'http_server_requests_total', unit: 'ratio', statistic: 'ratio', badWhen: 'up' },
    latency: { name: 'http_server_request_duration_seconds', unit: 's', statistic: 'p95', badWhen: 'up' },
    traffic: { name: 'http_server_requests_total', unit: '1/s', statistic: 'rate', badWhen: 'either' },
    throttling: { name: 'container_cpu_cfs_periods_total', unit: 'ratio', statistic: 'ratio', badWhen: 'up' },
  };
  return {
    series: `${signal}|${service}|${extra.emitter?.version ?? ''}`,
    name: 'unnamed',
    emitter: { namespace, service },
    labels: { namespace, service },
    signal,
    ...known[signal],
    ...extra,
  };
}

const quietLevels: Readonly<Partial<Record<SeriesInfo['signal'], readonly [number, number]>>> = {
  errors: [0.004, 0.002],
  latency: [0.045, 0.006],
  traffic: [12, 1],
  throttling: [0.01, 0.008],
};

function addSignals(shop: Pick<Shop, 'world' | 'naming'>, service: string, seed: number): void {
  for (const signal of ['errors', 'latency', 'traffic', 'throttling'] as const) {
    const [level, noise] = quietLevels[signal] ?? [0, 0];
    shop.world.series.push({
      info: info(shop, service, signal),
      at: (unix) =>
        unix < toMs(times.deployedAt) / 1000 ? undefined : Math.max(0, level + noise * wobble(unix, seed)),
    });
  }
}

/** Makes a signal of a service take another value from a moment on. */
export function disturb(
  shop: Shop,
  service: string,
  signal: SeriesInfo['signal'],
  value: number | undefined,
  from = faultUnix + 5,
  until = Number.POSITIVE_INFINITY,
): void {
  shop.world.series = shop.world.series.map((series) => {
    if (series.info.signal !== signal || series.info.emitter.service !== service) return series;
    return {
      info: series.info,
      at: (unix) =>
        unix >= from && unix < until
          ? value === undefined
            ? undefined
            : value * (1 + 0.05 * wobble(unix, 3))
          : series.at(unix),
    };
  });
}

/** A signal of one version of a service, beside the service's own. */
export function addVersion(shop: Shop, service: string, version: string, value: number, from: number): void {
  const { namespace } = shop.naming;
  const labels = { namespace, service, version };
  shop.world.series.push({
    info: info(shop, service, 'errors', { emitter: labels, labels }),
    at: (unix) => (unix >= from ? value : undefined),
  });
}

export function event(
  shop: Shop,
  kind: string,
  name: string,
  reason: string,
  message: string,
  at: string,
  more: Partial<KubernetesEvent> = {},
): void {
  shop.world.events.push({
    namespace: shop.naming.namespace,
    kind,
    name,
    type: 'Warning',
    reason,
    message,
    count: 3,
    firstAt: at,
    lastAt: at,
    ...more,
  });
}

function addWorkload(
  shop: Pick<Shop, 'world' | 'naming' | 'kept'>,
  name: string,
  container: Partial<ContainerShape>,
): void {
  const { namespace, labelKey, portName } = shop.naming;
  const shape: WorkloadShape = {
    namespace,
    name,
    labels: { [labelKey]: name },
    container: {
      name: shop.naming.container,
      image: `registry.example/${name}:1.4.0`,
      port: 8080,
      ...(portName === undefined ? {} : { portName }),
      ...container,
    },
    replicas: 2,
  };
  shop.kept.set(name, { shape, revision: 1 });
  const template = templateOf(shape);
  const hash = hashOfRevision(1);
  const base = { workload: shape, template, hash, createdAt: times.deployedAt };
  shop.world.objects.push(
    deploymentOf({
      workload: shape,
      template,
      revision: 1,
      createdAt: times.deployedAt,
      ready: 2,
      updated: 2,
      total: 2,
      changedAt: times.deployedAt,
    }),
    replicaSetOf({ ...base, revision: 1, replicas: 2, ready: 2 }),
    podOf({ ...base, suffix: 'b4n8x', state: running(times.deployedAt), node: 'node-1' }),
    podOf({ ...base, suffix: 'q7w2c', state: running(times.deployedAt), node: 'node-2' }),
    serviceOf(namespace, name, shape.labels, portName ?? 8080),
    endpointSliceOf(namespace, name, [
      { ready: true, pod: `${name}-${hash}-b4n8x` },
      { ready: true, pod: `${name}-${hash}-q7w2c` },
    ]),
  );
}

/** A system in which nothing is wrong. */
export function healthyShop(naming: Naming): Shop {
  const world: World = {
    cluster: naming.cluster,
    objects: [nodeOf('node-1'), nodeOf('node-2')],
    events: [],
    logs: [],
    patterns: [],
    changes: [],
    edges: [],
    series: [],
    alerts: [],
    firingRules: [],
    broken: {},
  };
  const [entry, near, far, last, aside] = naming.services;
  const shop: Shop = { world, naming, entry, near, far, last, aside, kept: new Map() };
  naming.services.forEach((service, index) => {
    const next = naming.services[index + 1];
    const calls = index < 3 && next !== undefined ? [{ name: 'UPSTREAM', value: `http://${next}:80` }] : [];
    addWorkload(shop, service, {
      env: [...calls, { name: 'LOG_LEVEL', value: 'info' }],
      envFrom: [{ configMapRef: { name: `${service}-settings` } }],
    });
    const data = { CURRENCY_TABLE: 'eur,usd,gbp', RETRY_LIMIT: '3' };
    world.objects.push(configMapOf(naming.namespace, `${service}-settings`, data, data));
    addSignals(shop, service, index);
  });
  world.edges.push({ from: entry, to: near }, { from: near, to: far }, { from: far, to: last });
  return shop;
}

export type RolloutOptions = {
  readonly change: (shape: WorkloadShape) => WorkloadShape;
  readonly at?: string;
  /** How the new pods stand; they are as many as `newPods`. */
  readonly state: PodState;
  readonly newPods: number;
  readonly oldPods: number;
};

/** Rolls a changed template out: a new revision, its pods, and what is left of the old ones. */
export function rollOut(
  shop: Shop,
  name: string,
  options: RolloutOptions,
): { readonly pods: readonly string[] } {
  const kept = shop.kept.get(name);
  if (kept === undefined) throw new Error(`no workload ${name}`);
  const { world, naming } = shop;
  const at = options.at ?? times.faultAt;
  const former = kept.shape;
  const shape = options.change(former);
  const revision = kept.revision + 1;
  shop.kept.set(name, { shape, revision });
  const [template, hash] = [templateOf(shape), hashOfRevision(revision)];
  const [oldTemplate, oldHash] = [templateOf(former), hashOfRevision(kept.revision)];
  remove(world, 'Deployment', (other) => other === name);
  remove(world, 'EndpointSlice', (other) => other.startsWith(`${name}-`));
  remove(world, 'Pod', (other) => other.startsWith(`${name}-${oldHash}-`));
  remove(world, 'ReplicaSet', (other) => other === `${name}-${oldHash}`);
  const suffixes = ['c9t5m', 'k2v7d', 'w8s4j'];
  const oldNames = suffixes.slice(0, options.oldPods).map((suffix) => `${name}-${oldHash}-${suffix}`);
  const newNames = suffixes.slice(0, options.newPods).map((suffix) => `${name}-${hash}-${suffix}`);
  const ready = options.oldPods + (options.state.ready ? options.newPods : 0);
  const newReady = options.state.ready ? options.newPods : 0;
  world.objects.push(
    deploymentOf({
      workload: shape,
      template,
      revision,
      createdAt: times.deployedAt,
      ready,
      updated: options.newPods,
      total: options.oldPods + options.newPods,
      changedAt: at,
    }),
    replicaSetOf({
      workload: former,
      template: oldTemplate,
      hash: oldHash,
      revision: revision - 1,
      createdAt: times.deployedAt,
      replicas: options.oldPods,
      ready: options.oldPods,
    }),
    replicaSetOf({
      workload: shape,
      template,
      hash,
      revision,
      createdAt: at,
      replicas: options.newPods,
      ready: newReady,
    }),
    ...suffixes.slice(0, options.oldPods).map((suffix) =>
      podOf({
        workload: former,
        template: oldTemplate,
        hash: oldHash,
        suffix,
        createdAt: times.deployedAt,
        state: running(times.deployedAt),
        node: 'node-1',
      }),
    ),
    ...suffixes.slice(0, options.newPods).map((suffix) =>
      podOf({
        workload: shape,
        template,
        hash,
        suffix,
        createdAt: at,
        state: options.state,
        node: 'node-2',
      }),
    ),
    endpointSliceOf(naming.namespace, name, [
      ...oldNames.map((pod) => ({ ready: true, pod })),
      ...newNames.map((pod) => ({ ready: options.state.ready, pod })),
    ]),
  );
  event(
    shop,
    'Deployment',
    name,
    'ScalingReplicaSet',
    `Scaled up replica set ${name}-${hash} from 0 to 1`,
    at,
    { type: 'Normal', count: 1 },
  );
  return { pods: newNames };
}

/** Puts another state on the pods of the present revision, as after a crash without a rollout. */
export function breakPods(shop: Shop, name: string, state: PodState): { readonly pods: readonly string[] } {
  const kept = shop.kept.get(name);
  if (kept === undefined) throw new Error(`no workload ${name}`);
  const { shape, revision } = kept;
  const hash = hashOfRevision(revision);
  const template = templateOf(shape);
  const suffixes = ['b4n8x', 'q7w2c'];
  remove(shop.world, 'Pod', (other) => other.startsWith(`${name}-${hash}-`));
  remove(shop.world, 'Deployment', (other) => other === name);
  remove(shop.world, 'EndpointSlice', (other) => other.startsWith(`${name}-`));
  const ready = state.ready ? 2 : 0;
  shop.world.objects.push(
    deploymentOf({
      workload: shape,
      template,
      revision,
      createdAt: times.deployedAt,
      ready,
      updated: 2,
      total: 2,
      changedAt: times.faultAt,
    }),
    ...suffixes.map((suffix) =>
      podOf({ workload: shape, template, hash, suffix, createdAt: times.deployedAt, state, node: 'node-1' }),
    ),
    endpointSliceOf(
      shop.naming.namespace,
      name,
      suffixes.map((suffix) => ({ ready: state.ready, pod: `${name}-${hash}-${suffix}` })),
    ),
  );
  return { pods: suffixes.map((suffix) => `${name}-${hash}-${suffix}`) };
}

/** Replaces an object by a changed copy. */
export function edit(
  shop: Shop,
  kind: string,
  name: string,
  change: (object: Record<string, unknown>) => Record<string, unknown>,
): void {
  shop.world.objects = shop.world.objects.map((object) =>
    object.kind === kind && object.metadata.name === name ? { ...object, ...change(object) } : object,
  );
}

/** A write of configuration as it is recorded. */
export function recordEdit(shop: Shop, kind: string, name: string, at: string = times.faultAt): void {
  const { namespace } = shop.naming;
  const id = `${kind}/${namespace}/${name}`;
  shop.world.changes.push({
    id: `${id}@${at}`,
    at,
    kind: 'config',
    namespace,
    summary: `${id} was written by kubectl-edit (its fields: spec.selector)`,
    details: { kind, name },
  });
}

/** The container of a shape, changed. */
export function withContainer(change: Partial<ContainerShape>): (shape: WorkloadShape) => WorkloadShape {
  return (shape) => ({ ...shape, container: { ...shape.container, ...change } });
}

export const crashed = (exitCode: number, reason: string, at: string, restartCount = 3): PodState => ({
  ready: false,
  state: {
    waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting failed container=main pod=x' },
  },
  lastState: {
    terminated: {
      exitCode,
      reason,
      startedAt: at,
      finishedAt: shifted(at, 1),
      containerID: 'containerd://abc',
    },
  },
  restartCount,
});
