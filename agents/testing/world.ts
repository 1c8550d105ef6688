import type { AgentTask, AgentView, Findings } from '#domain/agent-turn.ts';
import type { Alert } from '#domain/alert.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import { fromMs, toMs } from '#domain/time.ts';
import { alertmanagerListAlerts } from '#domain/tools/alertmanager.ts';
import { type Change, changesList } from '#domain/tools/changes.ts';
import {
  type KubernetesEvent,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { type LogLine, type LogPattern, logsPatterns, logsWindow } from '#domain/tools/logs.ts';
import {
  metricsListSeries,
  metricsTargets,
  metricsWindow,
  monitorsList,
  type SeriesInfo,
} from '#domain/tools/prometheus.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { readWorkload } from '../analysis/kubernetes/workload.ts';
import { agents } from '../registry.ts';
import type { CallTool } from '../run-in-process.ts';

/** A series whose value is a function of time, in Unix seconds; undefined where there is no point. */
export type LiveSeries = {
  readonly info: SeriesInfo;
  readonly at: (unixSeconds: number) => number | undefined;
};

/** A world for agents to look at: what each tool would find there. */
export type World = {
  readonly cluster: string;
  objects: KubernetesObject[];
  events: KubernetesEvent[];
  logs: LogLine[];
  patterns: LogPattern[];
  changes: Change[];
  edges: { from: string; to: string }[];
  series: LiveSeries[];
  alerts: Alert[];
  /** Alerts whose rule is met still, as Prometheus sees it. */
  firingRules: Alert[];
  /** Tools that fail, with the message. */
  broken: Record<string, string>;
};

const plurals: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Deployment: 'deployments',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  Service: 'services',
  EndpointSlice: 'endpointslices',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  Node: 'nodes',
  Job: 'jobs',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  NetworkPolicy: 'networkpolicies',
  PersistentVolumeClaim: 'persistentvolumeclaims',
};

type Args = Readonly<Record<string, unknown>>;

function page(items: readonly unknown[]): unknown {
  return { items, truncated: false, gaps: [] };
}

function pointsOf(series: LiveSeries, args: Args): [number, number][] {
  const { from, to, stepSeconds } = metricsWindow.input.parse(args);
  const points: [number, number][] = [];
  for (let at = Math.ceil(toMs(from) / 1000); at <= toMs(to) / 1000; at += stepSeconds) {
    const value = series.at(at);
    if (value !== undefined) points.push([at, value]);
  }
  return points;
}

function revisionsOf(world: World, args: Args): unknown[] {
  const { namespace } = kubernetesListRevisions.input.parse(args);
  return world.objects
    .filter(({ kind, metadata }) => kind === 'ReplicaSet' && metadata.namespace === namespace)
    .flatMap((set) => {
      const name = set.metadata.ownerReferences?.[0]?.name ?? '';
      const deployment = world.objects.find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === name,
      );
      const revision = Number(set.metadata.annotations?.['deployment.kubernetes.io/revision']);
      const { spec, status } = readWorkload(world.cluster, '', set);
      if (!Number.isInteger(revision) || spec?.template === undefined) return [];
      return [
        {
          workload: { kind: 'Deployment', namespace, name },
          revision,
          createdAt: set.metadata.creationTimestamp ?? undefined,
          template: spec.template,
          replicas: spec.replicas,
          ready: status?.readyReplicas,
          current:
            deployment?.metadata.annotations?.['deployment.kubernetes.io/revision'] === String(revision),
        },
      ];
    });
}

function logsOf(world: World, args: Args): unknown[] {
  const { emitter, previous, tailLines } = logsWindow.input.parse(args);
  return world.logs
    .filter((line) => line.emitter.pod === emitter.pod && line.previous === previous)
    .slice(-tailLines);
}

const answers: Readonly<Record<string, (world: World, args: Args) => unknown>> = {
  [kubernetesListObjects.name]: (world, args) => {
    const { kinds, namespace } = kubernetesListObjects.input.parse(args);
    return page(
      world.objects.filter(
        ({ kind, metadata }) =>
          kinds.includes(plurals[kind] ?? '') &&
          (namespace === undefined || metadata.namespace === namespace),
      ),
    );
  },
  [kubernetesListEvents.name]: (world, args) => {
    const { namespace } = kubernetesListEvents.input.parse(args);
    return page(world.events.filter((event) => namespace === undefined || event.namespace === namespace));
  },
  [kubernetesListRevisions.name]: (world, args) => page(revisionsOf(world, args)),
  [changesList.name]: (world) => page(world.changes),
  [topologyEdges.name]: (world) => page(world.edges),
  [logsWindow.name]: (world, args) => page(logsOf(world, args)),
  [logsPatterns.name]: (world, args) => {
    const { emitter } = logsPatterns.input.parse(args);
    return page(world.patterns.filter((pattern) => pattern.emitter.workload === emitter.workload));
  },
  [metricsListSeries.name]: (world, args) => {
    const { emitter } = metricsListSeries.input.parse(args);
    return page(
      world.series
        .map(({ info }) => info)
        .filter(
          (info) =>
            emitter.service === undefined ||
            [info.emitter.service, info.emitter.source].includes(emitter.service),
        )
        .filter((info) => emitter.namespace === undefined || info.emitter.namespace === emitter.namespace),
    );
  },
  [metricsWindow.name]: (world, args) => {
    const { series } = metricsWindow.input.parse(args);
    return page(
      world.series
        .filter(({ info }) => series.includes(info.series))
        .map((one) => ({ info: one.info, points: pointsOf(one, args) })),
    );
  },
  [metricsTargets.name]: () => page([]),
  [monitorsList.name]: (world) =>
    page(world.firingRules.map(({ labels }) => ({ name: labels.alertname, state: 'firing', labels }))),
  [alertmanagerListAlerts.name]: (world) =>
    page(
      world.alerts
        .filter(({ status }) => status === 'firing')
        .map((alert) => ({ ...alert, state: 'active', silencedBy: [], inhibitedBy: [] })),
    ),
};

/** Answers calls from a world, as the tool servers would. */
export function toolsOf(world: World, asOf: string): CallTool {
  let number = 0;
  return async (call: ToolCall): Promise<Evidence> => {
    number += 1;
    const base = { id: `e${number}`, call, asOf, digest: '', truncated: false };
    const failure =
      world.broken[call.tool] ??
      (answers[call.tool] === undefined ? `${call.tool} is not connected` : undefined);
    if (failure !== undefined) {
      return { ...base, output: null, gaps: [failure], error: { code: 'unavailable', message: failure } };
    }
    // Through JSON, as the evidence store does it.
    return {
      ...base,
      output: JSON.parse(JSON.stringify(answers[call.tool]?.(world, call.arguments))),
      gaps: [],
    };
  };
}

/** Every tool that the agents know. */
export const allTools: readonly string[] = [
  ...new Set(agents.flatMap(({ tools }) => tools.map(({ name }) => name))),
];

export function viewOf(
  world: World,
  task: AgentTask,
  asOf: string,
  more: Partial<AgentView> = {},
): AgentView {
  const [first] = more.alerts ?? world.alerts;
  const findings: Findings = {};
  return {
    task,
    round: 0,
    asOf,
    incident: {
      id: '01970000-0000-7000-8000-000000000001',
      source: 'alertmanager',
      groupKey: '{}:{alertname="x"}',
      severity: 'sev2',
      title: first?.annotations.summary ?? 'an alert',
      openedAt: first?.startsAt ?? asOf,
      deliveryCount: 1,
    },
    alerts: world.alerts,
    services: [],
    clusters: [world.cluster],
    tools: allTools,
    evidence: [],
    findings,
    tried: [],
    ...more,
  };
}

export function alertOf(
  labels: Readonly<Record<string, string>>,
  startsAt: string,
  summary = '',
  status: Alert['status'] = 'firing',
): Alert {
  return {
    fingerprint: `f-${labels.alertname ?? 'none'}-${labels.service ?? labels.pod ?? ''}`,
    status,
    labels: { ...labels },
    annotations: summary === '' ? {} : { summary },
    startsAt,
    generatorUrl: 'http://prometheus:9090/graph?g0.expr=up',
    ...(status === 'resolved' ? { endsAt: fromMs(toMs(startsAt) + 20_000) } : {}),
  };
}
