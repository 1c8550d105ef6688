import { workloadKinds } from '#domain/actions/workload.ts';
import { formatObject, type ObjectRef, sameObject } from '#domain/object-ref.ts';
import { controllerRef, workloadAt } from '../analysis/kubernetes/owners.ts';
import { isLive, isReady } from '../analysis/kubernetes/pod.ts';
import { referencesOf } from '../analysis/kubernetes/pod-template.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import {
  isObserved,
  readyReplicas,
  replicasToUpdate,
  selects,
  updatedReplicas,
  type Workload,
  wantedReplicas,
} from '../analysis/kubernetes/workload.ts';
import type { Finding } from '../analyzers/define-analyzer.ts';

export type Check = { readonly name: string; readonly ok: boolean; readonly detail: string };

/** A summary without the controller's bookkeeping: it tells nothing of a rollout. */
function isSummary({ status }: Workload): boolean {
  return [status?.observedGeneration, status?.updatedReplicas, status?.updatedNumberScheduled].every(
    (field) => field === undefined,
  );
}

/** Whether all that a workload wants is there, of the present template, and ready; one that wants nothing is well with it. */
function workloadCheck(workload: Workload): Check {
  const name = formatObject(workload.ref);
  const wanted = wantedReplicas(workload);
  const ready = readyReplicas(workload);
  if (wanted === undefined || ready === undefined)
    return { name, ok: false, detail: 'its status is not known' };
  const { status } = workload;
  const updated = updatedReplicas(workload) >= (replicasToUpdate(workload) ?? wanted);
  const total = status?.replicas ?? ready;
  const settled = (isSummary(workload) && ready > 0) || (isObserved(workload) && updated && total <= wanted);
  return {
    name,
    ok: ready >= wanted && settled,
    detail: `${ready} of ${wanted} replicas are ready${settled ? '' : ', the rollout goes on'}`,
  };
}

function serviceCheck(snapshot: Snapshot, ref: ObjectRef): Check {
  const name = formatObject(ref);
  const service = snapshot.services.find((candidate) => sameObject(candidate.ref, ref));
  if (service === undefined) return { name, ok: false, detail: 'it could not be seen' };
  const slices = snapshot.endpoints.filter(
    (slice) => slice.service === ref.name && slice.ref.namespace === ref.namespace,
  );
  const ready =
    slices.length > 0
      ? slices.reduce((sum, slice) => sum + slice.readyCount, 0)
      : snapshot.pods.filter(
          (pod) =>
            pod.ref.namespace === ref.namespace &&
            selects(service.spec?.selector ?? {}, pod.labels) &&
            isReady(pod) === true,
        ).length;
  return { name, ok: ready > 0, detail: `${ready} ready endpoints` };
}

function readsConfig(workload: Workload, { kind, namespace, name }: ObjectRef): boolean {
  return (
    workload.ref.namespace === namespace &&
    referencesOf(workload.spec?.template?.spec).some(
      (reference) => reference.kind === kind && reference.name === name,
    )
  );
}

function nodeCheck(snapshot: Snapshot, ref: ObjectRef): Check {
  const name = formatObject(ref);
  const node = snapshot.nodes.find((candidate) => candidate.ref.name === ref.name);
  const ready = node?.status?.conditions.find(({ type }) => type === 'Ready')?.status;
  const waiting = snapshot.pods.filter(
    (pod) =>
      isLive(pod) &&
      pod.status?.conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'False'),
  );
  return {
    name,
    ok: ready === 'True' && waiting.length === 0,
    detail: `Ready is ${ready ?? 'not known'}, ${waiting.length} pods wait for a node`,
  };
}

/** How an object stands, and those that live by it. */
export function standingChecks(snapshot: Snapshot, ref: ObjectRef): Check[] {
  const name = formatObject(ref);
  if (workloadKinds.some((kind) => kind === ref.kind)) {
    const workload = workloadAt(snapshot, ref);
    return [
      workload === undefined ? { name, ok: false, detail: 'it could not be seen' } : workloadCheck(workload),
    ];
  }
  if (ref.kind === 'Service') return [serviceCheck(snapshot, ref)];
  if (ref.kind === 'Node') return [nodeCheck(snapshot, ref)];
  if (ref.kind === 'ConfigMap' || ref.kind === 'Secret') {
    const readers = longRunning(snapshot).filter((workload) => readsConfig(workload, ref));
    return readers.length === 0
      ? [{ name, ok: snapshot.kindsRead.has('deployments'), detail: 'no workload reads it' }]
      : readers.map(workloadCheck);
  }
  if (ref.kind !== 'Pod') return [{ name, ok: false, detail: 'it is not known how to look at it' }];
  const pod = snapshot.pods.find((candidate) => sameObject(candidate.ref, ref));
  const owner = pod === undefined ? undefined : workloadAt(snapshot, controllerRef(snapshot, pod));
  return owner === undefined
    ? [
        {
          name,
          ok: pod === undefined && snapshot.kindsRead.has('pods'),
          detail: pod === undefined ? 'it is gone' : 'it is still there',
        },
      ]
    : [workloadCheck(owner)];
}

/** Errors that are seen on the objects now. */
export function errorsOn(findings: readonly Finding[], refs: readonly ObjectRef[]): Finding[] {
  return findings.filter(
    ({ severity, consequence, object, through }) =>
      severity === 'error' &&
      !consequence &&
      refs.some((ref) => sameObject(ref, object) || (through ?? []).some((other) => sameObject(ref, other))),
  );
}

/** What is checked on the objects of a step: how they stand, and that nothing is wrong with them. */
export function objectChecks(
  snapshot: Snapshot,
  findings: readonly Finding[],
  refs: readonly ObjectRef[],
): Check[] {
  const standing = refs.flatMap((ref) => standingChecks(snapshot, ref));
  const faults = errorsOn(findings, refs).map(({ object, message }) => ({
    name: formatObject(object),
    ok: false,
    detail: message,
  }));
  return [
    ...new Map([...standing, ...faults].map((check) => [`${check.name}|${check.detail}`, check])).values(),
  ];
}
