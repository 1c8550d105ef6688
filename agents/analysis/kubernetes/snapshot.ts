import type { AgentView } from '#domain/agent-turn.ts';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { Instant } from '#domain/time.ts';
import { type Change, changesList } from '#domain/tools/changes.ts';
import { type HostUnit, hostUnits } from '#domain/tools/hosts.ts';
import {
  type KubernetesEvent,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
  type Revision,
} from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { type LogLine, type LogPattern, logsPatterns, logsWindow } from '#domain/tools/logs.ts';
import { type ProbeResult, probeResults } from '#domain/tools/probes.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { answersOf } from '../../answers.ts';
import type { CallEdge } from '../topology.ts';
import {
  type Endpoints,
  type NetworkPolicy,
  readEndpoints,
  readNetworkPolicy,
  readService,
  type Service,
} from './networking.ts';
import {
  type Autoscaler,
  type Claim,
  type ConfigObject,
  type Node,
  readAutoscaler,
  readClaim,
  readConfigObject,
  readNode,
} from './others.ts';
import { perSnapshot } from './per-snapshot.ts';
import { type Pod, readPod } from './pod.ts';
import { readWorkload, type Workload } from './workload.ts';

/** Something that evidence holds, with the evidence's id. */
export type Sourced<T> = T & { readonly evidenceId: string };

/** A cluster as far as it was looked at: objects by kind, and what was said and done around them. */
export type Snapshot = {
  readonly cluster: string;
  readonly asOf: Instant;
  /** Plural kinds that were read. Of a kind that is not here, the absence of an object says nothing. */
  readonly kindsRead: ReadonlySet<string>;
  /** Where each of them was read; undefined stands for everywhere. */
  readonly placesRead: Places;
  /** Every object as it came, by kind: for kinds that have no field here. */
  readonly objects: ReadonlyMap<string, readonly Found[]>;
  readonly pods: readonly Pod[];
  readonly deployments: readonly Workload[];
  readonly statefulSets: readonly Workload[];
  readonly daemonSets: readonly Workload[];
  readonly replicaSets: readonly Workload[];
  readonly jobs: readonly Workload[];
  readonly services: readonly Service[];
  readonly endpoints: readonly Endpoints[];
  readonly networkPolicies: readonly NetworkPolicy[];
  readonly configMaps: readonly ConfigObject[];
  readonly secrets: readonly ConfigObject[];
  readonly nodes: readonly Node[];
  readonly autoscalers: readonly Autoscaler[];
  readonly claims: readonly Claim[];
  readonly events: readonly Sourced<KubernetesEvent>[];
  readonly revisions: readonly Sourced<Revision>[];
  readonly logLines: readonly Sourced<LogLine>[];
  readonly logPatterns: readonly Sourced<LogPattern>[];
  readonly changes: readonly Sourced<Change>[];
  /** False where changes could not be read: that none is known says nothing then. */
  readonly changesRead: boolean;
  readonly edges: readonly Sourced<CallEdge>[];
  /** System services of hosts, and active checks, where somebody looked at them. */
  readonly hostUnits: readonly Sourced<HostUnit>[];
  readonly probeResults: readonly Sourced<ProbeResult>[];
};

/** An object and the evidence that holds it. */
export type Found = { readonly evidenceId: string; readonly object: KubernetesObject };

/** The last answer about an object wins; a cluster that was not asked for is left out. */
function objectsOf(view: Pick<AgentView, 'evidence'>, cluster: string): Map<string, Found[]> {
  const latest = new Map<string, Found>();
  for (const answer of answersOf(view, kubernetesListObjects)) {
    if (answer.input.cluster !== cluster) continue;
    for (const object of answer.output.items) {
      const { name, namespace } = object.metadata;
      const group = object.apiVersion?.replace(/\/?v\d\w*$/, '') ?? '';
      const key = `${group}|${object.kind}|${namespace ?? ''}|${name}`;
      latest.set(key, { evidenceId: answer.evidenceId, object });
    }
  }
  return Map.groupBy(latest.values(), (found) => found.object.kind);
}

/** A kind as lists call it. */
export function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (word === 'endpoints') return word;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return `${word}${/(s|x|ch|sh)$/.test(word) ? 'es' : 's'}`;
}

/** Kinds come in the order in which they were asked: of a list that was cut, those before the kind of its last item are whole. */
function wholeKinds(
  kinds: readonly string[],
  items: readonly KubernetesObject[],
  cut: boolean,
): readonly string[] {
  if (!cut) return kinds;
  const last = items.at(-1);
  return last === undefined ? [] : kinds.slice(0, Math.max(0, kinds.indexOf(pluralOf(last.kind))));
}

type Places = ReadonlyMap<string, ReadonlySet<string | undefined>>;

/** Where kinds were listed to their end, and of which no gap speaks; undefined stands for everywhere. */
function placesRead(view: Pick<AgentView, 'evidence'>, cluster: string): Places {
  const read = new Map<string, Set<string | undefined>>();
  const cut = new Set<string>();
  for (const { input, output, gaps: told } of answersOf(view, kubernetesListObjects)) {
    if (input.cluster !== cluster || input.labelSelector !== undefined) continue;
    const gaps = [...told, ...output.gaps].join('\n').toLowerCase();
    const whole = wholeKinds(input.kinds, output.items, output.truncated || /^items after/m.test(gaps));
    for (const kind of input.kinds) {
      if (!whole.includes(kind)) cut.add(kind);
      else if (!new RegExp(`\\b${kind}\\b`).test(gaps))
        read.set(kind, (read.get(kind) ?? new Set()).add(input.namespace));
    }
  }
  return new Map([...read].filter(([kind]) => !cut.has(kind)));
}

type Reader<T> = (cluster: string, evidenceId: string, raw: KubernetesObject) => T;

/** Evidence does not change, and a snapshot is made of it in every round: each object is read once. */
const readBefore = new WeakMap<
  KubernetesObject,
  { readonly reader: unknown; readonly of: string; readonly value: unknown }
>();

function readOnce<T>(reader: Reader<T>, cluster: string, { evidenceId, object }: Found): T {
  const of = `${cluster}|${evidenceId}`;
  const before = readBefore.get(object);
  if (before?.reader === reader && before.of === of) return before.value as T;
  const value = reader(cluster, evidenceId, object);
  readBefore.set(object, { reader, of, value });
  return value;
}

/** Kubernetes' own groups; kinds of others share names with theirs. */
const native =
  /^(v1|apps\/|batch\/|extensions\/|policy\/|autoscaling\/|networking\.k8s\.io\/|discovery\.k8s\.io\/|storage\.k8s\.io\/|rbac\.authorization\.k8s\.io\/|$)/;

/** Everything that the evidence says about a cluster, read tolerantly: what is not there is unknown. */
export function snapshotOf(view: Pick<AgentView, 'evidence' | 'asOf'>, cluster: string): Snapshot {
  const objects = objectsOf(view, cluster);
  const places = placesRead(view, cluster);
  const read = <T>(reader: Reader<T>, ...kinds: string[]): T[] =>
    kinds.flatMap((kind) =>
      (objects.get(kind) ?? [])
        .filter(({ object }) => native.test(object.apiVersion ?? ''))
        .map((found) => readOnce(reader, cluster, found)),
    );
  const items = <T>(
    answers: readonly { evidenceId: string; output: { items: readonly T[] } }[],
  ): Sourced<T>[] =>
    answers.flatMap(({ evidenceId, output }) => output.items.map((item) => ({ ...item, evidenceId })));
  const here = <T extends { input: { cluster?: string | undefined } }>(answers: readonly T[]): T[] =>
    answers.filter(({ input }) => input.cluster === undefined || input.cluster === cluster);
  return {
    cluster,
    asOf: view.asOf,
    kindsRead: new Set(places.keys()),
    placesRead: places,
    objects,
    pods: read(readPod, 'Pod'),
    deployments: read(readWorkload, 'Deployment'),
    statefulSets: read(readWorkload, 'StatefulSet'),
    daemonSets: read(readWorkload, 'DaemonSet'),
    replicaSets: read(readWorkload, 'ReplicaSet'),
    jobs: read(readWorkload, 'Job'),
    services: read(readService, 'Service'),
    endpoints: read(readEndpoints, 'EndpointSlice', 'Endpoints'),
    networkPolicies: read(readNetworkPolicy, 'NetworkPolicy'),
    configMaps: read(readConfigObject, 'ConfigMap'),
    secrets: read(readConfigObject, 'Secret'),
    nodes: read(readNode, 'Node'),
    autoscalers: read(readAutoscaler, 'HorizontalPodAutoscaler'),
    claims: read(readClaim, 'PersistentVolumeClaim'),
    events: items(here(answersOf(view, kubernetesListEvents))),
    revisions: items(here(answersOf(view, kubernetesListRevisions))),
    logLines: items(here(answersOf(view, logsWindow))),
    logPatterns: items(here(answersOf(view, logsPatterns))),
    changes: items(here(answersOf(view, changesList))),
    changesRead: here(answersOf(view, changesList)).some(
      ({ gaps, output }) => gaps.length + output.gaps.length === 0,
    ),
    edges: items(here(answersOf(view, topologyEdges))),
    hostUnits: items(here(answersOf(view, hostUnits))),
    probeResults: items(answersOf(view, probeResults)),
  };
}

/** Workloads that run for long: what rollouts, scaling and patches are about. */
export const longRunning: (snapshot: Snapshot) => readonly Workload[] = perSnapshot((snapshot) => [
  ...snapshot.deployments,
  ...snapshot.statefulSets,
  ...snapshot.daemonSets,
]);

function happenedAt(event: KubernetesEvent): number {
  return Date.parse(event.lastAt ?? event.firstAt ?? '') || 0;
}

/** Events by the object that they tell of, newest first; what lives in no namespace is told of in any. */
const eventsByObject = perSnapshot((snapshot) => {
  const newestFirst = snapshot.events.toSorted((a, b) => happenedAt(b) - happenedAt(a));
  return {
    namespaced: Map.groupBy(newestFirst, ({ kind, namespace, name }) => `${kind}|${namespace ?? ''}|${name}`),
    anywhere: Map.groupBy(newestFirst, ({ kind, name }) => `${kind}|${name}`),
  };
});

/** Events about an object, newest first. */
export function eventsOf(
  snapshot: Snapshot,
  { kind, namespace, name }: Omit<ObjectRef, 'cluster'>,
): readonly Sourced<KubernetesEvent>[] {
  const { namespaced, anywhere } = eventsByObject(snapshot);
  const found =
    namespace === undefined
      ? anywhere.get(`${kind}|${name}`)
      : namespaced.get(`${kind}|${namespace}|${name}`);
  return found ?? [];
}

const namespacesListed = perSnapshot(
  (snapshot) => new Set((snapshot.objects.get('Namespace') ?? []).map(({ object }) => object.metadata.name)),
);

const namespacesOfKinds = perSnapshot((snapshot) => {
  const all = [...snapshot.objects].map(
    ([kind, found]) =>
      [pluralOf(kind), new Set(found.map(({ object }) => object.metadata.namespace))] as const,
  );
  return new Map(all);
});

const leastKinds = 2;

/**
 * True where the absence of an object of a kind (as a plural word) in a namespace means that it is not there. What was asked
 * for everywhere may be a record of some namespaces alone: those that it lists, or those that such objects are seen in.
 */
export function isRead(snapshot: Snapshot, kind: string, namespace: string | undefined): boolean {
  const places = snapshot.placesRead.get(kind);
  if (places === undefined) return false;
  if (namespace === undefined || places.has(namespace)) return true;
  if (!places.has(undefined)) return false;
  const listed = namespacesListed(snapshot);
  if (listed.size > 0) return listed.has(namespace);
  const seen = namespacesOfKinds(snapshot);
  const own = seen.get(kind);
  if (own === undefined || own.has(namespace)) return true;
  // A record that holds a namespace's objects of several kinds was made of the whole of it; of the system's own parts alone
  // what is asked about most often is kept.
  const others = [...seen].filter(([, namespaces]) => namespaces.has(namespace)).length;
  return others >= leastKinds && !/^kube-/.test(namespace);
}
