import { formatObject, type ObjectRef, objectKey } from '#domain/object-ref.ts';
import { controllerRef, servingPods, workloadAt } from '../analysis/kubernetes/owners.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import { formerRevision } from '../analysis/kubernetes/revisions.ts';
import { isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer } from './define-analyzer.ts';

/** Claims that a pod mounts, by their names; those that are made together with the pod have the pod's name before theirs. */
export function claimNamesOf({ spec }: Pick<Pod, 'spec'>): string[] {
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

type MissingClaim = {
  readonly claim: ObjectRef;
  readonly users: readonly ObjectRef[];
  readonly pods: readonly Pod[];
};

/** Claims that pods mount and that are not there. */
export const claimsMissing = perSnapshot((snapshot): readonly MissingClaim[] => {
  const there = new Set(snapshot.claims.map(({ ref }) => `${ref.namespace}/${ref.name}`));
  const wanted = servingPods(snapshot).flatMap((pod) =>
    claimNamesOf(pod)
      .filter(
        (name) =>
          isRead(snapshot, 'persistentvolumeclaims', pod.ref.namespace) &&
          !there.has(`${pod.ref.namespace}/${name}`),
      )
      .map((name) => ({ pod, claim: { ...pod.ref, kind: 'PersistentVolumeClaim', name } })),
  );
  return [...Map.groupBy(wanted, ({ claim }) => objectKey(claim)).values()].flatMap((same) => {
    const [first] = same;
    const pods = same.map(({ pod }) => pod);
    const users = new Map(
      pods.map((pod) => controllerRef(snapshot, pod)).map((ref) => [objectKey(ref), ref] as const),
    );
    return first === undefined
      ? []
      : [{ claim: first.claim, pods, users: [...users.values(), ...pods.map(({ ref }) => ref)] }];
  });
});

/** True where a rollout brought the claim: the former revision did without. */
function broughtByRollout(snapshot: Snapshot, asker: ObjectRef, claim: string): boolean {
  const workload = workloadAt(snapshot, asker);
  const former = workload === undefined ? undefined : formerRevision(snapshot, workload, ['volumes'])?.former;
  return former !== undefined && !claimNamesOf(former.template).includes(claim);
}

/** Claims that pods ask for and that nobody made. */
export const missingClaim = defineAnalyzer({
  name: 'missing-claim',
  kind: 'PersistentVolumeClaim',
  analyze: (snapshot: Snapshot) =>
    claimsMissing(snapshot).flatMap(({ claim, users, pods }) => {
      const [pod] = pods;
      if (pod === undefined) return [];
      const waits = pod.status?.phase === 'Pending';
      const asker = controllerRef(snapshot, pod);
      const rollout = broughtByRollout(snapshot, asker, claim.name);
      return [
        {
          // Who began to ask for it is the one to change; else somebody took the claim away, or never made it.
          object: rollout ? asker : claim,
          code: 'storage.claim-unbound' as const,
          severity: waits ? ('error' as const) : ('warning' as const),
          message: `${formatObject(pod.ref)} mounts ${formatObject(claim)}, which is not there`,
          evidence: quoteField(pod, '.spec.volumes[].persistentVolumeClaim.claimName', claim.name, 0.6),
          certainty: waits ? 0.88 : 0.6,
          consequence: false,
          ...(pod.createdAt === undefined ? {} : { since: pod.createdAt }),
          through: rollout ? [claim, ...users] : users,
          ...(rollout ? { fixHint: { facets: ['volumes'] as const } } : {}),
        },
      ];
    }),
});
