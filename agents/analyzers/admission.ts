import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween, toMs } from '#domain/time.ts';
import { controllerOfSet, replicaSetAt, workloadAt } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import {
  readyReplicas,
  replicasToUpdate,
  updatedReplicas,
  type Workload,
  wantedReplicas,
} from '../analysis/kubernetes/workload.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { isAccountMissing } from './access.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { requestedIn, roomInQuota } from './quota-fix.ts';

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
  [
    /(maximum|minimum) .* usage per (Container|Pod)|limit to request ratio per|LimitRange/i,
    'admission.limit-range',
  ],
  [
    /violates PodSecurity|denied (the )?request|admission webhook .* denied|any security context constraint/i,
    'admission.policy-denied',
  ],
  [/being terminated/i, 'admission.other'],
  [/is forbidden/i, 'admission.forbidden'],
  [/./, 'admission.other'],
];

/** Somebody was refused a pod, in the API server's words: an event of its controller, or a condition that keeps them. */
type Refusal = {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly message: string;
  readonly evidence: readonly Quote[];
  readonly firstAt: string | undefined;
  readonly lastAt: string | undefined;
};

const freshSeconds = 3600;

function fromEvents(snapshot: Snapshot): Refusal[] {
  return snapshot.events
    .filter(
      ({ reason, lastAt }) =>
        reason === 'FailedCreate' &&
        (lastAt === undefined || secondsBetween(lastAt, snapshot.asOf) <= freshSeconds),
    )
    .map((event) => ({
      kind: event.kind,
      name: event.name,
      namespace: event.namespace,
      message: event.message,
      evidence: quoteEvent(event, 0.8),
      firstAt: event.firstAt,
      lastAt: event.lastAt,
    }));
}

/** Events are kept for an hour and may not have been read; the condition stays for as long as it is so. */
function fromConditions(snapshot: Snapshot): Refusal[] {
  return [...snapshot.replicaSets, ...snapshot.deployments].flatMap((workload) =>
    (workload.status?.conditions ?? []).flatMap(({ type, status, message, lastTransitionTime }) =>
      type === 'ReplicaFailure' && status === 'True' && message !== undefined
        ? [
            {
              kind: workload.ref.kind,
              name: workload.ref.name,
              namespace: workload.ref.namespace,
              message,
              evidence: quoteField(workload, '.status.conditions[ReplicaFailure].message', message, 0.8),
              firstAt: timeOf(lastTransitionTime),
              lastAt: undefined,
            },
          ]
        : [],
    ),
  );
}

/** The quota that is used up. One that wants every pod to say what it asks for ("must specify") has room. */
function quotaNamed({ message, namespace }: Refusal, cluster: string): ObjectRef | undefined {
  const name = /exceeded quota: ([a-z0-9.-]+)/i.exec(message)?.[1];
  if (name === undefined || namespace === undefined) return undefined;
  return { cluster, kind: 'ResourceQuota', namespace, name };
}

/** The account that was missing is there by now: the controller tries again by itself. */
function isAccountThere(snapshot: Snapshot, { message, namespace }: Refusal): boolean {
  const name = /serviceaccount "([^"]+)" not found/i.exec(message)?.[1];
  return (
    name !== undefined &&
    isRead(snapshot, 'serviceaccounts', namespace) &&
    !isAccountMissing(snapshot, namespace, name)
  );
}

/** True where the controller has got its pods after all: it tries again until it may. */
function isOver(snapshot: Snapshot, refusal: Refusal): boolean {
  const set = replicaSetAt(snapshot, refusal.namespace, refusal.name);
  const [wanted, made] = [set?.spec?.replicas, set?.status?.replicas];
  if (refusal.kind === 'ReplicaSet' && wanted !== undefined && made !== undefined) return made >= wanted;
  const { lastAt } = refusal;
  return snapshot.pods.some(
    ({ ownedBy, createdAt, ref }) =>
      ownedBy?.name === refusal.name &&
      ref.namespace === refusal.namespace &&
      createdAt !== undefined &&
      lastAt !== undefined &&
      toMs(createdAt) >= toMs(lastAt),
  );
}

/** The workload above the controller that could not make its pod, if it lacks pods still. */
function lackingWorkload(snapshot: Snapshot, refusal: Refusal): ObjectRef | undefined {
  const { kind, namespace, name } = refusal;
  const [above] =
    kind === 'ReplicaSet'
      ? controllerOfSet(snapshot, namespace, name)
      : [{ cluster: snapshot.cluster, kind, name, ...(namespace === undefined ? {} : { namespace }) }];
  const workload = above === undefined ? undefined : workloadAt(snapshot, above);
  const job = snapshot.jobs.find(
    ({ ref }) => ref.name === name && ref.namespace === namespace && kind === 'Job',
  );
  if (job !== undefined) return isOver(snapshot, refusal) ? undefined : job.ref;
  if (workload === undefined || isOver(snapshot, refusal)) return undefined;
  const [wanted, ready] = [wantedReplicas(workload), readyReplicas(workload)];
  const isFull = wanted !== undefined && ready !== undefined && ready >= wanted;
  return isFull && !isBehind(workload) ? undefined : workload.ref;
}

/** The pods of before stand in for new ones that may not be made. Of a summary nobody can say: it leaves numbers out. */
function isBehind(workload: Workload): boolean {
  const wanted = replicasToUpdate(workload);
  return (
    workload.status?.observedGeneration !== undefined &&
    wanted !== undefined &&
    updatedReplicas(workload) < wanted
  );
}

function findingOf(snapshot: Snapshot, refusal: Refusal): Finding[] {
  const { message, evidence, firstAt } = refusal;
  const code = refusals.find(([pattern]) => pattern.test(message))?.[1];
  const workload = lackingWorkload(snapshot, refusal);
  if (code === undefined || workload === undefined || isAccountThere(snapshot, refusal)) return [];
  const quota = quotaNamed(refusal, snapshot.cluster);
  const room = quota === undefined ? {} : roomInQuota(snapshot, quota, requestedIn(message));
  return [
    {
      object: quota ?? workload,
      code,
      // Whoever takes the namespace away wants no pods in it.
      severity: /being terminated/.test(message) ? 'info' : 'error',
      message: `${formatObject(workload)} cannot make its pods: ${message.slice(0, 200)}`,
      evidence,
      certainty: code === 'admission.other' ? 0.6 : code === 'admission.forbidden' ? 0.7 : 0.92,
      consequence: false,
      ...(firstAt === undefined ? {} : { since: firstAt }),
      through: [workload],
      fixHint: { facets: ['resources', 'security'], ...room },
    },
  ];
}

/** Pods that controllers may not make: quotas, limits, policies, missing accounts. */
export const admission = defineAnalyzer({
  name: 'admission',
  kind: 'Event',
  analyze: (snapshot) =>
    [...fromEvents(snapshot), ...fromConditions(snapshot)].flatMap((refusal) => findingOf(snapshot, refusal)),
});
