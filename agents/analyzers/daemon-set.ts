import { formatObject } from '#domain/object-ref.ts';
import { meetsAffinity, meetsSelector } from '../analysis/kubernetes/placement.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { isObserved, type Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Fewer of its pods are ready than there are nodes for them: why, the pods tell. */
function lacking(set: Workload): Finding[] {
  const { desiredNumberScheduled: desired, numberReady: ready } = set.status ?? {};
  if (desired === undefined || ready === undefined || ready >= desired || !isObserved(set)) return [];
  return [
    {
      object: set.ref,
      code: 'workload.too-few-replicas',
      severity: 'warning',
      message: `${formatObject(set.ref)}: ${ready} of ${desired} pods are ready`,
      evidence: [
        ...quoteField(set, '.status.numberReady', ready, 0.4),
        ...quoteField(set, '.status.desiredNumberScheduled', desired, 0.3),
      ],
      certainty: 0.5,
      consequence: true,
    },
  ];
}

/** It is meant for nodes that there are none of; a set for GPUs that nobody has yet is so, too. */
function nowhere(snapshot: Snapshot, set: Workload): Finding[] {
  const spec = set.spec?.template?.spec;
  const { nodes } = snapshot;
  if (spec === undefined || nodes.length === 0 || set.status?.desiredNumberScheduled !== 0) return [];
  if (nodes.some((node) => meetsSelector(spec, node) && meetsAffinity(spec, node))) return [];
  const [key, value] = Object.entries(spec.nodeSelector ?? {})[0] ?? [];
  return [
    {
      object: set.ref,
      code: key === undefined ? 'scheduling.node-affinity-mismatch' : 'scheduling.node-selector-mismatch',
      severity: 'info',
      message: `${formatObject(set.ref)} is meant for nodes that there are none of${key === undefined ? '' : ` (${key}=${value})`}`,
      evidence: [
        ...quoteField(set, `.spec.template.spec.nodeSelector.${key ?? ''}`, value, 0.5),
        ...quoteField(set, '.metadata.name', set.ref.name, 0.2),
      ],
      certainty: 0.6,
      consequence: false,
    },
  ];
}

/** DaemonSets that lack pods, or that no node is meant for. */
export const daemonSet = defineAnalyzer({
  name: 'daemon-set',
  kind: 'DaemonSet',
  analyze: (snapshot) =>
    snapshot.daemonSets
      .filter(({ terminating }) => !terminating)
      .flatMap((set) => [...lacking(set), ...nowhere(snapshot, set)]),
});
