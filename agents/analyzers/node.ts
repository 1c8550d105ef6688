import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Node } from '../analysis/kubernetes/others.ts';
import { type Condition, timeOf } from '../analysis/kubernetes/partial.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** Node conditions by what they say when they are not as they should be. */
const conditions: Readonly<
  Record<string, { readonly well: string; readonly code: CauseCode; readonly certainty: number }>
> = {
  Ready: { well: 'True', code: 'node.not-ready', certainty: 0.85 },
  DiskPressure: { well: 'False', code: 'node.disk-pressure', certainty: 0.9 },
  MemoryPressure: { well: 'False', code: 'node.memory-pressure', certainty: 0.9 },
  PIDPressure: { well: 'False', code: 'node.pid-pressure', certainty: 0.9 },
  NetworkUnavailable: { well: 'False', code: 'node.network-unavailable', certainty: 0.9 },
};

function conditionFinding(node: Node, condition: Condition): Finding[] {
  const rule = conditions[condition.type];
  if (rule === undefined || condition.status === undefined || condition.status === rule.well) return [];
  const since = timeOf(condition.lastTransitionTime);
  const silent = condition.status === 'Unknown';
  if (silent && condition.type !== 'Ready') return [];
  return [
    {
      object: node.ref,
      code: silent ? 'node.kubelet-down' : rule.code,
      severity: 'error',
      message: `${formatObject(node.ref)}: ${condition.type} is ${condition.status}${condition.message === undefined ? '' : ` (${condition.message})`}`,
      evidence: [
        ...quoteField(node, `.status.conditions[${condition.type}].message`, condition.message, 0.6),
        ...quoteField(node, `.status.conditions[${condition.type}].reason`, condition.reason, 0.4),
        ...quoteField(node, '.metadata.name', node.ref.name, 0.1),
      ],
      certainty: rule.certainty,
      consequence: false,
      ...(since === undefined ? {} : { since }),
    },
  ];
}

/** Nodes that are away or short of something. A cordon alone is a choice; the scheduler's analyzer tells when it hurts. */
export const node = defineAnalyzer({
  name: 'node',
  kind: 'Node',
  analyze: (snapshot) =>
    snapshot.nodes.flatMap((candidate) =>
      (candidate.status?.conditions ?? []).flatMap((condition) => conditionFinding(candidate, condition)),
    ),
});
