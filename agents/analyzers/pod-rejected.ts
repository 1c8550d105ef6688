import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef, workloadAt } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { readyReplicas, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Reasons for which a kubelet turns away a pod that the scheduler gave it (kubelet, "lifecycle" admit handlers). */
const rejections: readonly (readonly [reason: RegExp, code: CauseCode])[] = [
  [/^OutOfcpu$/i, 'scheduling.insufficient-cpu'],
  [/^OutOfmemory$/i, 'scheduling.insufficient-memory'],
  [/^OutOfpods$/i, 'scheduling.pod-limit-reached'],
  [
    /^OutOf|^(UnexpectedAdmissionError|TopologyAffinityError|ResourceAllocationError)$/,
    'scheduling.insufficient-other',
  ],
  [/^NodePorts$/, 'scheduling.host-port-conflict'],
  [/^(NodeAffinity|NodeName)$/, 'scheduling.node-affinity-mismatch'],
  [/^(AppArmor|SysctlForbidden|PodOSNotSupported|PodOSSelectorNodeLabelDoesNotMatch)$/, 'container.other'],
];

/** The remains of pods that were turned away stay until somebody takes them away. */
const freshSeconds = 3600;

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const { status, terminating } = pod;
  if (status?.phase !== 'Failed' || terminating) return [];
  const code = rejections.find(([reason]) => reason.test(status.reason ?? ''))?.[1];
  if (code === undefined) return [];
  const owner = controllerRef(snapshot, pod);
  const workload = workloadAt(snapshot, owner);
  const since = timeOf(status.startTime) ?? pod.createdAt;
  const fresh = since !== undefined && secondsBetween(since, snapshot.asOf) < freshSeconds;
  // Its controller makes another one, which may have found its place.
  const lacks =
    workload === undefined ||
    (readyReplicas(workload) ?? 0) < (wantedReplicas(workload) ?? Number.POSITIVE_INFINITY);
  return [
    {
      object: owner,
      code,
      severity: fresh && lacks ? 'error' : 'info',
      message: `${formatObject(pod.ref)} was turned away by its node (${status.reason}): ${(status.message ?? '').slice(0, 200)}`,
      evidence: [
        ...quoteField(pod, '.status.message', status.message, 0.6),
        ...quoteField(pod, '.status.reason', status.reason, 0.5),
      ],
      certainty: 0.85,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [pod.ref],
      fixHint: { facets: ['placement', 'resources', 'security'] },
    },
  ];
}

/** Pods that the scheduler placed and the kubelet turned away: the node is not as the scheduler thought. */
export const podRejected = defineAnalyzer({
  name: 'pod-rejected',
  kind: 'Pod',
  analyze: (snapshot) => snapshot.pods.flatMap((pod) => findingOf(snapshot, pod)),
});
