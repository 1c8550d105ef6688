import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import type { Node } from '../analysis/kubernetes/others.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';

/** Reasons in the scheduler's summary ("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …"), the finest first. */
const reasons: readonly (readonly [RegExp, CauseCode])[] = [
  [/insufficient cpu/i, 'scheduling.insufficient-cpu'],
  [/insufficient memory/i, 'scheduling.insufficient-memory'],
  [/too many pods/i, 'scheduling.pod-limit-reached'],
  [/insufficient \S+/i, 'scheduling.insufficient-other'],
  [/didn't have free ports/i, 'scheduling.host-port-conflict'],
  [/anti-affinity/i, 'scheduling.pod-anti-affinity-conflict'],
  [/didn't match pod affinity/i, 'scheduling.pod-affinity-unsatisfied'],
  [/topology spread/i, 'scheduling.topology-spread'],
  [/unbound immediate PersistentVolumeClaims|persistentvolumeclaim ".*" not found/i, 'storage.claim-unbound'],
  [
    /didn't match Pod's node affinity\/selector|didn't match node selector/i,
    'scheduling.node-selector-mismatch',
  ],
  [/node affinity/i, 'scheduling.node-affinity-mismatch'],
  [/were unschedulable/i, 'scheduling.node-cordoned'],
  [/untolerated taint|had taint/i, 'scheduling.taint-not-tolerated'],
];

/** The scheduler's reasons with how many nodes each rules out: "1 Insufficient cpu, 9 node(s) had untolerated taint {a: b}". */
function countedReasons(message: string): { readonly nodes: number; readonly reason: string }[] {
  const summary = message.replace(/^.*?nodes are available: /s, '').replace(/\.? *preemption: .*$/s, '');
  return summary.split(/, (?=\d+ )/).flatMap((part) => {
    const [, nodes, reason] = /^(\d+) (.*)$/s.exec(part) ?? [];
    return nodes === undefined || reason === undefined ? [] : [{ nodes: Number(nodes), reason }];
  });
}

function knownReason(text: string): CauseCode | undefined {
  return reasons.find(([pattern]) => pattern.test(text))?.[1];
}

/** What rules out most nodes; of reasons that rule out as many, the finest. */
function mainReason(message: string): CauseCode | undefined {
  const known = countedReasons(message).filter(({ reason }) => knownReason(reason) !== undefined);
  const most = Math.max(0, ...known.map(({ nodes }) => nodes));
  const main = known.filter(({ nodes }) => nodes === most).map(({ reason }) => reason);
  return knownReason(main.join(', ')) ?? knownReason(message);
}

function codeOf(message: string, pod: Pod): CauseCode {
  const code = mainReason(message) ?? 'scheduling.other';
  // The scheduler has one phrase for both; the pod tells which one it asked for.
  const affinity =
    code === 'scheduling.node-selector-mismatch' &&
    pod.spec?.nodeSelector === undefined &&
    pod.spec?.affinity !== undefined;
  return affinity ? 'scheduling.node-affinity-mismatch' : code;
}

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

/** Whose fault it is that a pod fits nowhere: the cordoned node's, or what the workload asks for. */
function placed(snapshot: Snapshot, pod: Pod, code: CauseCode): { object: ObjectRef; fixHint: FixHint } {
  const object = controllerRef(snapshot, pod);
  if (code !== 'scheduling.node-cordoned') return { object, fixHint: { facets: ['placement', 'resources'] } };
  const [node, ...others] = snapshot.nodes.filter(({ spec }) => spec?.unschedulable === true);
  // Of several cordoned nodes none is known to be the one that would take the pod.
  if (node === undefined || others.length > 0) return { object, fixHint: {} };
  return { object: node.ref, fixHint: uncordon(snapshot, node) };
}

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const condition = pod.status?.conditions.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (condition === undefined || pod.spec?.nodeName !== undefined) return [];
  const event = eventsOf(snapshot, pod.ref).find(({ reason }) => reason === 'FailedScheduling');
  const message = condition.message ?? event?.message ?? '';
  const code = codeOf(message, pod);
  const since = timeOf(condition.lastTransitionTime) ?? pod.createdAt;
  const evidence = [
    ...quoteField(pod, '.status.conditions[PodScheduled].message', condition.message, 0.8),
    ...quoteEvent(event, 0.6),
    ...quoteField(pod, '.status.conditions[PodScheduled].reason', condition.reason, 0.2),
  ];
  if (evidence.length === 0) return [];
  return [
    {
      ...placed(snapshot, pod, code),
      code,
      severity: 'error',
      message: `${formatObject(pod.ref)} fits on no node: ${message.slice(0, 200)}`,
      evidence,
      certainty: code === 'scheduling.other' ? 0.6 : 0.9,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [pod.ref],
    },
  ];
}

/** Pods that wait for a node, and why none takes them. */
export const podScheduling = defineAnalyzer({
  name: 'pod-scheduling',
  kind: 'Pod',
  analyze: (snapshot) => servingPods(snapshot).flatMap((pod) => findingOf(snapshot, pod)),
});
