import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { Node } from '../analysis/kubernetes/others.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { meetsAffinity, meetsSelector } from '../analysis/kubernetes/placement.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { claimNamesOf } from './claim-references.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';
import { isBecauseOfNodes, schedulingCode } from './scheduling-reasons.ts';

/** A node that is being emptied, or has been: somebody works on it, and wants no pods there. */
function isDrained(snapshot: Snapshot, node: Node): boolean {
  const own = snapshot.pods.filter(
    ({ spec, ownedBy }) => spec?.nodeName === node.ref.name && ownedBy?.kind !== 'DaemonSet',
  );
  const evicted = snapshot.events.some(
    ({ reason, message }) => /evict/i.test(reason) && message.includes(node.ref.name),
  );
  return evicted || own.length === 0 || own.some(({ terminating }) => terminating);
}

function uncordon(snapshot: Snapshot, node: Node): FixHint {
  if (isDrained(snapshot, node)) return {};
  const step = {
    action: 'uncordon',
    object: node.ref,
    arguments: {},
    why: `${formatObject(node.ref)} takes no new pods and the waiting one fits nowhere else`,
    undo: 'cordon it again',
  };
  return { facets: ['placement'], steps: [step] };
}

/** The one claim that a pod can wait for, where claims were not read: else their analyzer tells what is wrong with it. */
function claimWaitedFor(snapshot: Snapshot, pod: Pod, message: string): ObjectRef | undefined {
  const { cluster, namespace } = pod.ref;
  if (isRead(snapshot, 'persistentvolumeclaims', namespace)) return undefined;
  const [own, ...others] = claimNamesOf(pod);
  const name =
    /persistentvolumeclaim "([^"]+)"/i.exec(message)?.[1] ?? (others.length === 0 ? own : undefined);
  if (name === undefined) return undefined;
  return {
    cluster,
    kind: 'PersistentVolumeClaim',
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
}

/** Whose fault it is that a pod fits nowhere: the cordoned node's, its claim's, or what the workload asks for. */
function placed(
  snapshot: Snapshot,
  pod: Pod,
  code: CauseCode,
  message: string,
): { object: ObjectRef; fixHint: FixHint } {
  const object = controllerRef(snapshot, pod);
  if (code === 'storage.claim-unbound')
    return {
      object: claimWaitedFor(snapshot, pod, message) ?? object,
      fixHint: { facets: ['volumes'] },
    };
  if (code !== 'scheduling.node-cordoned') return { object, fixHint: { facets: ['placement', 'resources'] } };
  const { spec } = pod;
  const [node, ...others] = snapshot.nodes.filter(
    (candidate) =>
      candidate.spec?.unschedulable === true &&
      (spec === undefined || (meetsSelector(spec, candidate) && meetsAffinity(spec, candidate))),
  );
  // Of several cordoned nodes none is known to be the one that would take the pod.
  if (node === undefined || others.length > 0) return { object, fixHint: {} };
  return { object: node.ref, fixHint: uncordon(snapshot, node) };
}

/** Somebody holds it back on purpose, and lets it go when it is time. */
function gatedFinding(snapshot: Snapshot, pod: Pod, reason: string | undefined): Finding[] {
  const gates = (pod.spec?.schedulingGates ?? []).flatMap(({ name }) => name ?? []);
  return [
    {
      object: controllerRef(snapshot, pod),
      code: 'scheduling.other',
      severity: 'info',
      message: `${formatObject(pod.ref)} is held back by the scheduling gates ${gates.join(', ') || 'that it has'}`,
      evidence: [
        ...quoteField(pod, '.spec.schedulingGates[].name', gates[0], 0.6),
        ...quoteField(pod, '.status.conditions[PodScheduled].reason', reason, 0.4),
      ],
      certainty: 0.8,
      consequence: false,
      ...(pod.createdAt === undefined ? {} : { since: pod.createdAt }),
      through: [pod.ref],
    },
  ];
}

/** A node takes some minutes to come up. */
const nodeComesSeconds = 600;

/** Somebody makes a node for it: the cluster autoscaler, or Karpenter. */
function isRoomComing(snapshot: Snapshot, pod: Pod): boolean {
  const told = eventsOf(snapshot, pod.ref).find(({ reason }) =>
    /^(TriggeredScaleUp|NotTriggerScaleUp|Nominated)$/.test(reason),
  );
  return (
    told?.lastAt !== undefined &&
    told.reason !== 'NotTriggerScaleUp' &&
    secondsBetween(told.firstAt ?? told.lastAt, snapshot.asOf) < nodeComesSeconds
  );
}

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const condition = pod.status?.conditions.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (pod.spec?.nodeName !== undefined) return [];
  if (condition?.reason === 'SchedulingGated') return gatedFinding(snapshot, pod, condition.reason);
  const event = eventsOf(snapshot, pod.ref).find(({ reason }) => reason === 'FailedScheduling');
  // Of a partial object the condition may be missing; that it waits, and that the scheduler has said why, is enough.
  const waits = condition !== undefined || pod.status?.phase === 'Pending';
  if (!waits || (condition === undefined && event === undefined)) return [];
  const message = condition?.message ?? event?.message ?? '';
  const code = schedulingCode(message, pod.spec, snapshot.nodes);
  const since = timeOf(condition?.lastTransitionTime) ?? pod.createdAt;
  const evidence = [
    ...quoteField(pod, '.status.conditions[PodScheduled].message', condition?.message, 0.8),
    ...quoteEvent(event, 0.6),
    ...quoteField(pod, '.status.conditions[PodScheduled].reason', condition?.reason, 0.2),
  ];
  if (evidence.length === 0) return [];
  return [
    {
      ...placed(snapshot, pod, code, message),
      code,
      severity: isRoomComing(snapshot, pod) ? 'warning' : 'error',
      message: `${formatObject(pod.ref)} fits on no node: ${message.slice(0, 200)}`,
      evidence,
      certainty: code === 'scheduling.other' ? 0.6 : 0.9,
      consequence: isBecauseOfNodes(message),
      ...(since === undefined ? {} : { since }),
      through: [controllerRef(snapshot, pod), pod.ref],
    },
  ];
}

/** Pods that wait for a node, and why none takes them. */
export const podScheduling = defineAnalyzer({
  name: 'pod-scheduling',
  kind: 'Pod',
  analyze: (snapshot) => servingPods(snapshot).flatMap((pod) => findingOf(snapshot, pod)),
});
