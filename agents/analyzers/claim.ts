import type { CauseCode } from '#domain/causes/codes.ts';
import type { Quote } from '#domain/diagnosis.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import {
  isDefaultClass,
  persistentVolumes,
  type StorageClass,
  storageClasses,
  type VolumeClaim,
  volumeClaims,
} from '../analysis/kubernetes/volumes.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { nearestVolume } from './claim-fit.ts';
import { claimNamesOf } from './claim-references.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

const podsByClaim = perSnapshot((snapshot) =>
  Map.groupBy(
    servingPods(snapshot).flatMap((pod) =>
      claimNamesOf(pod).map((name) => ({ place: `${pod.ref.namespace}/${name}`, pod })),
    ),
    ({ place }) => place,
  ),
);

/** Pods that mount the claim, and their workloads. */
function usersOf(snapshot: Snapshot, { ref }: VolumeClaim): ObjectRef[] {
  const using = podsByClaim(snapshot).get(`${ref.namespace}/${ref.name}`) ?? [];
  return using.flatMap(({ pod }) => [controllerRef(snapshot, pod), pod.ref]);
}

function classOf(snapshot: Snapshot, claim: VolumeClaim): StorageClass | undefined {
  const name = claim.spec?.storageClassName;
  const classes = storageClasses(snapshot);
  return name === undefined ? classes.find(isDefaultClass) : classes.find(({ ref }) => ref.name === name);
}

/** Volumes are there that carry the class's name: made by hand, they need no StorageClass of that name. */
function hasVolumes(snapshot: Snapshot, claim: VolumeClaim): boolean {
  const name = claim.spec?.storageClassName ?? '';
  return persistentVolumes(snapshot).some(({ spec }) => (spec?.storageClassName ?? '') === name);
}

/** The class that it names is not there, nor any volume that was made by hand under that name. */
function lacksClass(snapshot: Snapshot, claim: VolumeClaim): boolean {
  if (!snapshot.kindsRead.has('storageclasses')) return false;
  if (claim.spec?.storageClassName === '') return false;
  return classOf(snapshot, claim) === undefined && !hasVolumes(snapshot, claim);
}

type Why = {
  readonly code: CauseCode;
  readonly certainty: number;
  readonly said: string;
  readonly evidence: readonly Quote[];
};

const messages: readonly (readonly [RegExp, CauseCode, number])[] = [
  [/storageclass(\.storage\.k8s\.io)?[^"]*"[^"]*" not found/i, 'storage.claim-class-missing', 0.95],
  [
    /no persistent volumes available for this claim and no storage class is set/i,
    'storage.claim-unbound',
    0.8,
  ],
  [/Cannot bind to requested volume.*(access ?modes?)/i, 'storage.claim-access-mode-mismatch', 0.95],
  [
    /Cannot bind to requested volume.*(size|storage|small|capacity)/i,
    'storage.claim-capacity-mismatch',
    0.95,
  ],
  [/Cannot bind to requested volume.*class/i, 'storage.claim-class-missing', 0.8],
  [/already bound to a different claim/i, 'storage.volume-already-claimed', 0.95],
  [/exceeded quota/i, 'admission.quota-storage', 0.9],
  // What drivers of volumes say of modes that their storage has not.
  [
    /MULTI_NODE|multi[ -]?writer|only supports? (ReadWriteOnce|RWO)|only AccessModes\[|access ?modes? .*(not|un)supported|(not|un)support\w* .*access ?mode/i,
    'storage.claim-access-mode-mismatch',
    0.92,
  ],
  // What clouds say through their drivers.
  [
    /VolumeLimitExceeded|QUOTA_EXCEEDED|QuotaExceeded|quota .*exceeded|exceeded your .*(limit|quota)/i,
    'cloud.quota-exceeded',
    0.9,
  ],
  [
    /UnauthorizedOperation|not authorized to perform|AuthorizationFailed|does not have authorization|AccessDenied|required '[^']+' permission/i,
    'cloud.permission-denied',
    0.9,
  ],
];

function whyOf(snapshot: Snapshot, claim: VolumeClaim): Why {
  const event = eventsOf(snapshot, claim.ref).find(({ type }) => type === 'Warning');
  const told = event === undefined ? undefined : messages.find(([pattern]) => pattern.test(event.message));
  const quoted = quoteEvent(event, 0.7);
  const waits = eventsOf(snapshot, claim.ref).find(({ reason }) => reason === 'ExternalProvisioning');
  const said = (event ?? waits)?.message.slice(0, 200) ?? 'no volume fits';
  // Where no volume that was made by hand fits, the controller looks for a class to make one by, and misses that.
  const unfit = told?.[1] === 'storage.claim-class-missing' && hasVolumes(snapshot, claim);
  if (told !== undefined && told[1] !== 'storage.claim-unbound' && !unfit)
    return { code: told[1], certainty: told[2], said, evidence: quoted };
  const wanted = claim.spec?.volumeName;
  const fit = nearestVolume(claim, persistentVolumes(snapshot), wanted);
  if (fit !== undefined) {
    const { volume, misfit } = fit;
    const evidence = [
      ...quoted,
      ...quoteField(claim, misfit.claimField, misfit.asked, 0.6),
      ...quoteField(volume, misfit.volumeField, misfit.given, 0.5),
    ];
    return {
      code: misfit.code,
      certainty: 0.92,
      said: `${formatObject(volume.ref)} would do, but ${misfit.said}`,
      evidence,
    };
  }
  if (lacksClass(snapshot, claim)) {
    const name = claim.spec?.storageClassName;
    return name === undefined
      ? {
          code: 'storage.claim-class-missing',
          certainty: 0.75,
          said: 'it names no class, and there is no default one',
          evidence: quoted,
        }
      : {
          code: 'storage.claim-class-missing',
          certainty: 0.92,
          said: `there is no StorageClass ${name}`,
          evidence: [...quoted, ...quoteField(claim, '.spec.storageClassName', name, 0.7)],
        };
  }
  return {
    code: 'storage.claim-unbound',
    certainty: event === undefined ? 0.7 : 0.85,
    said,
    evidence: [...quoted, ...quoteEvent(event === undefined ? waits : undefined, 0.6)],
  };
}

/** A claim whose class waits for the first pod is as it should be until there is one. */
function waitsForConsumer(snapshot: Snapshot, claim: VolumeClaim): boolean {
  const events = eventsOf(snapshot, claim.ref);
  return (
    classOf(snapshot, claim)?.volumeBindingMode === 'WaitForFirstConsumer' ||
    events[0]?.reason === 'WaitForFirstConsumer' ||
    events[0]?.reason === 'WaitForPodScheduled'
  );
}

/** Volumes are made within this time, where somebody makes them. */
const patienceSeconds = 30;

function pendingFinding(snapshot: Snapshot, claim: VolumeClaim): Finding[] {
  const users = usersOf(snapshot, claim);
  const warned = eventsOf(snapshot, claim.ref).some(({ type }) => type === 'Warning');
  const young =
    claim.createdAt !== undefined && secondsBetween(claim.createdAt, snapshot.asOf) < patienceSeconds;
  const normal = !warned && (waitsForConsumer(snapshot, claim) || young);
  // Whether its class waits for a pod is not known where classes were not read.
  const unknownClass = !snapshot.kindsRead.has('storageclasses');
  const why = whyOf(snapshot, claim);
  return [
    {
      object: claim.ref,
      code: normal ? 'storage.claim-unbound' : why.code,
      severity: normal ? 'info' : users.length > 0 || warned ? 'error' : unknownClass ? 'info' : 'warning',
      message: `${formatObject(claim.ref)} is not bound${normal ? ' yet: it waits for a pod' : `: ${why.said}`}`,
      evidence: [...(normal ? [] : why.evidence), ...quoteField(claim, '.status.phase', 'Pending', 0.4)],
      certainty: why.certainty,
      consequence: false,
      ...(claim.createdAt === undefined ? {} : { since: claim.createdAt }),
      through: users,
    },
  ];
}

function lostFinding(snapshot: Snapshot, claim: VolumeClaim): Finding[] {
  return [
    {
      object: claim.ref,
      code: 'storage.volume-lost',
      severity: 'error',
      message: `${formatObject(claim.ref)} has lost its volume${claim.spec?.volumeName === undefined ? '' : ` ${claim.spec.volumeName}`}`,
      evidence: quoteField(claim, '.status.phase', 'Lost', 0.8),
      certainty: 0.95,
      consequence: false,
      through: usersOf(snapshot, claim),
    },
  ];
}

/** A resize that does not get on. That it waits for the pod's next start is part of it. */
function resizeFinding(snapshot: Snapshot, claim: VolumeClaim): Finding[] {
  const failed = eventsOf(snapshot, claim.ref).find(
    ({ reason, type }) => type === 'Warning' && /Resize|Expand/i.test(reason),
  );
  if (failed === undefined) return [];
  return [
    {
      object: claim.ref,
      code: 'storage.other',
      severity: 'warning',
      message: `${formatObject(claim.ref)} cannot be resized: ${failed.message.slice(0, 200)}`,
      evidence: quoteEvent(failed, 0.7),
      certainty: 0.8,
      consequence: false,
      ...(failed.firstAt === undefined ? {} : { since: failed.firstAt }),
      through: usersOf(snapshot, claim),
    },
  ];
}

/** Claims that get no volume, and why; claims that lost theirs. */
export const claim = defineAnalyzer({
  name: 'claim',
  kind: 'PersistentVolumeClaim',
  analyze: (snapshot) =>
    volumeClaims(snapshot)
      .filter(({ terminating }) => !terminating)
      .flatMap((one) => {
        if (one.status?.phase === 'Pending') return pendingFinding(snapshot, one);
        if (one.status?.phase === 'Lost') return lostFinding(snapshot, one);
        return resizeFinding(snapshot, one);
      }),
});
