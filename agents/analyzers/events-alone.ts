import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import { controllerOfPodName, controllerRef, podAt } from '../analysis/kubernetes/owners.ts';
import { isLive, isReady, type Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, isRead, type Snapshot, type Sourced } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding, type FixHint } from './define-analyzer.ts';
import { missingCode, missingIn } from './pod-config.ts';
import { isPullReason, pullCause } from './pod-image.ts';
import { obstacleIn } from './pod-stuck.ts';
import { faultSaid } from './probe-fault.ts';
import { schedulingCode } from './scheduling-reasons.ts';

/** Said this lately it may still be so: a kubelet and a scheduler say it again every few minutes. */
const freshSeconds = 900;

/** After these the pod has got over what was said before. */
const movesOn = /^(Pulled|Started|Scheduled|SuccessfulAttachVolume)$/;

type Told = {
  readonly code: CauseCode;
  readonly certainty: number;
  readonly facets: NonNullable<FixHint['facets']>;
  /** What must be changed, where it is not what made the pod. */
  readonly object?: Omit<ObjectRef, 'cluster' | 'namespace'>;
  /** It mostly follows from something that events do not tell. */
  readonly vague?: true;
};

function imageTold({ message }: KubernetesEvent): Told | undefined {
  if (
    !/failed to pull image|back-off pulling image|pull policy of Never|failed to inspect image/i.test(message)
  )
    return undefined;
  const [code, certainty] = pullCause(message);
  return { code, certainty, facets: ['image'] };
}

function startTold({ reason, message }: KubernetesEvent): Told | undefined {
  if (reason !== 'BackOff' || !/restarting failed container/i.test(message)) return undefined;
  return {
    code: 'container.crash-exit',
    certainty: 0.6,
    facets: ['image', 'environment', 'command', 'resources'],
  };
}

function configTold({ message }: KubernetesEvent): Told | undefined {
  const missing = missingIn(message, undefined);
  if (missing === undefined) return undefined;
  const { kind, name } = missing;
  return {
    code: missingCode(missing),
    certainty: 0.9,
    facets: ['environment', 'volumes'],
    object: { kind, name },
  };
}

function placeTold(snapshot: Snapshot, { reason, message }: KubernetesEvent): Told | undefined {
  if (reason !== 'FailedScheduling') return undefined;
  const code = schedulingCode(message, undefined, snapshot.nodes);
  const claim = /persistentvolumeclaim "([^"]+)"/i.exec(message)?.[1];
  return {
    code,
    certainty: code === 'scheduling.other' ? 0.6 : 0.85,
    facets: ['placement', 'resources', 'volumes'],
    ...(code === 'storage.claim-unbound' && claim !== undefined
      ? { object: { kind: 'PersistentVolumeClaim', name: claim } }
      : {}),
  };
}

function volumeTold(event: KubernetesEvent): Told | undefined {
  const obstacle = obstacleIn(event);
  return obstacle === undefined
    ? undefined
    : { code: obstacle.code, certainty: obstacle.certainty, facets: ['volumes', 'security'] };
}

function probeTold({ reason, message }: KubernetesEvent): Told | undefined {
  if (reason !== 'Unhealthy') return undefined;
  const name = /^(liveness|readiness|startup) probe/i.exec(message)?.[1]?.toLowerCase();
  const what = faultSaid(message);
  if (name === undefined) return undefined;
  const codes: Readonly<Record<string, CauseCode>> = {
    'liveness-path': 'probe.liveness-path',
    'liveness-protocol': 'probe.liveness-protocol',
    'readiness-path': 'probe.readiness-path',
    'readiness-protocol': 'probe.readiness-protocol',
    'startup-path': 'probe.startup-path',
    'startup-protocol': 'probe.startup-protocol',
  };
  const code = codes[`${name}-${what}`];
  // Of a port or a time the container itself must be known.
  return code === undefined
    ? { code: 'probe.other', certainty: 0.4, facets: ['probes'], vague: true }
    : { code, certainty: 0.75, facets: ['probes', 'ports'] };
}

function toldOf(snapshot: Snapshot, event: KubernetesEvent): Told | undefined {
  return (
    imageTold(event) ??
    configTold(event) ??
    placeTold(snapshot, event) ??
    volumeTold(event) ??
    startTold(event) ??
    probeTold(event)
  );
}

/** A pod whose containers are told of in its status is other analyzers'. */
function isUntold(pod: Pod, told: Told): boolean {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  if (!isLive(pod) || isReady(pod) === true) return false;
  if (pod.status?.conditions.some(({ type, status }) => type === 'PodScheduled' && status === 'False'))
    return false;
  // Images that are mounted as volumes have no status of their own.
  if (told.code.startsWith('image.'))
    return (
      pod.status?.phase === 'Pending' && !statuses.some(({ state }) => isPullReason(state?.waiting?.reason))
    );
  return statuses.length === 0 && !told.code.startsWith('scheduling.');
}

function findingOf(snapshot: Snapshot, event: Sourced<KubernetesEvent>): Finding[] {
  const { kind, namespace, name, lastAt } = event;
  if (kind !== 'Pod' || event.type !== 'Warning') return [];
  if (lastAt !== undefined && secondsBetween(lastAt, snapshot.asOf) > freshSeconds) return [];
  const told = toldOf(snapshot, event);
  if (told === undefined) return [];
  const ref: ObjectRef = {
    cluster: snapshot.cluster,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
  };
  const pod = podAt(snapshot, ref);
  const newer = eventsOf(snapshot, ref).findIndex(({ reason }) => movesOn.test(reason));
  const own = eventsOf(snapshot, ref).indexOf(event);
  if (newer >= 0 && newer < own) return [];
  if (pod === undefined ? isRead(snapshot, 'pods', namespace) : !isUntold(pod, told)) return [];
  const controller = pod === undefined ? controllerOfPodName(snapshot, ref) : controllerRef(snapshot, pod);
  const object = told.object === undefined ? controller : { ...ref, ...told.object };
  return [
    {
      object,
      code: told.code,
      severity: told.vague === true ? 'warning' : 'error',
      message: `${formatObject(ref)}: ${event.message.slice(0, 200)}`,
      evidence: quoteEvent(event, 0.7),
      certainty: told.certainty,
      consequence: told.vague === true,
      ...(event.firstAt === undefined ? {} : { since: event.firstAt }),
      through: [controller, ref],
      fixHint: { facets: told.facets },
    },
  ];
}

/** Pods of which only events tell: they were not read, or without what their containers wait for. */
export const eventsAlone = defineAnalyzer({
  name: 'events-alone',
  kind: 'Event',
  analyze: (snapshot) => {
    const found = snapshot.events.flatMap((event) => findingOf(snapshot, event));
    // The finest of what is said of a pod: "back-off" alone says less than why.
    const rank = ({ code, certainty }: Finding): number => certainty - (code.endsWith('.other') ? 1 : 0);
    return [
      ...Map.groupBy(found, ({ through }) =>
        formatObject(through?.[1] ?? through?.[0] ?? { kind: '', name: '' }),
      ).values(),
    ].flatMap((same) => same.toSorted((a, b) => rank(b) - rank(a)).slice(0, 1));
  },
});
