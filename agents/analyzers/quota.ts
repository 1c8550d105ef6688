import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import {
  type QuotaUse,
  quotaUses,
  type ResourceQuota,
  resourceQuotas,
} from '../analysis/kubernetes/quotas.ts';
import { isRead, longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { claimsMissing } from './claim-references.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { roomInQuota } from './quota-fix.ts';
import { serviceAddress } from './service-address.ts';

/** What a quota's resource is about, and what is lacking where it is used up. */
type Sort = 'pods' | 'services' | 'storage';

const sorts: readonly (readonly [RegExp, CauseCode, Sort])[] = [
  [/^((requests|limits)\.)?cpu$/, 'admission.quota-cpu', 'pods'],
  [/^((requests|limits)\.)?memory$/, 'admission.quota-memory', 'pods'],
  [/^(count\/)?pods$/, 'admission.quota-pods', 'pods'],
  [/^(count\/services|services(\.\w+)?)$/, 'admission.quota-services', 'services'],
  [/storage$|persistentvolumeclaims$/, 'admission.quota-storage', 'storage'],
  [/^(requests\.)?(ephemeral-storage|[\w.-]+\/gpu)$/, 'admission.quota-other', 'pods'],
];

/** Storage comes in large pieces: what is left of it may be too little long before it is used up. */
const tightShare: Readonly<Record<Sort, number>> = { pods: 1, services: 1, storage: 0.85 };

/** A quota that came this lately may be what is new. */
const newsSeconds = 7200;

/** Workloads that want pods and have made too few, with room for none of the reasons that pods themselves would tell. */
function workloadsLacking(snapshot: Snapshot, namespace: string | undefined): ObjectRef[] {
  return longRunning(snapshot)
    .filter(({ ref, terminating }) => ref.namespace === namespace && !terminating)
    .filter((workload) => {
      const wanted = wantedReplicas(workload) ?? 0;
      const made = workload.status?.replicas ?? podsOf(snapshot, workload).length;
      return wanted > 0 && made < wanted && podsOf(snapshot, workload).length < wanted;
    })
    .map(({ ref }) => ref);
}

function servicesLacking(snapshot: Snapshot, namespace: string | undefined): ObjectRef[] {
  return serviceAddress
    .analyze(snapshot)
    .filter(({ code, object }) => code === 'service.missing' && object.namespace === namespace)
    .flatMap(({ object, through }) => [object, ...(through ?? [])]);
}

function lackingOf(snapshot: Snapshot, sort: Sort, namespace: string | undefined): ObjectRef[] {
  if (sort === 'services') return servicesLacking(snapshot, namespace);
  if (sort === 'storage') {
    return claimsMissing(snapshot)
      .filter(({ claim }) => claim.namespace === namespace)
      .flatMap(({ claim, users }) => [claim, ...users]);
  }
  return isRead(snapshot, 'pods', namespace) ? workloadsLacking(snapshot, namespace) : [];
}

function findingOf(snapshot: Snapshot, quota: ResourceQuota, use: QuotaUse): Finding[] {
  const [, code, sort] = sorts.find(([pattern]) => pattern.test(use.resource)) ?? [
    undefined,
    'admission.quota-other' as const,
    'pods' as const,
  ];
  const since = lastEditedAt(quota.raw) ?? quota.createdAt;
  const usedUp = use.used >= use.hard;
  const tight = use.used >= use.hard * tightShare[sort];
  // What is asked for at once may be more than all that there is: of claims that were never made the size is not known.
  const news = since !== undefined && secondsBetween(since, snapshot.asOf) < newsSeconds;
  if (!tight && !(sort === 'storage' && news)) return [];
  const lacking = lackingOf(snapshot, sort, quota.ref.namespace);
  if (lacking.length === 0 && !usedUp) return [];
  const [first] = lacking;
  const told = `${formatObject(quota.ref)}: ${use.usedText} of ${use.hardText} ${use.resource} are used`;
  return [
    {
      object: quota.ref,
      code,
      // That a quota has come lately and a claim is missing may be two things.
      severity: first === undefined ? 'info' : tight ? 'error' : 'warning',
      message: first === undefined ? told : `${told}, and ${formatObject(first)} is lacking`,
      evidence: [
        ...quoteField(quota, `.status.used[${use.resource}]`, use.usedText, 0.6),
        ...quoteField(quota, `.status.hard[${use.resource}]`, use.hardText, 0.5),
        ...quoteField(quota, '.metadata.name', quota.ref.name, 0.2),
      ],
      certainty: usedUp ? 0.92 : tight ? 0.8 : 0.5,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: lacking,
      // One Service more is what is lacking; of other things the sizes are not known here.
      ...(sort === 'services' && first !== undefined
        ? { fixHint: roomInQuota(snapshot, quota.ref, [{ resource: use.resource, amount: '1' }]) }
        : {}),
    },
  ];
}

/** Quotas that are used up. That alone may be as it is meant; where something is lacking that they count, they are why. */
export const quota = defineAnalyzer({
  name: 'quota',
  kind: 'ResourceQuota',
  analyze: (snapshot) =>
    resourceQuotas(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => quotaUses(one).flatMap((use) => findingOf(snapshot, one, use))),
});
