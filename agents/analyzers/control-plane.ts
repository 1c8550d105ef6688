import { z } from 'zod';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef } from '../analysis/kubernetes/owners.ts';
import { isLive, isReady, type Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** A scheduler at work looks at a new pod within a second, and says so when it fits nowhere. */
const patienceSeconds = 30;
const defaultScheduler = 'default-scheduler';

const statusSchema = z.union([
  z.looseObject({ conditions: z.array(z.unknown()) }),
  z.looseObject({ qosClass: z.string() }),
]);

/** A pod that no scheduler has looked at: no node, no verdict, and not one word about it. */
export function isUnseenByScheduler(snapshot: Snapshot, pod: Pod): boolean {
  const { spec, status, createdAt } = pod;
  if (!isLive(pod) || spec === undefined || spec.nodeName !== undefined) return false;
  if (status?.phase !== 'Pending' || spec.schedulingGates.length > 0) return false;
  // An object in part has no conditions either; one that its API server has filled in knows its class of service.
  const whole = statusSchema.safeParse(pod.raw.status).success;
  if (!whole || status.conditions.length > 0 || status.containerStatuses.length > 0) return false;
  if (status.startTime !== undefined || status.podIP !== undefined) return false;
  const told = eventsOf(snapshot, pod.ref).some(({ reason }) => /Schedul/.test(reason));
  return !told && createdAt !== undefined && secondsBetween(createdAt, snapshot.asOf) >= patienceSeconds;
}

/** The scheduler's own pod, where the control plane runs as pods. */
function schedulerPod(snapshot: Snapshot): Pod | undefined {
  return snapshot.pods.find(
    (pod) =>
      pod.ref.namespace === 'kube-system' && /^kube-scheduler\b/.test(pod.ref.name) && isReady(pod) === false,
  );
}

/** The host whose scheduler is known not to run. */
function schedulerHost(snapshot: Snapshot): ObjectRef | undefined {
  const units = snapshot.hostUnits.filter(({ unit }) => /^kube-scheduler\b/.test(unit));
  const [down] = units;
  return down === undefined || units.some(({ active }) => active === 'active')
    ? undefined
    : { cluster: snapshot.cluster, kind: 'Node', name: down.node };
}

function unseenFinding(snapshot: Snapshot, pods: readonly Pod[]): Finding[] {
  const [first] = pods;
  if (first === undefined) return [];
  const name = first.spec?.schedulerName ?? defaultScheduler;
  const own =
    name === defaultScheduler ? (schedulerHost(snapshot) ?? schedulerPod(snapshot)?.ref) : undefined;
  const since = pods.flatMap(({ createdAt }) => createdAt ?? []).toSorted()[0];
  return [
    {
      object: own ?? controllerRef(snapshot, first),
      code: 'scheduling.scheduler-down',
      severity: 'error',
      message: `${formatObject(first.ref)}${pods.length > 1 ? ` and ${pods.length - 1} more pods` : ''}: no scheduler "${name}" has looked at it since ${first.createdAt ?? 'it was made'}`,
      evidence: [
        ...quoteField(first, '.status.phase', first.status?.phase, 0.4),
        ...quoteField(first, '.metadata.name', first.ref.name, 0.3),
      ],
      certainty: own === undefined ? 0.6 : 0.92,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: pods.map(({ ref }) => ref),
      ...(own === undefined ? { fixHint: { facets: ['placement'] } } : {}),
    },
  ];
}

/** Parts of a control plane that runs as pods, and what becomes of the cluster without them. */
const parts = [
  ['kube-scheduler', 'scheduling.scheduler-down'],
  ['kube-controller-manager', 'control-plane.controller-manager-down'],
  ['kube-apiserver', 'control-plane.api-server-down'],
  ['etcd', 'control-plane.datastore-down'],
] as const;

function partFindings(snapshot: Snapshot): Finding[] {
  const system = snapshot.pods.filter((pod) => pod.ref.namespace === 'kube-system' && isLive(pod));
  return parts.flatMap(([name, code]) => {
    const own = system.filter(
      ({ ref, labels }) => labels.component === name || ref.name.startsWith(`${name}-`),
    );
    const down = own.filter((pod) => isReady(pod) === false);
    const [first] = down;
    if (first === undefined) return [];
    const standsIn = down.length < own.length;
    return [
      {
        object: first.ref,
        code,
        severity: standsIn ? ('warning' as const) : ('error' as const),
        message: `${formatObject(first.ref)} is not ready${standsIn ? '; others of its kind are' : ''}`,
        evidence: [
          ...quoteField(first, '.metadata.name', first.ref.name, 0.4),
          ...quoteField(first, '.status.phase', first.status?.phase, 0.3),
        ],
        certainty: 0.8,
        consequence: false,
      },
    ];
  });
}

/** Schedulers, controller managers, API servers and their stores. */
export const controlPlane = defineAnalyzer({
  name: 'control-plane',
  kind: 'Pod',
  analyze: (snapshot) => {
    const unseen = snapshot.pods.filter((pod) => isUnseenByScheduler(snapshot, pod));
    const byScheduler = Map.groupBy(unseen, ({ spec }) => spec?.schedulerName ?? defaultScheduler);
    return [
      ...[...byScheduler.values()].flatMap((pods) => unseenFinding(snapshot, pods)),
      ...partFindings(snapshot),
    ];
  },
});
