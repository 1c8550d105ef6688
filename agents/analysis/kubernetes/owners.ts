import type { ObjectRef } from '#domain/object-ref.ts';
import { isLive, type Pod } from './pod.ts';
import { longRunning, type Snapshot } from './snapshot.ts';
import { podLabels, selects, type Workload } from './workload.ts';

/** The name of a ReplicaSet's Deployment: its own name without the hash of the pod template. */
function deploymentOfReplicaSet(name: string, hash: string | undefined): string {
  if (hash !== undefined && name.endsWith(`-${hash}`)) return name.slice(0, -hash.length - 1);
  return name.replace(/-[a-z0-9]{5,10}$/, '');
}

/** The object that carries the fix for what a pod is made from: its controller's controller, or the pod itself. */
export function controllerRef(snapshot: Snapshot, pod: Pod): ObjectRef {
  const { cluster, namespace } = pod.ref;
  const base = { cluster, ...(namespace === undefined ? {} : { namespace }) };
  const owner = pod.ownedBy;
  if (owner === undefined) return pod.ref;
  if (owner.kind !== 'ReplicaSet') return { ...base, kind: owner.kind, name: owner.name };
  const replicaSet = snapshot.replicaSets.find(
    (candidate) => candidate.ref.name === owner.name && candidate.ref.namespace === namespace,
  );
  if (replicaSet !== undefined && replicaSet.ownedBy === undefined) return replicaSet.ref;
  const above = replicaSet?.ownedBy;
  return {
    ...base,
    kind: above?.kind ?? 'Deployment',
    name: above?.name ?? deploymentOfReplicaSet(owner.name, pod.labels['pod-template-hash']),
  };
}

/** The workload as it was seen, or undefined where it was not. */
export function workloadAt(snapshot: Snapshot, ref: ObjectRef): Workload | undefined {
  return longRunning(snapshot).find(
    ({ ref: own }) => own.kind === ref.kind && own.name === ref.name && own.namespace === ref.namespace,
  );
}

export function podsOf(snapshot: Snapshot, workload: Workload): Pod[] {
  return snapshot.pods.filter((pod) => {
    const owner = controllerRef(snapshot, pod);
    return (
      owner.kind === workload.ref.kind &&
      owner.name === workload.ref.name &&
      owner.namespace === workload.ref.namespace
    );
  });
}

const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** True for a pod of an earlier template of its Deployment: it is on its way out, and its troubles with it. */
function isSuperseded(snapshot: Snapshot, pod: Pod): boolean {
  const set = snapshot.replicaSets.find(
    ({ ref }) => ref.name === pod.ownedBy?.name && ref.namespace === pod.ref.namespace,
  );
  const own = Number(set?.annotations[revisionAnnotation]);
  const deployment = snapshot.deployments.find(
    ({ ref }) => ref.name === set?.ownedBy?.name && ref.namespace === pod.ref.namespace,
  );
  return own < Number(deployment?.annotations[revisionAnnotation]);
}

/** Pods that should be serving: not finished, not on their way out, of the present template. */
export function servingPods(snapshot: Snapshot): Pod[] {
  return snapshot.pods.filter((pod) => isLive(pod) && !isSuperseded(snapshot, pod));
}

/** Workloads whose pods a selector takes in. */
export function workloadsSelected(
  snapshot: Snapshot,
  namespace: string | undefined,
  selector: Readonly<Record<string, string>>,
): Workload[] {
  return longRunning(snapshot).filter(
    (workload) => workload.ref.namespace === namespace && selects(selector, podLabels(workload)),
  );
}
