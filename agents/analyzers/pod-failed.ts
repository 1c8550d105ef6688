import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { type ContainerStatus, isSidecar, type lastEnd, type Pod } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { describeExit } from './exit-codes.ts';
import { startFailureOf } from './start-failures.ts';

/** What a kubelet did to a pod for its node's sake; whoever cares for the pod has made another one. */
const forTheNode = /^(Evicted|NodeShutdown|Shutdown|Terminated|NodeAffinity|Preempting|NodeLost)$/;
/** After a day nobody waits for it any more. */
const freshSeconds = 24 * 3600;

function codeOf(end: ReturnType<typeof lastEnd>, isInit: boolean): CauseCode {
  if (end?.reason === 'OOMKilled') return 'container.oom-killed';
  const unstarted = end?.reason === 'StartError' ? startFailureOf(end.message ?? '') : undefined;
  return unstarted ?? (isInit ? 'container.init-failed' : 'container.crash-exit');
}

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const { status, ownedBy, terminating } = pod;
  if (status?.phase !== 'Failed' || ownedBy !== undefined || terminating) return [];
  if (forTheNode.test(status.reason ?? '')) return [];
  const hasFailed = ({ state }: ContainerStatus): boolean => (state?.terminated?.exitCode ?? 0) !== 0;
  const prepared = status.initContainerStatuses.find((one) => hasFailed(one) && !isSidecar(pod, one.name));
  const failed = prepared ?? status.containerStatuses.find(hasFailed);
  const end = failed?.state?.terminated;
  const since = timeOf(end?.finishedAt) ?? timeOf(status.startTime) ?? pod.createdAt;
  const fresh = since !== undefined && secondsBetween(since, snapshot.asOf) < freshSeconds;
  const isTest = Object.keys(pod.annotations).some((key) => key === 'helm.sh/hook');
  const how =
    failed === undefined
      ? (status.message ?? status.reason ?? 'no reason given')
      : `container ${failed.name} ended with exit code ${describeExit(end?.exitCode)}`;
  return [
    {
      object: pod.ref,
      code: codeOf(end, prepared !== undefined),
      severity: !fresh ? 'info' : isTest ? 'warning' : 'error',
      message: `${formatObject(pod.ref)} failed, and nobody starts it again: ${how}`,
      evidence: [
        ...quoteField(pod, '.status.message', status.message, 0.6),
        ...quoteField(pod, '.status.containerStatuses[].state.terminated.reason', end?.reason, 0.5),
        ...quoteField(pod, '.status.phase', status.phase, 0.3),
      ],
      certainty: 0.75,
      consequence: false,
      ...(since === undefined ? {} : { since }),
    },
  ];
}

/** Pods that failed for good and belong to no controller: of others their controllers tell. */
export const podFailed = defineAnalyzer({
  name: 'pod-failed',
  kind: 'Pod',
  analyze: (snapshot) => snapshot.pods.flatMap((pod) => findingOf(snapshot, pod)),
});
