import { workloadKinds } from '#domain/actions/workload.ts';
import type { Alert } from '#domain/alert.ts';
import { formatObject, type ObjectRef, sameObject } from '#domain/object-ref.ts';
import { isPodNameOf } from '../analysis/kubernetes/owners.ts';
import { isReady } from '../analysis/kubernetes/pod.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { type Check, standingChecks } from '../monitoring/object-checks.ts';

/** How the objects that alerts name stand: what has not been looked at, or cannot be, is not well. */

function workloadStanding(snapshot: Snapshot, ref: ObjectRef): Check[] {
  const wantsNone = longRunning(snapshot).some(
    (workload) => sameObject(workload.ref, ref) && wantedReplicas(workload) === 0,
  );
  return wantsNone
    ? [{ name: formatObject(ref), ok: false, detail: 'it is meant to run no pods' }]
    : standingChecks(snapshot, ref);
}

function podStanding(snapshot: Snapshot, ref: ObjectRef): Check[] {
  const name = formatObject(ref);
  const pod = snapshot.pods.find((candidate) => sameObject(candidate.ref, ref));
  if (pod === undefined) {
    const owners = longRunning(snapshot).filter(
      (workload) => workload.ref.namespace === ref.namespace && isPodNameOf(workload.ref.name, ref.name),
    );
    return owners.length === 0
      ? [{ name, ok: false, detail: 'it could not be seen, nor whose it was' }]
      : owners.flatMap((owner) => workloadStanding(snapshot, owner.ref));
  }
  const done = pod.status?.phase === 'Succeeded';
  const owned = standingChecks(snapshot, ref).filter((check) => check.name !== name);
  const ready = isReady(pod) === true;
  const detail = done ? 'it has done its work' : ready ? 'it is ready' : 'it is not known to be ready';
  return [{ name, ok: done || ready, detail }, ...owned];
}

function jobStanding(snapshot: Snapshot, ref: ObjectRef): Check[] {
  const job = snapshot.jobs.find((candidate) => sameObject(candidate.ref, ref));
  const ok = job?.status?.conditions.some(({ type, status }) => type === 'Complete' && status === 'True');
  return [
    {
      name: formatObject(ref),
      ok: ok === true,
      detail: ok === true ? 'it is done' : 'it is not known to be done',
    },
  ];
}

function autoscalerStanding(snapshot: Snapshot, ref: ObjectRef): Check[] {
  const name = formatObject(ref);
  const found = snapshot.autoscalers.find((candidate) => sameObject(candidate.ref, ref));
  const { currentReplicas: current, desiredReplicas: desired } = found?.status ?? {};
  const most = found?.spec?.maxReplicas;
  if (current === undefined || desired === undefined || most === undefined)
    return [{ name, ok: false, detail: 'it could not be seen' }];
  const detail = `${current} of ${desired} replicas, ${most} at the most`;
  return [{ name, ok: current === desired && current < most, detail }];
}

/** Of a node the conditions are read; what else an alert can measure of it is not. */
const nodeConditions = /ready|reachable|pressure|kubelet|cordon|schedul/i;

function nodeStanding(snapshot: Snapshot, ref: ObjectRef, alert: Alert): Check[] {
  const name = formatObject(ref);
  const node = snapshot.nodes.find((candidate) => candidate.ref.name === ref.name);
  const pressed = node?.status?.conditions.filter(
    ({ type, status }) => /Pressure$|^NetworkUnavailable$/.test(type) && status !== 'False',
  );
  return [
    ...standingChecks(snapshot, ref),
    ...(pressed ?? []).map(({ type, status }) => ({ name, ok: false, detail: `${type} is ${status}` })),
    ...(nodeConditions.test(alert.labels.alertname ?? '')
      ? []
      : [{ name, ok: false, detail: 'only its conditions were looked at, not what the alert measures' }]),
  ];
}

/** How an object stands that an alert names. */
export function standingOf(snapshot: Snapshot, ref: ObjectRef, alert: Alert): Check[] {
  if (workloadKinds.some((kind) => kind === ref.kind)) return workloadStanding(snapshot, ref);
  if (ref.kind === 'Pod') return podStanding(snapshot, ref);
  if (ref.kind === 'Job') return jobStanding(snapshot, ref);
  if (ref.kind === 'HorizontalPodAutoscaler') return autoscalerStanding(snapshot, ref);
  if (ref.kind === 'Node') return nodeStanding(snapshot, ref, alert);
  if (ref.kind === 'PersistentVolumeClaim')
    return [{ name: formatObject(ref), ok: false, detail: 'how full it is was not looked at' }];
  return standingChecks(snapshot, ref);
}
