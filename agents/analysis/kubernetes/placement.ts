import type { z } from 'zod';
import type { Node } from './others.ts';
import type { NodeRequirement, nodeTermSchema, PodSpec } from './pod-template.ts';

/**
 * Which nodes a pod may run on, by what it asks for and what they are: the filters NodeAffinity, NodeUnschedulable and
 * TaintToleration of the scheduler (Kubernetes documentation, "Assigning Pods to Nodes", "Taints and Tolerations").
 */

function meets(
  labels: Readonly<Record<string, string>>,
  { key, operator, values }: NodeRequirement,
): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return true;
  }
}

const hostnameLabel = 'kubernetes.io/hostname';

/** Every kubelet labels its node with its name: where a partial object lacks that, it is known all the same. */
function labelsOf({ labels, ref }: Node): Readonly<Record<string, string>> {
  return labels[hostnameLabel] === undefined ? { ...labels, [hostnameLabel]: ref.name } : labels;
}

/** Nodes that the cluster runs itself on; what users run is mostly kept off them. */
export function isControlPlane({ labels }: Node): boolean {
  return (
    'node-role.kubernetes.io/control-plane' in labels ||
    'node-role.kubernetes.io/master' in labels ||
    labels['kubernetes.io/role'] === 'master'
  );
}

/** True where the node carries every label of the pod's node selector. */
export function meetsSelector(spec: PodSpec, node: Node): boolean {
  return Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labelsOf(node)[key] === value);
}

/** True where the node meets one of the terms that the pod's node affinity requires. */
export function meetsAffinity(spec: PodSpec, node: Node): boolean {
  return meetsTerms(
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [],
    node,
  );
}

/** True where the node meets one of the terms; where there are none, any node does. */
export function meetsTerms(terms: readonly z.output<typeof nodeTermSchema>[], node: Node): boolean {
  return (
    terms.length === 0 ||
    terms.some(
      ({ matchExpressions, matchFields }) =>
        matchExpressions.every((one) => meets(labelsOf(node), one)) &&
        matchFields.every((one) => meets({ 'metadata.name': node.ref.name }, one)),
    )
  );
}

export type Taint = NonNullable<Node['spec']>['taints'][number];

/** What a cordon puts on a node beside `unschedulable`. */
const cordonTaint = 'node.kubernetes.io/unschedulable';

/** The first taint that keeps the pod away; a cordon's own is left to `unschedulable`. */
export function untoleratedTaint(spec: PodSpec, node: Node): Taint | undefined {
  return (node.spec?.taints ?? []).find(
    (taint) =>
      taint.key !== cordonTaint &&
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !spec.tolerations.some(
        ({ key, operator, value, effect }) =>
          (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
          (operator === 'Exists' || (value ?? '') === (taint.value ?? '')) &&
          (effect === undefined || effect === '' || effect === taint.effect),
      ),
  );
}

/** Taints that say what a node is, or how it stands: Kubernetes puts them there itself. */
export function isOwnTaint({ key }: Taint): boolean {
  return /^(node-role\.kubernetes\.io|node\.kubernetes\.io|node\.cloudprovider\.kubernetes\.io)\//.test(
    key ?? '',
  );
}
