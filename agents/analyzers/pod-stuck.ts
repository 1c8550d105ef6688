import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** A pod that has its node gets its volumes and its network within this time, unless something is in the way. */
const patienceSeconds = 120;

/** What the kubelet and the attaching controller say is in the way. */
const obstacles: readonly (readonly [reason: RegExp, message: RegExp, code: CauseCode])[] = [
  [
    /^FailedAttachVolume$/,
    /multi-attach|already (used|attached|exclusively)/i,
    'storage.volume-already-claimed',
  ],
  [/^FailedAttachVolume$/, /./, 'storage.volume-mount-failed'],
  // References that cannot be met are another analyzer's.
  [/^FailedMount$/, /^(?!.*(not found|non-existent))/is, 'storage.volume-mount-failed'],
  [/^(FailedCreatePodSandBox|NetworkNotReady)$/, /cni|network|ip address/i, 'network.other'],
  [/^FailedCreatePodSandBox$/, /./, 'container.other'],
];

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const placed = pod.status?.conditions.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'True',
  );
  const since = timeOf(placed?.lastTransitionTime) ?? pod.createdAt;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = statuses.find(({ state }) => state?.waiting?.reason === 'ContainerCreating')?.state
    ?.waiting;
  const going = statuses.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
  if (pod.status?.phase !== 'Pending' || waiting === undefined || going || since === undefined) return [];
  if (secondsBetween(since, snapshot.asOf) < patienceSeconds) return [];
  const told = eventsOf(snapshot, pod.ref).flatMap((event) => {
    const code = obstacles.find(
      ([reason, message]) => reason.test(event.reason) && message.test(event.message),
    )?.[2];
    return code === undefined ? [] : [{ event, code }];
  })[0];
  return [
    {
      object: controllerRef(snapshot, pod),
      code: told?.code ?? 'container.other',
      severity: told === undefined ? 'warning' : 'error',
      message: `${formatObject(pod.ref)} is being made since ${since}${told === undefined ? '' : `: ${told.event.message.slice(0, 200)}`}`,
      evidence: [
        ...quoteEvent(told?.event, 0.8),
        ...quoteField(pod, '.status.containerStatuses[].state.waiting.reason', waiting.reason, 0.3),
      ],
      certainty: told === undefined ? 0.5 : 0.85,
      // Why it takes so long is not known: told only where nothing else is.
      consequence: told === undefined,
      since,
      through: [pod.ref],
    },
  ];
}

/** Pods that have a node and do not get as far as starting their containers. */
export const podStuck = defineAnalyzer({
  name: 'pod-stuck',
  kind: 'Pod',
  analyze: (snapshot) => servingPods(snapshot).flatMap((pod) => findingOf(snapshot, pod)),
});
