import type { ObjectRef } from '#domain/object-ref.ts';
import { perSnapshot } from './per-snapshot.ts';
import { isLive, type Pod } from './pod.ts';
import { longRunning, type Snapshot } from './snapshot.ts';
import { podLabels, selects, type Workload } from './workload.ts';

/** The name of a ReplicaSet's Deployment: its own name without the hash of the pod template. */
function deploymentOfReplicaSet(name: string, hash: string | undefined): string {
  if (hash !== undefined && name.endsWith(`-${hash}`)) return name.slice(0, -hash.length - 1);
  return name.replace(/-[a-z0-9]{5,10}$/, '');
}

function placeOf({ kind, namespace, name }: Omit<ObjectRef, 'cluster'>): string {
  return `${kind}|${namespace ?? ''}|${name}`;
}

const replicaSetsByPlace = perSnapshot(
  (snapshot) => new Map(snapshot.replicaSets.map((set) => [placeOf(set.ref), set])),
);

/** The ReplicaSet of a name, where it was seen. */
export function replicaSetAt(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
): Workload | undefined {
  return replicaSetsByPlace(snapshot).get(
    placeOf({ kind: 'ReplicaSet', name, ...(namespace === undefined ? {} : { namespace }) }),
  );
}

/** The Deployment above a ReplicaSet, by its owner or by its name; empty for a set that is alone. */
export function controllerOfSet(
  snapshot: Snapshot,
  namespace: string | undefined,
  name: string,
): ObjectRef[] {
  const set = replicaSetAt(snapshot, namespace, name);
  if (set !== undefined && set.ownedBy === undefined) return [set.ref];
  const base = { cluster: snapshot.cluster, ...(namespace === undefined ? {} : { namespace }) };
  const { kind = 'Deployment', name: above = deploymentOfReplicaSet(name, undefined) } = set?.ownedBy ?? {};
  return [{ ...base, kind, name: above }];
}

/** Names of pods are their controller's with one or two parts more. */
export function isPodNameOf(workload: string, pod: string): boolean {
  return pod.startsWith(`${workload}-`) && /^([a-z0-9]+-)?[a-z0-9]+$/.test(pod.slice(workload.length + 1));
}

/** What most likely made a pod that was not seen, by its name: a workload that is there, else what such names come from. */
export function controllerOfPodName(snapshot: Snapshot, pod: ObjectRef): ObjectRef {
  const [known] = longRunning(snapshot)
    .filter(({ ref }) => ref.namespace === pod.namespace && isPodNameOf(ref.name, pod.name))
    .toSorted((a, b) => b.ref.name.length - a.ref.name.length);
  if (known !== undefined) return known.ref;
  // Hashes and random parts are written without vowels (k8s.io/apimachinery, util/rand).
  const deployment = /^(.+)-[bcdf-hj-np-tv-z2456789]{5,10}-[bcdf-hj-np-tv-z2456789]{5}$/.exec(pod.name)?.[1];
  return deployment === undefined ? pod : { ...pod, kind: 'Deployment', name: deployment };
}

const podsByPlace = perSnapshot((snapshot) => new Map(snapshot.pods.map((pod) => [placeOf(pod.ref), pod])));

/** The pod as it was seen, or undefined where it was not. */
export function podAt(snapshot: Snapshot, ref: ObjectRef): Pod | undefined {
  return podsByPlace(snapshot).get(placeOf(ref));
}

/** The object that carries the fix for what a pod is made from: its controller's controller, or the pod itself. */
export function controllerRef(snapshot: Snapshot, pod: Pod): ObjectRef {
  const { cluster, namespace } = pod.ref;
  const base = { cluster, ...(namespace === undefined ? {} : { namespace }) };
  const owner = pod.ownedBy;
  if (owner === undefined) return pod.ref;
  if (owner.kind !== 'ReplicaSet') return { ...base, kind: owner.kind, name: owner.name };
  const replicaSet = replicaSetAt(snapshot, namespace, owner.name);
  if (replicaSet !== undefined && replicaSet.ownedBy === undefined) return replicaSet.ref;
  const above = replicaSet?.ownedBy;
  return {
    ...base,
    kind: above?.kind ?? 'Deployment',
    name: above?.name ?? deploymentOfReplicaSet(owner.name, pod.labels['pod-template-hash']),
  };
}

const workloadsByPlace = perSnapshot(
  (snapshot) => new Map(longRunning(snapshot).map((workload) => [placeOf(workload.ref), workload])),
);

/** The workload as it was seen, or undefined where it was not. */
export function workloadAt(snapshot: Snapshot, ref: ObjectRef): Workload | undefined {
  return workloadsByPlace(snapshot).get(placeOf(ref));
}

const podsByController = perSnapshot((snapshot) =>
  Map.groupBy(snapshot.pods, (pod) => placeOf(controllerRef(snapshot, pod))),
);

export function podsOf(snapshot: Snapshot, { ref }: Pick<Workload, 'ref'>): readonly Pod[] {
  return podsByController(snapshot).get(placeOf(ref)) ?? [];
}

const podsByNamespace = perSnapshot((snapshot) => Map.groupBy(snapshot.pods, ({ ref }) => ref.namespace));

/** Pods of a namespace that a selector takes in. */
export function podsSelected(
  snapshot: Snapshot,
  namespace: string | undefined,
  selector: Readonly<Record<string, string>>,
): Pod[] {
  return (podsByNamespace(snapshot).get(namespace) ?? []).filter(({ labels }) => selects(selector, labels));
}

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** True for a pod of an earlier template of its Deployment: it is on its way out, and its troubles with it. */
function isSuperseded(snapshot: Snapshot, pod: Pod): boolean {
  const set =
    pod.ownedBy === undefined ? undefined : replicaSetAt(snapshot, pod.ref.namespace, pod.ownedBy.name);
  const own = Number(set?.annotations[revisionAnnotation]);
  const { cluster, namespace } = pod.ref;
  const deployment =
    set?.ownedBy === undefined || namespace === undefined
      ? undefined
      : workloadAt(snapshot, { cluster, kind: 'Deployment', namespace, name: set.ownedBy.name });
  return own < Number(deployment?.annotations[revisionAnnotation]);
}

/** Pods that should be serving: not finished, not on their way out, of the present template. */
export const servingPods: (snapshot: Snapshot) => readonly Pod[] = perSnapshot((snapshot) =>
  snapshot.pods.filter((pod) => isLive(pod) && !isSuperseded(snapshot, pod)),
);

const workloadsByNamespace = perSnapshot((snapshot) =>
  Map.groupBy(longRunning(snapshot), ({ ref }) => ref.namespace),
);

/** Workloads whose pods a selector takes in. */
export function workloadsSelected(
  snapshot: Snapshot,
  namespace: string | undefined,
  selector: Readonly<Record<string, string>>,
): Workload[] {
  return (workloadsByNamespace(snapshot).get(namespace) ?? []).filter((workload) =>
    selects(selector, podLabels(workload)),
  );
}
