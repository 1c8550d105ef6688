import type { Evidence } from '#domain/evidence.ts';
import type { HostUnit } from '#domain/tools/hosts.ts';
import { hostUnits } from '#domain/tools/hosts.ts';
import {
  type KubernetesEvent,
  kubernetesListEvents,
  kubernetesListObjects,
} from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { type LogLine, logsWindow } from '#domain/tools/logs.ts';
import { type ProbeResult, probeResults } from '#domain/tools/probes.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { pluralOf, type Snapshot, snapshotOf } from '../analysis/kubernetes/snapshot.ts';
import type { Finding } from '../analyzers/define-analyzer.ts';
import { examine } from '../analyzers/housekeeping/registry.ts';
import { mergeFindings } from '../analyzers/merge-findings.ts';
import { analyze } from '../analyzers/registry.ts';
import { ask } from '../ask.ts';

/** A cluster made of a few objects, for tests of single analyzers. */

export const now = '2026-03-04T12:00:00Z';
const cluster = 'blue';

export type Parts = {
  /** Plural kinds that were read; default: those of the objects. */
  readonly read?: readonly string[];
  readonly events?: readonly Partial<KubernetesEvent>[];
  readonly units?: readonly HostUnit[];
  readonly probes?: readonly ProbeResult[];
  readonly edges?: readonly { readonly from: string; readonly to: string }[];
  readonly lines?: readonly Partial<LogLine>[];
};

export type Draft = {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | null;
  readonly apiVersion?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
};

/** An object of namespace `market`; of none where that is null. */
export function object({ kind, name, namespace = 'market', metadata, ...rest }: Draft): KubernetesObject {
  return {
    ...rest,
    kind,
    metadata: { name, ...(namespace === null ? {} : { namespace }), ...metadata },
  } as KubernetesObject;
}

/** A list takes so many kinds at once. */
const mostKinds = 40;

export function snapshotWith(objects: readonly KubernetesObject[], parts: Parts = {}): Snapshot {
  const kinds = [...new Set([...(parts.read ?? []), ...objects.map(({ kind }) => pluralOf(kind))])];
  const answers = [
    [ask(kubernetesListObjects, { cluster, kinds: kinds.slice(0, mostKinds) }, ''), objects],
    ...(kinds.length > mostKinds
      ? [[ask(kubernetesListObjects, { cluster, kinds: kinds.slice(mostKinds) }, ''), []] as const]
      : []),
    [
      ask(kubernetesListEvents, { cluster }, ''),
      (parts.events ?? []).map((event) => ({
        namespace: 'market',
        kind: 'Pod',
        name: '',
        type: 'Warning',
        reason: '',
        message: '',
        count: 1,
        lastAt: now,
        ...event,
      })),
    ],
    [ask(hostUnits, { cluster }, ''), parts.units ?? []],
    [ask(probeResults, {}, ''), parts.probes ?? []],
    [ask(topologyEdges, { cluster }, ''), parts.edges ?? []],
    [
      ask(logsWindow, { cluster, emitter: {} }, ''),
      (parts.lines ?? []).map((line) => ({ emitter: {}, message: '', previous: false, ...line })),
    ],
  ] as const;
  const evidence: Evidence[] = answers.map(([call, items], index) => ({
    id: `e${index}`,
    call,
    asOf: now,
    output: { items, truncated: false, gaps: [] },
    digest: '',
    truncated: false,
    gaps: [],
  }));
  return snapshotOf({ evidence, asOf: now }, cluster);
}

/** What all analyzers find in it, merged as people see it. */
export function findingsWith(objects: readonly KubernetesObject[], parts: Parts = {}): Finding[] {
  return mergeFindings(analyze(snapshotWith(objects, parts)));
}

/** What people are told of it who look after the cluster: what is left over as well. */
export function examinedWith(objects: readonly KubernetesObject[], parts: Parts = {}): Finding[] {
  return mergeFindings(examine(snapshotWith(objects, parts)));
}

/** `error code Kind/name`, without what is only for information and what follows from something deeper. */
export function told(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ severity, consequence }) => severity !== 'info' && !consequence)
    .map(({ severity, code, object: { kind, name } }) => `${severity} ${code} ${kind}/${name}`)
    .toSorted();
}

type ContainerDraft = Readonly<Record<string, unknown>>;

/** A Deployment whose pods are ready, unless its status says otherwise. */
export function deployment(
  name: string,
  container: ContainerDraft = {},
  more: Partial<Draft> = {},
): KubernetesObject {
  const labels = { app: name };
  const { spec, ...rest } = more;
  return object({
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    name,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: `reg.example/${name}:1`, ...container }] },
      },
      ...(spec as object | undefined),
    },
    status: { observedGeneration: 1, replicas: 1, readyReplicas: 1, updatedReplicas: 1 },
    ...rest,
  });
}

/** A pod that runs and is ready, unless it is said otherwise; of a Deployment `app`, through its ReplicaSet. */
export function pod(
  name: string,
  app: string,
  more: { readonly spec?: object; readonly status?: object; readonly metadata?: object } = {},
): KubernetesObject {
  return object({
    kind: 'Pod',
    apiVersion: 'v1',
    name,
    metadata: {
      labels: { app },
      creationTimestamp: '2026-03-04T11:30:00Z',
      ownerReferences: [{ kind: 'ReplicaSet', name: `${app}-5d8f9c7b6d`, controller: true }],
      ...more.metadata,
    },
    spec: { nodeName: 'n1', containers: [{ name: 'app', image: `reg.example/${app}:1` }], ...more.spec },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'app',
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: '2026-03-04T11:30:05Z' } },
        },
      ],
      ...more.status,
    },
  });
}

export function service(name: string, ports: readonly object[], more: object = {}): KubernetesObject {
  return object({
    kind: 'Service',
    apiVersion: 'v1',
    name,
    spec: { selector: { app: name }, clusterIP: '10.0.0.9', ports, ...more },
  });
}

export function node(
  name: string,
  more: { readonly labels?: object; readonly spec?: object; readonly status?: object } = {},
): KubernetesObject {
  return object({
    kind: 'Node',
    apiVersion: 'v1',
    name,
    namespace: null,
    metadata: { labels: { 'kubernetes.io/hostname': name, ...more.labels } },
    spec: more.spec ?? {},
    status: more.status ?? { conditions: [{ type: 'Ready', status: 'True' }] },
  });
}
