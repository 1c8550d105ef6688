import { formatObject } from '#domain/object-ref.ts';
import { cronJobs } from '../../analysis/kubernetes/batch.ts';
import { type LabelSelector, meetsLabels } from '../../analysis/kubernetes/label-selector.ts';
import type { Seen } from '../../analysis/kubernetes/partial.ts';
import { isRead, longRunning, type Snapshot } from '../../analysis/kubernetes/snapshot.ts';
import { podLabels } from '../../analysis/kubernetes/workload.ts';
import { quoteField } from '../../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from '../define-analyzer.ts';
import { budgets } from '../disruption-budget.ts';

/** True where the selector takes in no pod, and none that a workload would make. */
function selectsNothing(snapshot: Snapshot, namespace: string | undefined, selector: LabelSelector): boolean {
  // An empty one takes in all; jobs come and go, and so do their pods.
  const pairs = Object.keys(selector.matchLabels ?? {}).length + selector.matchExpressions.length;
  if (pairs === 0 || !isRead(snapshot, 'pods', namespace) || !isRead(snapshot, 'deployments', namespace))
    return false;
  const own = ({ ref }: Pick<Seen, 'ref'>): boolean => ref.namespace === namespace;
  const templates = [...longRunning(snapshot), ...snapshot.jobs].filter(own).map(podLabels);
  const labels = [...templates, ...snapshot.pods.filter(own).map((pod) => pod.labels)];
  return !cronJobs(snapshot).some(own) && !labels.some((one) => meetsLabels(selector, one));
}

function pairOf({ matchLabels, matchExpressions }: LabelSelector): readonly [string, string] {
  const [pair] = Object.entries(matchLabels ?? {});
  const [expression] = matchExpressions;
  return pair ?? [expression?.key ?? '', expression?.values?.[0] ?? expression?.key ?? ''];
}

type Idle = Pick<Finding, 'code' | 'severity'> & {
  readonly seen: Seen;
  readonly field: string;
  readonly selector: LabelSelector | undefined;
};

function findingOf(snapshot: Snapshot, { seen, field, selector, code, severity }: Idle): Finding[] {
  if (selector === undefined || seen.terminating) return [];
  if (!selectsNothing(snapshot, seen.ref.namespace, selector)) return [];
  const [key, value] = pairOf(selector);
  return [
    {
      object: seen.ref,
      code,
      severity,
      message: `${formatObject(seen.ref)} selects no pod (${key}=${value}): it does nothing`,
      evidence: quoteField(seen, `${field}.${key}`, value, 0.5),
      certainty: 0.4,
      consequence: false,
    },
  ];
}

/** Policies and budgets that select nothing: left over, or never right. They break nothing, and protect nothing. */
export const idleSelectors = defineAnalyzer({
  name: 'idle-selectors',
  kind: 'NetworkPolicy',
  analyze: (snapshot) => [
    ...snapshot.networkPolicies.flatMap((policy) =>
      findingOf(snapshot, {
        seen: policy,
        field: '.spec.podSelector',
        selector: policy.spec?.podSelector,
        code: 'network.other',
        severity: 'warning',
      }),
    ),
    ...budgets(snapshot).flatMap((budget) =>
      findingOf(snapshot, {
        seen: budget,
        field: '.spec.selector',
        selector: budget.spec?.selector,
        code: 'workload.disruption-budget',
        severity: 'warning',
      }),
    ),
  ],
});
