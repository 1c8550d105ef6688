import { z } from 'zod';
import {
  deploymentOf,
  endpointSliceOf,
  nodeOf,
  type PodState,
  podOf,
  replicaSetOf,
  serviceOf,
  templateOf,
  type WorkloadShape,
} from '#agents/testing/objects.ts';
import type { LiveSeries, World } from '#agents/testing/world.ts';
import { toolsOf } from '#agents/testing/world.ts';
import { UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { type Level, metricsLevels } from '#domain/tools/prometheus.ts';
import type { ToolClient } from '#mcp-tools/runtime/client.ts';

/** A system over a day, as tool servers would tell of it: daily cycle, noise, deploys, an autoscaler, an old wound. */

const namespace = 'depot';
export const hour = 3600;
export const day = 24 * hour;
/** Midnight, unix seconds. */
export const dayStart = 1_772_323_200;

/** What is done to the system from a moment on; each part replaces what the quiet day has. */
export type Planted = {
  readonly at: number;
  /** How the pods of a workload stand. */
  readonly pods?: { readonly workload: string; readonly state: (since: number, at: number) => PodState };
  /** A signal's value, by `signal|service`. */
  readonly signals?: Readonly<Record<string, (since: number) => number>>;
  /** A level's value, by its name. */
  readonly levels?: Readonly<Record<string, (since: number, quiet: number) => number>>;
  readonly nodeDown?: string;
};

/** Noise of ±1 that is the same whenever it is asked for. */
function noise(seed: number, at: number): number {
  const bits =
    Math.imul(Math.imul(at ^ 0x9e37, 0x85ebca6b) ^ Math.imul(seed + 1, 0xc2b2ae35), 0x27d4eb2f) >>> 0;
  return ((bits ^ (bits >>> 15)) >>> 0) / 0x7fffffff - 1;
}

/** 0 at night, 1 in the afternoon. */
const busy = (at: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at - dayStart - 3 * hour)) / day);

const hashes = ['7c9d5b6f48', '5f8b6d9c74', '6b7d8f5c94', '84c5d7b6f9'];
const deploys: Readonly<Record<string, readonly number[]>> = {
  stock: [3, 11, 19],
  gate: [8, 16],
  ledger: [14],
};
/** How long a rollout takes, and for how long of it a new pod is not ready. */
const rolloutSeconds = 100;
const startSeconds = 50;

function shapeOf(name: string, replicas: number): WorkloadShape {
  return {
    namespace,
    name,
    labels: { app: name },
    container: { name: 'main', image: `registry.example/${name}:2`, port: 8080 },
    replicas,
  };
}

function replicasAt(name: string, at: number): number {
  return name === 'gate' ? 2 + Math.round(3 * busy(at)) : 2;
}

function rolledOut(name: string, at: number): { done: number; since: number | undefined } {
  const begun = (deploys[name] ?? []).map((hours) => dayStart + hours * hour).filter((start) => start <= at);
  const last = begun.at(-1);
  const running = last !== undefined && at < last + rolloutSeconds;
  return { done: begun.length - (running ? 1 : 0), since: running ? at - last : undefined };
}

const longAgo = fromMs((dayStart - 5 * day) * 1000);
const runningSince = (at: string): PodState => ({ ready: true, state: { running: { startedAt: at } } });

type Made = { readonly objects: KubernetesObject[]; readonly events: KubernetesEvent[] };

function workloadAt(name: string, at: number, planted: Planted | undefined): Made {
  const replicas = replicasAt(name, at);
  const shape = shapeOf(name, replicas);
  const template = templateOf(shape);
  const { done, since } = rolledOut(name, at);
  const hash = hashes[done % hashes.length] ?? 'x';
  const bad = planted?.pods?.workload === name && at >= planted.at ? planted : undefined;
  const state = bad?.pods?.state(at - bad.at, bad.at) ?? runningSince(longAgo);
  const createdAt = longAgo;
  const base = { workload: shape, template, createdAt };
  // Its pods have been made anew, as after a drain.
  const bornAt = bad === undefined ? createdAt : fromMs(bad.at * 1000);
  const pods = Array.from({ length: replicas }, (_, index) =>
    podOf({
      ...base,
      createdAt: bornAt,
      hash,
      suffix: `b${index}n8x`,
      state,
      node: index % 2 === 0 ? 'node-1' : 'node-2',
    }),
  );
  const ready = state.ready ? replicas : 0;
  const events: KubernetesEvent[] = [];
  const objects: KubernetesObject[] = [
    replicaSetOf({ ...base, hash, revision: done + 1, replicas, ready }),
    ...pods,
    serviceOf(namespace, name, shape.labels, 8080),
    endpointSliceOf(
      namespace,
      name,
      pods.map(({ metadata }) => ({ ready: state.ready, pod: metadata.name })),
    ),
  ];
  if (since !== undefined) {
    const newHash = hashes[(done + 1) % hashes.length] ?? 'y';
    const isReady = since >= startSeconds;
    const started = fromMs((at - since) * 1000);
    const newPod = podOf({
      ...{ ...base, hash: newHash, suffix: 'k2v7d', createdAt: started, node: 'node-2' },
      state: { ready: isReady, state: { running: { startedAt: started } } },
    });
    objects.push(
      replicaSetOf({
        ...base,
        hash: newHash,
        revision: done + 2,
        replicas: 1,
        ready: isReady ? 1 : 0,
        createdAt: started,
      }),
      newPod,
    );
    if (!isReady) {
      events.push({
        ...{
          namespace,
          kind: 'Pod',
          name: newPod.metadata.name,
          type: 'Warning',
          reason: 'Unhealthy',
          count: 3,
        },
        message:
          'Readiness probe failed: Get "http://10.244.1.7:8080/healthz": dial tcp 10.244.1.7:8080: connect: connection refused',
        ...{ firstAt: started, lastAt: fromMs(at * 1000) },
      });
    }
  }
  objects.push(
    deploymentOf({
      ...{ workload: shape, template, revision: done + (since === undefined ? 1 : 2), createdAt, ready },
      ...{ updated: since === undefined ? replicas : 1, total: replicas + (since === undefined ? 0 : 1) },
      changedAt: fromMs((at - (since ?? 0)) * 1000),
    }),
  );
  return { objects, events };
}

/** It has not worked for days, and everybody knows. */
function oldWound(): KubernetesObject[] {
  const shape = shapeOf('museum', 1);
  const template = templateOf(shape);
  const base = { workload: shape, template, createdAt: longAgo, hash: '5d7c9f8b64' };
  const ended = { exitCode: 1, reason: 'Error', startedAt: longAgo, finishedAt: longAgo };
  const state: PodState = {
    ready: false,
    state: {
      waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container=main' },
    },
    lastState: { terminated: ended },
    restartCount: 812,
  };
  return [
    deploymentOf({ ...base, revision: 1, ready: 0, updated: 1, total: 1, changedAt: longAgo }),
    replicaSetOf({ ...base, revision: 1, replicas: 1, ready: 0 }),
    podOf({ ...base, suffix: 'w8s4j', state, node: 'node-1' }),
  ];
}

function autoscaler(at: number): KubernetesObject {
  const replicas = replicasAt('gate', at);
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'gate', namespace, creationTimestamp: longAgo },
    spec: {
      minReplicas: 2,
      maxReplicas: 6,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gate' },
    },
    status: {
      currentReplicas: replicas,
      desiredReplicas: replicas,
      conditions: [
        { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
        { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
        { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' },
      ],
    },
  };
}

function nodeAt(name: string, downSince: number | undefined): KubernetesObject {
  const { status, ...node } = nodeOf(name, downSince === undefined);
  if (downSince === undefined) return { ...node, status };
  const { conditions } = z.object({ conditions: z.array(z.looseObject({ type: z.string() })) }).parse(status);
  const at = fromMs(downSince * 1000);
  return {
    ...node,
    status: {
      conditions: conditions.map((one) => (one.type === 'Ready' ? { ...one, lastTransitionTime: at } : one)),
    },
  };
}

const workloads = ['gate', 'stock', 'ledger'];

function worldAt(at: number, series: LiveSeries[], planted: Planted | undefined): World {
  const made = workloads.map((name) => workloadAt(name, at, planted));
  const down = planted !== undefined && at >= planted.at ? planted.nodeDown : undefined;
  return {
    ...{
      cluster: 'c1',
      logs: [],
      patterns: [],
      changes: [],
      alerts: [],
      firingRules: [],
      broken: {},
      series,
    },
    objects: [
      ...['node-1', 'node-2', 'node-3'].map((name) => nodeAt(name, name === down ? planted?.at : undefined)),
      ...made.flatMap(({ objects }) => objects),
      ...oldWound(),
      autoscaler(at),
    ],
    events: made.flatMap(({ events }) => events),
    edges: [
      { from: 'gate', to: 'stock' },
      { from: 'stock', to: 'ledger' },
    ],
  };
}

/** Requests of a service that is being deployed are slower for a moment, and one in some thousand points is wild. */
function quietSignal(signal: 'errors' | 'latency', service: string, seed: number): (at: number) => number {
  return (at) => {
    const { since } = rolledOut(service, at);
    const wild = noise(seed + 50, at) > 0.999;
    if (signal === 'errors') {
      return Math.max(
        0,
        0.003 + 0.002 * noise(seed, at) + (since === undefined ? 0 : 0.01) + (wild ? 0.3 : 0),
      );
    }
    const usual = 0.06 + 0.05 * busy(at) + 0.01 * noise(seed, at);
    return usual * (since !== undefined && since < 40 ? 2 : 1) * (wild ? 6 : 1);
  };
}

function seriesOf(planted: Planted | undefined): LiveSeries[] {
  return workloads.flatMap((service, index) =>
    (['errors', 'latency'] as const).map((signal): LiveSeries => {
      const quiet = quietSignal(signal, service, index * 2 + (signal === 'errors' ? 0 : 1));
      const changed = planted?.signals?.[`${signal}|${service}`];
      const labels = { namespace, service };
      return {
        info: {
          ...{
            series: `${signal}|${service}`,
            name: `http_server_${signal}`,
            emitter: labels,
            labels,
            signal,
          },
          ...(signal === 'errors' ? { unit: 'ratio', statistic: 'ratio' } : { unit: 's', statistic: 'p95' }),
          badWhen: 'up',
        },
        at: (at) =>
          planted !== undefined && changed !== undefined && at >= planted.at
            ? changed(at - planted.at) * (1 + 0.05 * noise(index, at))
            : quiet(at),
      };
    }),
  );
}

type QuietLevel = Pick<Level, 'kind' | 'metric' | 'labels'> & { readonly at: (at: number) => number };

/** Sawteeth, cycles and slow growth: what levels do where all is well. */
const quietLevels: Readonly<Record<string, QuietLevel>> = {
  logs: {
    ...{
      kind: 'disk',
      metric: 'node_filesystem_avail_bytes',
      labels: { node: 'node-1', mountpoint: '/var/log' },
    },
    at: (at) => 0.4 + 0.5 * (((at - 4 * hour) / day) % 1) + 0.004 * noise(11, at),
  },
  data: {
    ...{
      kind: 'disk',
      metric: 'kubelet_volume_stats_available_bytes',
      labels: { namespace, persistentvolumeclaim: 'ledger-data' },
    },
    at: (at) => 0.55 + (0.002 * (at - dayStart)) / day + 0.0005 * noise(12, at),
  },
  inodes: {
    ...{ kind: 'inodes', metric: 'node_filesystem_files_free', labels: { node: 'node-2', mountpoint: '/' } },
    at: () => 0.62,
  },
  memory: {
    ...{
      kind: 'memory',
      metric: 'container_memory_working_set_bytes',
      labels: { namespace, pod: 'stock-0', container: 'main' },
    },
    at: (at) => 0.35 + 0.45 * ((at / (2.7 * hour)) % 1) + 0.02 * noise(13, at),
  },
  quota: {
    ...{
      kind: 'quota',
      metric: 'kube_resourcequota',
      labels: { namespace, resourcequota: 'depot', resource: 'pods' },
    },
    at: (at) => (6 + Math.round(3 * busy(at))) / 12,
  },
  connections: {
    ...{
      kind: 'connections',
      metric: 'pg_stat_activity_count',
      labels: { namespace, service: 'ledger', instance: 'ledger:9187' },
    },
    at: (at) => 0.3 + 0.5 * busy(at) + 0.03 * noise(14, at),
  },
  door: {
    ...{
      kind: 'certificate',
      metric: 'probe_ssl_earliest_cert_expiry',
      labels: { instance: 'https://depot.example' },
    },
    at: () => dayStart + 40 * day,
  },
  mesh: {
    ...{
      kind: 'certificate',
      metric: 'certmanager_certificate_expiration_timestamp_seconds',
      labels: { namespace, name: 'mesh' },
    },
    // Lives for a day, and is renewed when eight hours are left.
    at: (at) => Math.floor(at / (16 * hour)) * 16 * hour + day,
  },
};

function levelsAt(planted: Planted | undefined, args: Readonly<Record<string, unknown>>): Level[] {
  const { from, to, stepSeconds } = metricsLevels.input.parse(args);
  const [start, end] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
  const steps = Math.floor((end - start) / stepSeconds);
  return Object.entries(quietLevels).map(([name, { at: quiet, ...level }]) => ({
    ...level,
    points: Array.from({ length: steps + 1 }, (_, index): [number, number] => {
      const at = end - (steps - index) * stepSeconds;
      const changed = planted?.levels?.[name];
      const value = quiet(at);
      return [
        at,
        changed !== undefined && planted !== undefined && at >= planted.at
          ? changed(at - planted.at, value)
          : value,
      ];
    }),
  }));
}

/** The tools of a patrol over the simulated system, at the moment that the clock says. */
export function simulatedTools(clock: () => number, planted?: Planted): ToolClient {
  const series = seriesOf(planted);
  return {
    tools: async () => [metricsLevels.name],
    close: async () => undefined,
    call: async ({ server, tool, arguments: args }) => {
      if (tool === metricsLevels.name) {
        const items = levelsAt(planted, args);
        return {
          output: { items, truncated: false, gaps: [] },
          digest: '',
          truncated: false,
          gaps: [],
          durationMs: 1,
        };
      }
      const at = clock();
      const answer = toolsOf(worldAt(at, series, planted), fromMs(at * 1000));
      const { output, error, gaps, truncated, digest } = await answer({
        server,
        tool,
        arguments: args,
        why: '',
      });
      if (error !== undefined) throw new UnderstudyError('unavailable', error.message);
      return { output, digest, truncated, gaps, durationMs: 1 };
    },
  };
}
