import { formatObject } from '#domain/object-ref.ts';
import type { NetworkPolicy } from '../analysis/kubernetes/networking.ts';
import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import { longRunning, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { podLabels, selects, type Workload } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

type Labels = Readonly<Record<string, string>>;

function matches(selector: Labels | undefined, labels: Labels): boolean {
  return selector === undefined || Object.keys(selector).length === 0 || selects(selector, labels);
}

function takesIn(policy: NetworkPolicy, workload: Workload): boolean {
  const selector = policy.spec?.podSelector;
  // Expressions are not read: a selector that has some says nothing here.
  if (selector === undefined || 'matchExpressions' in selector) return false;
  return (
    policy.ref.namespace === workload.ref.namespace && matches(selector.matchLabels, podLabels(workload))
  );
}

/**
 * True where some rule lets the caller's pods in; rules about other namespaces and about addresses are given the benefit
 * of the doubt. */
function letsIn(policy: NetworkPolicy, caller: Workload): boolean {
  const types = policy.spec?.policyTypes ?? [];
  if (types.length > 0 && !types.includes('Ingress')) return true;
  return (policy.spec?.ingress ?? []).some(
    ({ from }) =>
      from.length === 0 ||
      from.some(
        ({ podSelector, namespaceSelector, ipBlock }) =>
          namespaceSelector !== undefined ||
          ipBlock !== undefined ||
          (podSelector !== undefined &&
            ('matchExpressions' in podSelector || matches(podSelector.matchLabels, podLabels(caller)))),
      ),
  );
}

function blockedCaller(snapshot: Snapshot, workload: Workload, caller: string): Finding[] {
  const calling = longRunning(snapshot).find(
    ({ ref }) => ref.name === caller && ref.namespace === workload.ref.namespace,
  );
  const policies = snapshot.networkPolicies.filter((policy) => takesIn(policy, workload));
  // What one policy allows no other takes away.
  if (calling === undefined || policies.length === 0 || policies.some((policy) => letsIn(policy, calling)))
    return [];
  return policies.slice(0, 1).map((policy) => {
    const since = lastEditedAt(policy.raw) ?? policy.createdAt;
    return {
      object: policy.ref,
      code: 'network.policy-blocked',
      severity: 'error',
      message: `${formatObject(policy.ref)} lets no traffic from ${formatObject(calling.ref)} to ${formatObject(workload.ref)}`,
      evidence: quoteField(policy, '.metadata.name', policy.ref.name, 0.5),
      certainty: 0.75,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [workload.ref],
    };
  });
}

/** Policies that shut out a caller that call edges know of. */
export const networkPolicy = defineAnalyzer({
  name: 'network-policy',
  kind: 'NetworkPolicy',
  analyze: (snapshot) =>
    snapshot.networkPolicies.length === 0
      ? []
      : snapshot.edges.flatMap(({ from, to }) =>
          longRunning(snapshot)
            .filter(({ ref }) => ref.name === to)
            .flatMap((workload) => blockedCaller(snapshot, workload, from)),
        ),
});
