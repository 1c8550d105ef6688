import { formatObject } from '#domain/object-ref.ts';
import { servingPods } from '../analysis/kubernetes/owners.ts';
import { meetsTerms } from '../analysis/kubernetes/placement.ts';
import { isReady } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { type PersistentVolume, persistentVolumes } from '../analysis/kubernetes/volumes.ts';
import { quoteField } from '../analysis/quoting.ts';
import { claimNamesOf } from './claim-references.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** A volume that failed, or that nobody can claim any more because a former claim still holds it. */
function phaseFinding(one: PersistentVolume): Finding[] {
  if (one.status?.phase !== 'Failed' && one.status?.phase !== 'Released') return [];
  const failed = one.status.phase === 'Failed';
  return [
    {
      object: one.ref,
      code: failed ? 'storage.volume-lost' : 'storage.volume-already-claimed',
      severity: failed ? 'warning' : 'info',
      message: `${formatObject(one.ref)} is ${one.status.phase}${one.status.message === undefined ? '' : `: ${one.status.message}`}`,
      evidence: quoteField(one, '.status.phase', one.status.phase, 0.6),
      certainty: 0.7,
      consequence: false,
    },
  ];
}

/** A volume of one node's own disk, or of one zone, where there is no such node: its pods can run nowhere. */
function strandedFinding(snapshot: Snapshot, one: PersistentVolume): Finding[] {
  const terms = one.spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const { claimRef } = one.spec ?? {};
  if (terms.length === 0 || claimRef?.name === undefined || one.status?.phase !== 'Bound') return [];
  if (!snapshot.kindsRead.has('nodes') || snapshot.nodes.some((node) => meetsTerms(terms, node))) return [];
  const users = servingPods(snapshot).filter(
    (pod) => pod.ref.namespace === claimRef.namespace && claimNamesOf(pod).includes(claimRef.name ?? ''),
  );
  const waits = users.some((pod) => isReady(pod) !== true);
  const [requirement] = terms.flatMap(({ matchExpressions }) => matchExpressions);
  const value = requirement?.values[0];
  return [
    {
      object: one.ref,
      code: 'storage.volume-lost',
      severity: waits ? 'error' : 'warning',
      message: `${formatObject(one.ref)} can be used on no node: it needs ${requirement?.key ?? 'a node'} ${value ?? ''}, and there is none`,
      evidence: [
        ...quoteField(
          one,
          '.spec.nodeAffinity.required.nodeSelectorTerms[].matchExpressions[].values',
          value,
          0.6,
        ),
        ...quoteField(one, '.spec.claimRef.name', claimRef.name, 0.4),
      ],
      certainty: 0.88,
      consequence: false,
      through: users.map(({ ref }) => ref),
    },
  ];
}

/** Volumes that are lost, still held by a claim that is gone, or bound to a place that is gone. */
export const volume = defineAnalyzer({
  name: 'volume',
  kind: 'PersistentVolume',
  analyze: (snapshot) =>
    persistentVolumes(snapshot).flatMap((one) => [...phaseFinding(one), ...strandedFinding(snapshot, one)]),
});
