import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { type ContainerStatus, isSidecar, type Pod } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { logCauseOf, tellingLine } from '../analysis/log-causes.ts';
import { quoteField, quoteLogLine } from '../analysis/quoting.ts';
import { linesOf } from './crash.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Preparations mostly take less; what takes longer waits for something, or has much to do. */
const patienceSeconds = 300;

function findingOf(snapshot: Snapshot, pod: Pod, status: ContainerStatus): Finding[] {
  const since = timeOf(status.state?.running?.startedAt);
  if (pod.status?.phase !== 'Pending' || since === undefined || isSidecar(pod, status.name)) return [];
  if (secondsBetween(since, snapshot.asOf) < patienceSeconds) return [];
  const line = tellingLine(linesOf(snapshot, pod, status.name).slice(-80));
  const told = line === undefined ? undefined : logCauseOf(line.message);
  const said = line === undefined ? '' : `; last it said: ${line.message.slice(0, 200)}`;
  return [
    {
      object: controllerRef(snapshot, pod),
      code: told?.code ?? 'container.init-failed',
      severity: told === undefined ? 'warning' : 'error',
      message: `${formatObject(pod.ref)}: its init container ${status.name} runs since ${since}, and the others wait for it${said}`,
      evidence: [
        ...quoteLogLine(line, 0.6),
        ...quoteField(
          pod,
          `.status.initContainerStatuses[${status.name}].state.running.startedAt`,
          since,
          0.4,
        ),
      ],
      certainty: told === undefined ? 0.5 : 0.6 + 0.2 * told.strength,
      // It may wait for a fault elsewhere, or have much to do: told only where no root is found.
      consequence: told === undefined,
      since,
      through: [pod.ref],
    },
  ];
}

/** Pods that are held up by an init container which does not end. */
export const podInit = defineAnalyzer({
  name: 'pod-init',
  kind: 'Pod',
  analyze: (snapshot) =>
    servingPods(snapshot).flatMap((pod) =>
      (pod.status?.initContainerStatuses ?? []).flatMap((status) => findingOf(snapshot, pod, status)),
    ),
});
