import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { type Instant, secondsBetween } from '#domain/time.ts';
import { podsOf } from '../analysis/kubernetes/owners.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
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
import { expectedSize } from './expected-size.ts';
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

const servicesMissing = perSnapshot((snapshot) =>
  serviceAddress.analyze(snapshot).filter(({ code }) => code === 'service.missing'),
);

function servicesLacking(snapshot: Snapshot, namespace: string | undefined): ObjectRef[] {
  return servicesMissing(snapshot)
    .filter(({ object }) => object.namespace === namespace)
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

/** How much of what is lacking a quota leaves no room for, and what shows it. */
type Shortage = {
  readonly severity: Finding['severity'];
  readonly certainty: number;
  readonly evidence: readonly Quote[];
};

/**
 * Used up is used up: nothing more of the sort can be made. Of storage there may be something left that is less than what is
 * lacking asks for, where that is known. That a quota has come lately and a claim is missing may be two things.
 */
function shortageOf(
  snapshot: Snapshot,
  quota: ResourceQuota,
  use: QuotaUse,
  sort: Sort,
  lacking: readonly ObjectRef[],
): Shortage | undefined {
  const [first] = lacking;
  if (use.used >= use.hard) {
    // Pods that are lacking are counted; who wanted a Service or a claim, and whether it was refused, is not known here.
    const certainty = sort === 'pods' ? 0.92 : 0.75;
    return { severity: first === undefined ? 'info' : 'error', certainty, evidence: [] };
  }
  if (sort !== 'storage' || first === undefined) return undefined;
  const wanted = /storage$/.test(use.resource) ? expectedSize(snapshot, first) : undefined;
  if (wanted !== undefined && use.used + wanted.size > use.hard) {
    const evidence = quoteField(wanted.volume, '.spec.capacity.storage', wanted.text, 0.4);
    return { severity: 'error', certainty: 0.85, evidence };
  }
  const since = sinceOf(quota);
  const news = since !== undefined && secondsBetween(since, snapshot.asOf) < newsSeconds;
  return news ? { severity: 'warning', certainty: 0.4, evidence: [] } : undefined;
}

function sinceOf(quota: ResourceQuota): Instant | undefined {
  return lastEditedAt(quota.raw) ?? quota.createdAt;
}

function findingOf(snapshot: Snapshot, quota: ResourceQuota, use: QuotaUse): Finding[] {
  const [, code, sort] = sorts.find(([pattern]) => pattern.test(use.resource)) ?? [
    undefined,
    'admission.quota-other' as const,
    'pods' as const,
  ];
  const lacking = lackingOf(snapshot, sort, quota.ref.namespace);
  const shortage = shortageOf(snapshot, quota, use, sort, lacking);
  if (shortage === undefined) return [];
  const since = sinceOf(quota);
  const [first] = lacking;
  const told = `${formatObject(quota.ref)}: ${use.usedText} of ${use.hardText} ${use.resource} are used`;
  return [
    {
      object: quota.ref,
      code,
      severity: shortage.severity,
      message: first === undefined ? told : `${told}, and ${formatObject(first)} is lacking`,
      evidence: [
        ...quoteField(quota, `.status.used[${use.resource}]`, use.usedText, 0.6),
        ...quoteField(quota, `.status.hard[${use.resource}]`, use.hardText, 0.5),
        ...shortage.evidence,
      ],
      certainty: shortage.certainty,
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
