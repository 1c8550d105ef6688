import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import { eventsOf, isRead, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

function isPulling({ status }: Pod): boolean {
  return (status?.containerStatuses ?? []).some(({ state }) =>
    /ImagePull|ErrImage/.test(state?.waiting?.reason ?? ''),
  );
}

function findingsOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const { cluster, namespace } = pod.ref;
  const told = eventsOf(snapshot, pod.ref).find(({ reason }) => reason === 'FailedToRetrieveImagePullSecret');
  return (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }): Finding[] => {
    if (name === undefined || !isRead(snapshot, 'secrets', namespace)) return [];
    if (snapshot.secrets.some(({ ref }) => ref.name === name && ref.namespace === namespace)) return [];
    const object: ObjectRef = {
      cluster,
      kind: 'Secret',
      name,
      ...(namespace === undefined ? {} : { namespace }),
    };
    // Public images need none: without it nothing is wrong until one is denied.
    const hurts = isPulling(pod);
    return [
      {
        object,
        code: 'config.secret-missing',
        severity: hurts ? 'error' : 'info',
        message: `${formatObject(pod.ref)} pulls its images with Secret ${name}, which is not there`,
        evidence: [...quoteField(pod, '.spec.imagePullSecrets[].name', name, 0.6), ...quoteEvent(told, 0.5)],
        certainty: hurts ? 0.85 : 0.5,
        consequence: false,
        ...(pod.createdAt === undefined ? {} : { since: pod.createdAt }),
        through: [controllerRef(snapshot, pod), pod.ref],
        fixHint: { facets: ['security'] },
      },
    ];
  });
}

/** Secrets that images are pulled with and that are not there. */
export const pullSecret = defineAnalyzer({
  name: 'pull-secret',
  kind: 'Secret',
  analyze: (snapshot) => servingPods(snapshot).flatMap((pod) => findingsOf(snapshot, pod)),
});
