import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef, objectKey } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import { controllerOfSet, controllerRef, podAt } from '../../analysis/kubernetes/owners.ts';
import { isReady } from '../../analysis/kubernetes/pod.ts';
import { isRead, pluralOf, type Snapshot, type Sourced } from '../../analysis/kubernetes/snapshot.ts';
import { quoteEvent } from '../../analysis/quoting.ts';
import type { Finding } from '../define-analyzer.ts';

/** What was said this lately may still be so. */
const freshSeconds = 900;
/** Said once is a hitch; said so often, or for so long, goes on. */
const leastCount = 3;
const leastSpanSeconds = 120;

/** What an event that no analyzer knows is about, by its reason. */
const areas: readonly (readonly [reason: RegExp, code: CauseCode])[] = [
  [/Unhealthy|Probe/i, 'probe.other'],
  [/Volume|Mount|Attach|Provision|Resize|Snapshot/i, 'storage.other'],
  [/Schedul|Preempt/i, 'scheduling.other'],
  [/Image|Pull/i, 'image.other'],
  [/Quota|Forbidden|FailedCreate|Admission|Policy/i, 'admission.other'],
  [/Sandbox|Network|DNS|LoadBalancer|IPAddress|Endpoint/i, 'network.other'],
  [/Ingress|Route|Gateway|Certificate|Sync/i, 'routing.other'],
  [/Node|Kubelet|Disk|Memory/i, 'node.other'],
];
const ofKind: Readonly<Record<string, CauseCode>> = {
  Node: 'node.other',
  Ingress: 'routing.other',
  Gateway: 'routing.other',
  HTTPRoute: 'routing.other',
  PersistentVolumeClaim: 'storage.other',
  HorizontalPodAutoscaler: 'workload.autoscaler-misconfigured',
  PodDisruptionBudget: 'workload.disruption-budget',
  Service: 'service.other',
};

function refOf(snapshot: Snapshot, { kind, namespace, name }: KubernetesEvent): ObjectRef {
  const place = kind === 'Node' || namespace === undefined ? {} : { namespace };
  return { cluster: snapshot.cluster, kind, name, ...place };
}

/** False where it is known that the object is there no more. */
function mayBeThere(snapshot: Snapshot, ref: ObjectRef): boolean {
  const seen = (snapshot.objects.get(ref.kind) ?? []).some(
    ({ object: { metadata } }) =>
      metadata.name === ref.name && (ref.namespace === undefined || metadata.namespace === ref.namespace),
  );
  return seen || !isRead(snapshot, pluralOf(ref.kind), ref.namespace);
}

/** The object and what makes it: a finding about one of them explains what is said of any. */
function kinOf(snapshot: Snapshot, ref: ObjectRef): ObjectRef[] {
  const pod = podAt(snapshot, ref);
  if (pod !== undefined) return [ref, controllerRef(snapshot, pod)];
  return ref.kind === 'ReplicaSet' ? [ref, ...controllerOfSet(snapshot, ref.namespace, ref.name)] : [ref];
}

function goesOn(snapshot: Snapshot, { type, lastAt, firstAt, count, message }: KubernetesEvent): boolean {
  if (type !== 'Warning' || message === '' || lastAt === undefined) return false;
  const lasts = firstAt !== undefined && secondsBetween(firstAt, lastAt) >= leastSpanSeconds;
  return secondsBetween(lastAt, snapshot.asOf) < freshSeconds && (count >= leastCount || lasts);
}

function findingOf(snapshot: Snapshot, object: ObjectRef, event: Sourced<KubernetesEvent>): Finding {
  const pod = podAt(snapshot, object);
  // Warnings about a pod that is ready tell of what it has got over.
  const well = pod !== undefined && isReady(pod) === true;
  return {
    object,
    code: areas.find(([reason]) => reason.test(event.reason))?.[1] ?? ofKind[object.kind] ?? 'workload.other',
    severity: well ? 'info' : 'warning',
    message: `${formatObject(object)}: ${event.reason}: ${event.message.slice(0, 200)}`,
    evidence: quoteEvent(event, 0.5),
    certainty: 0.3,
    consequence: false,
    ...(event.firstAt === undefined ? {} : { since: event.firstAt }),
  };
}

/** Of these the conditions tell, as soon as it is more than a hitch; of pods on their way out nothing matters any more. */
function isToldElsewhere(snapshot: Snapshot, ref: ObjectRef): boolean {
  if (ref.kind === 'HorizontalPodAutoscaler')
    return snapshot.autoscalers.some((one) => objectKey(one.ref) === objectKey(ref));
  return podAt(snapshot, ref)?.terminating === true;
}

/** Warnings that go on about objects that are there, and of which no finding tells. */
export function unexplainedEvents(snapshot: Snapshot, found: readonly Finding[]): Finding[] {
  const explained = new Set(
    found
      .filter(({ severity }) => severity !== 'info')
      .flatMap(({ object, through }) => [object, ...(through ?? [])])
      .map(objectKey),
  );
  const quoted = new Set(found.flatMap(({ evidence }) => evidence.map(({ quote }) => quote)));
  const open = snapshot.events.filter((event) => goesOn(snapshot, event));
  return open.flatMap((event) => {
    const object = refOf(snapshot, event);
    const kin = kinOf(snapshot, object);
    const known =
      quoteEvent(event, 1).some(({ quote }) => quoted.has(quote)) ||
      kin.some((ref) => explained.has(objectKey(ref))) ||
      !mayBeThere(snapshot, object) ||
      isToldElsewhere(snapshot, object);
    return known ? [] : [findingOf(snapshot, object, event)];
  });
}
