import type { CauseCode } from '#domain/causes/codes.ts';
import type { Node } from '../analysis/kubernetes/others.ts';
import {
  isControlPlane,
  isOwnTaint,
  meetsAffinity,
  meetsSelector,
  untoleratedTaint,
} from '../analysis/kubernetes/placement.ts';
import type { PodSpec } from '../analysis/kubernetes/pod-template.ts';

/** Reasons in the scheduler's summary ("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) …"), the finest first. */
const reasons: readonly (readonly [RegExp, CauseCode])[] = [
  [/insufficient cpu/i, 'scheduling.insufficient-cpu'],
  [/insufficient memory/i, 'scheduling.insufficient-memory'],
  [/too many pods|insufficient pods/i, 'scheduling.pod-limit-reached'],
  [
    /insufficient \S+|exceed max volume count|not have enough free storage|cannot allocate all claims/i,
    'scheduling.insufficient-other',
  ],
  [/didn't have free ports/i, 'scheduling.host-port-conflict'],
  [/didn't match pod affinity rules/i, 'scheduling.pod-affinity-unsatisfied'],
  [/anti-affinity/i, 'scheduling.pod-anti-affinity-conflict'],
  [/didn't match pod affinity/i, 'scheduling.pod-affinity-unsatisfied'],
  [/topology spread/i, 'scheduling.topology-spread'],
  [
    /unbound immediate PersistentVolumeClaims|didn't find available persistent volumes|persistentvolumeclaim ".*" (not found|is being deleted)/i,
    'storage.claim-unbound',
  ],
  [
    /didn't match Pod's node affinity\/selector|didn't match node selector/i,
    'scheduling.node-selector-mismatch',
  ],
  // "volume node affinity conflict": its volume is of another node or zone.
  [/node affinity|requested node name|no available volume zone/i, 'scheduling.node-affinity-mismatch'],
  [/were unschedulable/i, 'scheduling.node-cordoned'],
  [/untolerated taint|had taint/i, 'scheduling.taint-not-tolerated'],
];

/** What a pod chooses nodes by; everything else is a matter of room. */
const choices = new Set<CauseCode>([
  'scheduling.node-selector-mismatch',
  'scheduling.node-affinity-mismatch',
  'scheduling.node-cordoned',
  'scheduling.taint-not-tolerated',
]);

/** The scheduler's reasons with how many nodes each rules out: "1 Insufficient cpu, 9 node(s) had untolerated taint {a: b}". */
function countedReasons(message: string): { readonly nodes: number; readonly reason: string }[] {
  const summary = message.replace(/^.*?nodes are available: /s, '').replace(/\.? *preemption: .*$/s, '');
  return summary.split(/, (?=\d+ )/).flatMap((part) => {
    const [, nodes, reason] = /^(\d+) (.*)$/s.exec(part) ?? [];
    return nodes === undefined || reason === undefined ? [] : [{ nodes: Number(nodes), reason }];
  });
}

function knownReason(text: string): CauseCode | undefined {
  return reasons.find(([pattern]) => pattern.test(text))?.[1];
}

/** What rules out most nodes; of reasons that rule out as many, the finest. */
function mainReason(message: string, of: (code: CauseCode) => boolean = () => true): CauseCode | undefined {
  const known = countedReasons(message).filter(({ reason }) => {
    const code = knownReason(reason);
    return code !== undefined && of(code);
  });
  const most = Math.max(0, ...known.map(({ nodes }) => nodes));
  const main = known.filter(({ nodes }) => nodes === most).map(({ reason }) => reason);
  return knownReason(main.join(', '));
}

/** The scheduler has one phrase for both; the pod and the nodes tell which of the two is not met. */
function unmetChoice(spec: PodSpec | undefined, nodes: readonly Node[]): CauseCode {
  if (spec === undefined) return 'scheduling.node-selector-mismatch';
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (spec.nodeSelector === undefined && required !== undefined) return 'scheduling.node-affinity-mismatch';
  const selected = nodes.some((node) => meetsSelector(spec, node));
  return selected && required !== undefined
    ? 'scheduling.node-affinity-mismatch'
    : 'scheduling.node-selector-mismatch';
}

/** Of the nodes that the pod may choose, what keeps it off most: a cordon, or a taint that somebody put there. */
function shutBy(spec: PodSpec, chosen: readonly Node[]): CauseCode {
  const taints = chosen.flatMap((node) => {
    const taint = untoleratedTaint(spec, node);
    return taint === undefined ? [] : [taint];
  });
  const given = taints.filter((taint) => !isOwnTaint(taint));
  const cordoned = chosen.filter((node) => node.spec?.unschedulable === true);
  if (given.length > 0 && given.length >= cordoned.length) return 'scheduling.taint-not-tolerated';
  return cordoned.length > 0 ? 'scheduling.node-cordoned' : 'scheduling.taint-not-tolerated';
}

/**
 * Why a pod finds no node. The scheduler names for each node only the first filter that failed (NodeUnschedulable, then
 * TaintToleration, then NodeAffinity, then room), so counts alone mislead: what matters is what keeps the pod off the nodes
 * that it chose.
 */
export function schedulingCode(
  message: string,
  spec: PodSpec | undefined,
  nodes: readonly Node[],
): CauseCode {
  const told = new Set(countedReasons(message).flatMap(({ reason }) => knownReason(reason) ?? []));
  const aboutChoice = [...told].filter((code) => choices.has(code));
  const byCount = mainReason(message) ?? knownReason(message) ?? 'scheduling.other';
  if (spec === undefined || nodes.length === 0 || aboutChoice.length === 0) {
    return byCount === 'scheduling.node-selector-mismatch' ? unmetChoice(spec, nodes) : byCount;
  }
  const workers = nodes.filter((node) => !isControlPlane(node));
  const chosen = (workers.length > 0 ? workers : nodes).filter(
    (node) => meetsSelector(spec, node) && meetsAffinity(spec, node),
  );
  const aboutNodes =
    told.has('scheduling.node-selector-mismatch') || told.has('scheduling.node-affinity-mismatch');
  if (chosen.length === 0) return aboutNodes ? unmetChoice(spec, nodes) : byCount;
  const open = chosen.filter(
    (node) => node.spec?.unschedulable !== true && untoleratedTaint(spec, node) === undefined,
  );
  const room = mainReason(message, (code) => !choices.has(code));
  if (room !== undefined) return room;
  if (open.length > 0)
    return byCount === 'scheduling.node-selector-mismatch' ? unmetChoice(spec, nodes) : byCount;
  return shutBy(spec, chosen);
}

/** Taints that tell how a node stands: whoever mends the node lets the pod in. */
export function isBecauseOfNodes(message: string): boolean {
  const taints = [...message.matchAll(/untolerated taint \{([^:}]+)/g)].map((match) => match[1] ?? '');
  return (
    taints.length > 0 &&
    taints.every((key) =>
      /^node\.kubernetes\.io\/(not-ready|unreachable|\w+-pressure|network-unavailable)/.test(key),
    )
  );
}
