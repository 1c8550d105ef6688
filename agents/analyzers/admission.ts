import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween, toMs } from '#domain/time.ts';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import type { Snapshot, Sourced } from '../analysis/kubernetes/snapshot.ts';
import { longRunning } from '../analysis/kubernetes/snapshot.ts';
import { readyReplicas, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteEvent } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Why the API server did not let a controller make a pod, in its own words. */
const refusals: readonly (readonly [RegExp, CauseCode])[] = [
  [/exceeded quota.*requested:[^,]*\b(limits\.|requests\.)?cpu/i, 'admission.quota-cpu'],
  [/exceeded quota.*requested:[^,]*\b(limits\.|requests\.)?memory/i, 'admission.quota-memory'],
  [/exceeded quota.*requested:[^,]*(pods|count\/pods)/i, 'admission.quota-pods'],
  [/exceeded quota.*requested:[^,]*services/i, 'admission.quota-services'],
  [/exceeded quota.*requested:[^,]*(storage|persistentvolumeclaims)/i, 'admission.quota-storage'],
  [/exceeded quota|failed quota/i, 'admission.quota-other'],
  [/serviceaccount ".*" not found/i, 'admission.service-account-missing'],
  [/failed calling webhook/i, 'admission.webhook-unavailable'],
  [/(maximum|minimum) .* usage per (Container|Pod)|LimitRange/i, 'admission.limit-range'],
  [/violates PodSecurity|denied the request|admission webhook .* denied/i, 'admission.policy-denied'],
  [/is forbidden/i, 'admission.forbidden'],
];

function quotaNamed(message: string, event: KubernetesEvent, cluster: string): ObjectRef | undefined {
  const name = /(?:exceeded|failed) quota: ([a-z0-9.-]+)/i.exec(message)?.[1];
  if (name === undefined || event.namespace === undefined) return undefined;
  return { cluster, kind: 'ResourceQuota', namespace: event.namespace, name };
}

/** True where the controller has got its pods after all: it tries again until it may. */
function isOver(snapshot: Snapshot, event: KubernetesEvent): boolean {
  const set = snapshot.replicaSets.find(
    ({ ref }) => ref.name === event.name && ref.namespace === event.namespace,
  );
  const [wanted, made] = [set?.spec?.replicas, set?.status?.replicas];
  if (wanted !== undefined && made !== undefined) return made >= wanted;
  const { lastAt } = event;
  return snapshot.pods.some(
    ({ ownedBy, createdAt }) =>
      ownedBy?.name === event.name &&
      createdAt !== undefined &&
      lastAt !== undefined &&
      toMs(createdAt) >= toMs(lastAt),
  );
}

/** The workload above the controller that could not make its pod, if it lacks pods still. */
function lackingWorkload(snapshot: Snapshot, event: KubernetesEvent): ObjectRef | undefined {
  const set = snapshot.replicaSets.find(
    ({ ref }) => ref.name === event.name && ref.namespace === event.namespace,
  );
  const name =
    event.kind === 'ReplicaSet'
      ? (set?.ownedBy?.name ?? event.name.replace(/-[a-z0-9]{5,10}$/, ''))
      : event.name;
  const workload = longRunning(snapshot).find(
    ({ ref }) => ref.name === name && ref.namespace === event.namespace,
  );
  if (workload === undefined || isOver(snapshot, event)) return undefined;
  const [wanted, ready] = [wantedReplicas(workload), readyReplicas(workload)];
  return wanted !== undefined && ready !== undefined && ready >= wanted ? undefined : workload.ref;
}

const freshSeconds = 3600;

function findingOf(snapshot: Snapshot, event: Sourced<KubernetesEvent>): Finding[] {
  if (event.reason !== 'FailedCreate') return [];
  if (event.lastAt !== undefined && secondsBetween(event.lastAt, snapshot.asOf) > freshSeconds) return [];
  const refusal = refusals.find(([pattern]) => pattern.test(event.message));
  const workload = lackingWorkload(snapshot, event);
  if (refusal === undefined || workload === undefined) return [];
  return [
    {
      object: quotaNamed(event.message, event, snapshot.cluster) ?? workload,
      code: refusal[1],
      severity: 'error',
      message: `${formatObject(workload)} cannot make its pods: ${event.message.slice(0, 200)}`,
      evidence: quoteEvent(event, 0.8),
      certainty: refusal[1] === 'admission.forbidden' ? 0.7 : 0.92,
      consequence: false,
      ...(event.firstAt === undefined ? {} : { since: event.firstAt }),
      through: [workload],
      fixHint: { facets: ['resources', 'security'] },
    },
  ];
}

/** Pods that controllers may not make: quotas, limits, policies, missing accounts. */
export const admission = defineAnalyzer({
  name: 'admission',
  kind: 'Event',
  analyze: (snapshot) => snapshot.events.flatMap((event) => findingOf(snapshot, event)),
});
