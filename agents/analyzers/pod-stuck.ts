import { z } from 'zod';
import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';
import { moreMemory, startedWithoutMemory } from './out-of-memory.ts';

/** A pod that has its node gets its volumes and its network within this time, unless something is in the way. */
const patienceSeconds = 120;
/** What was told of more than once, or this long after the pod got its node, is no hitch of the first seconds. */
const hitchSeconds = 30;

type Obstacle = {
  readonly reason: RegExp;
  readonly message: RegExp;
  readonly code: CauseCode;
  readonly certainty: number;
};

const mounts = /^FailedMount$/;
const sandbox = /^FailedCreatePodSandBox$/;

/** Drivers say it of the volume itself; before that the kubelet names the volume in every message. */
const volumeGone =
  /InvalidVolume|could not find (the )?(disk|volume)|(?<!for )\b(volume|disk)s?\b[^:]*(not ?found|does not exist)/i;

/** What the kubelet and the attaching controller say is in the way, the finest first. */
const obstacles: readonly Obstacle[] = [
  {
    reason: /^FailedAttachVolume$/,
    message: /multi-attach|already (used|attached|exclusively)/i,
    code: 'storage.volume-already-claimed',
    certainty: 0.9,
  },
  {
    reason: /^Failed(AttachVolume|Mount)$/,
    message: volumeGone,
    code: 'storage.volume-lost',
    certainty: 0.85,
  },
  { reason: /^FailedAttachVolume$/, message: /./, code: 'storage.volume-mount-failed', certainty: 0.85 },
  {
    reason: mounts,
    message: /permission denied|access denied|operation not permitted/i,
    code: 'storage.volume-permission-denied',
    certainty: 0.9,
  },
  { reason: mounts, message: /no space left/i, code: 'storage.volume-full', certainty: 0.9 },
  // References that cannot be met are another analyzer's.
  {
    reason: mounts,
    message: /^(?!.*(\b(configmap|secret)s? .*not found|non-existent))/is,
    code: 'storage.volume-mount-failed',
    certainty: 0.85,
  },
  { reason: sandbox, message: startedWithoutMemory, code: 'container.oom-killed', certainty: 0.95 },
  {
    reason: /^(FailedCreatePodSandBox|NetworkNotReady)$/,
    message: /cni|network|ip address/i,
    code: 'network.other',
    certainty: 0.8,
  },
  { reason: sandbox, message: /runtimeclass|runtime handler/i, code: 'container.other', certainty: 0.85 },
  { reason: sandbox, message: /./, code: 'container.other', certainty: 0.7 },
];

/** Caches of the kubelet that are not filled yet: it tries again a moment later. */
const passing = /failed to sync (configmap|secret) cache|object .* not registered/i;

/** What an event tells of that keeps a pod from being made; undefined for others, and for what passes by itself. */
export function obstacleIn({ reason, message }: KubernetesEvent): Obstacle | undefined {
  if (passing.test(message)) return undefined;
  return obstacles.find((one) => one.reason.test(reason) && one.message.test(message));
}

/** It only sums up what was told of single volumes. */
const summary = /^Unable to attach or mount volumes/i;

function obstacleOf(snapshot: Snapshot, pod: Pod) {
  const told = eventsOf(snapshot, pod.ref).flatMap((event) => {
    const obstacle = obstacleIn(event);
    return obstacle === undefined ? [] : [{ event, obstacle }];
  });
  return told.find(({ event }) => !summary.test(event.message)) ?? told[0];
}

function hintOf(snapshot: Snapshot, pod: Pod, code: CauseCode): FixHint {
  const [status] = pod.status?.containerStatuses ?? [];
  if (code === 'container.oom-killed' && status !== undefined)
    return moreMemory({ snapshot, pod, status, isInit: false });
  return { facets: ['volumes', 'security'] };
}

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const placed = pod.status?.conditions.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'True',
  );
  const since = timeOf(placed?.lastTransitionTime) ?? pod.createdAt;
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const waiting = statuses.find(({ state }) =>
    ['ContainerCreating', 'PodInitializing'].includes(state?.waiting?.reason ?? ''),
  )?.state?.waiting;
  const going = statuses.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
  if (pod.status?.phase !== 'Pending' || waiting === undefined || going || since === undefined) return [];
  const told = obstacleOf(snapshot, pod);
  const waits = secondsBetween(since, snapshot.asOf);
  const lasting = told !== undefined && (told.event.count > 1 || waits >= hitchSeconds);
  if (waits < patienceSeconds && !lasting) return [];
  const code = told?.obstacle.code ?? 'container.other';
  return [
    {
      object: controllerRef(snapshot, pod),
      code,
      severity: told === undefined ? 'warning' : 'error',
      message: `${formatObject(pod.ref)} is being made since ${since}${told === undefined ? '' : `: ${told.event.message.slice(0, 200)}`}`,
      evidence: [
        ...quoteEvent(told?.event, 0.8),
        ...quoteField(pod, '.status.containerStatuses[].state.waiting.reason', waiting.reason, 0.3),
      ],
      certainty: told?.obstacle.certainty ?? 0.5,
      // Why it takes so long is not known: told only where nothing else is.
      consequence: told === undefined,
      since,
      through: [pod.ref],
      fixHint: hintOf(snapshot, pod, code),
    },
  ];
}

/** Longer than any grace period that is meant: something holds the pod. */
const goneSeconds = 600;

/** A pod that should be gone for long: a finalizer that nobody takes off, or a node that does not answer. */
function lingeringFinding(snapshot: Snapshot, pod: Pod): Finding[] {
  const since = timeOf(pod.raw.metadata.deletionTimestamp);
  if (since === undefined || secondsBetween(since, snapshot.asOf) < goneSeconds) return [];
  const finalizers = finalizersOf(pod);
  return [
    {
      object: pod.ref,
      code: 'workload.other',
      severity: 'warning',
      message: `${formatObject(pod.ref)} should be gone since ${since}${finalizers.length === 0 ? '' : `; the finalizers ${finalizers.join(', ')} hold it`}`,
      evidence: [
        ...quoteField(pod, '.metadata.deletionTimestamp', since, 0.5),
        ...quoteField(pod, '.metadata.finalizers', finalizers[0], 0.5),
      ],
      certainty: 0.7,
      // Without a finalizer its node does not answer.
      consequence: finalizers.length === 0,
      since,
      through: [controllerRef(snapshot, pod)],
    },
  ];
}

const finalizersSchema = z.array(z.string()).catch([]);

function finalizersOf({ raw }: Pod): string[] {
  return finalizersSchema.parse(raw.metadata.finalizers);
}

/** Pods that have a node and do not get as far as starting their containers, and pods that do not go. */
export const podStuck = defineAnalyzer({
  name: 'pod-stuck',
  kind: 'Pod',
  analyze: (snapshot) => [
    ...servingPods(snapshot).flatMap((pod) => findingOf(snapshot, pod)),
    ...snapshot.pods
      .filter(({ terminating }) => terminating)
      .flatMap((pod) => lingeringFinding(snapshot, pod)),
  ],
});
