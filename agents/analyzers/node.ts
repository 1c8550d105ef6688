import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import type { Node } from '../analysis/kubernetes/others.ts';
import { controllerRef, servingPods } from '../analysis/kubernetes/owners.ts';
import { type Condition, timeOf } from '../analysis/kubernetes/partial.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { isControlPlane } from '../analysis/kubernetes/placement.ts';
import { eventsOf, type Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { quoteEvent, quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { sufferersOn } from './host-units.ts';
import { isBecauseOfNodes } from './scheduling-reasons.ts';

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

/** What a kubelet says of why its node is not ready, the finest first. */
const unreadiness: readonly (readonly [RegExp, CauseCode])[] = [
  [
    /container runtime (is down|network not ready.*runtime)|runtime is down|PLEG is not healthy|(containerd|crio|cri-dockerd|docker(shim)?)\.sock/i,
    'node.runtime-down',
  ],
  [/network plugin|cni|NetworkReady=false|NetworkPluginNotReady/i, 'node.network-unavailable'],
];

/** What a cloud's controller puts on a node whose machine it found switched off. */
const switchedOff = 'node.cloudprovider.kubernetes.io/shutdown';

function codeOf(
  { spec }: Node,
  { type, message = '' }: Condition,
  code: CauseCode,
  silent: boolean,
): CauseCode {
  if (silent)
    return (spec?.taints ?? []).some(({ key }) => key === switchedOff) ? 'node.lost' : 'node.kubelet-down';
  if (type !== 'Ready') return code;
  return unreadiness.find(([pattern]) => pattern.test(message))?.[1] ?? code;
}

/** Taints of those who take nodes away on purpose: autoscalers, Karpenter, handlers of interruptions. */
const leaving =
  /^(ToBeDeletedByClusterAutoscaler|DeletionCandidateOfClusterAutoscaler|karpenter\.sh\/(disrupted|disruption)|aws-node-termination-handler\/.*|cloud\.google\.com\/impending-node-termination)$/;

/** A node that somebody is taking away is about to be gone: that it is not ready is a part of it. */
function isOnItsWayOut({ spec, terminating }: Node): boolean {
  return terminating || (spec?.taints ?? []).some(({ key }) => leaving.test(key ?? ''));
}

/** A node that has just come up takes this long to be ready. */
const startSeconds = 120;

function conditionFinding(snapshot: Snapshot, node: Node, condition: Condition): Finding[] {
  const rule = conditions[condition.type];
  if (rule === undefined || condition.status === undefined || condition.status === rule.well) return [];
  const since = timeOf(condition.lastTransitionTime);
  const silent = condition.status === 'Unknown';
  if (silent && condition.type !== 'Ready') return [];
  const young = node.createdAt !== undefined && secondsBetween(node.createdAt, snapshot.asOf) < startSeconds;
  return [
    {
      object: node.ref,
      code: codeOf(node, condition, rule.code, silent),
      severity: young ? 'info' : isOnItsWayOut(node) ? 'warning' : 'error',
      message: `${formatObject(node.ref)}: ${condition.type} is ${condition.status}${condition.message === undefined ? '' : ` (${condition.message})`}`,
      evidence: [
        ...quoteField(node, `.status.conditions[${condition.type}].message`, condition.message, 0.6),
        ...quoteField(node, `.status.conditions[${condition.type}].reason`, condition.reason, 0.4),
        ...quoteField(node, '.metadata.name', node.ref.name, 0.1),
      ],
      certainty: rule.certainty,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [...sufferersOn(snapshot, node.ref.name), ...waitingForNodes(snapshot)],
    },
  ];
}

/** Pods that find no node since the nodes are not well: any of those that are not may be the one that they lack. */
const waitingForNodes = perSnapshot((snapshot) =>
  servingPods(snapshot)
    .filter(({ spec, status }) =>
      (status?.conditions ?? []).some(
        ({ type, status: state, message }) =>
          spec?.nodeName === undefined &&
          type === 'PodScheduled' &&
          state === 'False' &&
          isBecauseOfNodes(message ?? ''),
      ),
    )
    .flatMap((pod) => [controllerRef(snapshot, pod), pod.ref]),
);

/**
 * What watchers of a node add to its conditions (node-problem-detector, and those of clouds): named after the trouble, and
 * True while it is there.
 */
const problems = /Problem$|Deadlock|Readonly|Corrupt|^Frequent\w+Restart$|Shutdown$|Fatal$|Hung|Unhealthy$/i;
/** Named after what should be so: False is the trouble. */
const partsReady = /^(ContainerRuntime|Kernel|Networking|Storage|Accelerated\w*)Ready$/;

function watchedFinding(snapshot: Snapshot, node: Node, condition: Condition): Finding[] {
  const { type, status, reason, message } = condition;
  const bad = partsReady.test(type) ? status === 'False' : problems.test(type) && status === 'True';
  if (!bad || conditions[type] !== undefined) return [];
  const since = timeOf(condition.lastTransitionTime);
  return [
    {
      object: node.ref,
      code: /NTP|clock/i.test(`${type} ${reason}`) ? 'node.clock-skew' : 'node.other',
      severity: 'warning',
      message: `${formatObject(node.ref)}: ${type} is ${status}${message === undefined ? '' : ` (${message})`}`,
      evidence: [
        ...quoteField(node, `.status.conditions[${type}].message`, message, 0.6),
        ...quoteField(node, `.status.conditions[${type}].reason`, reason, 0.4),
      ],
      certainty: 0.7,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: sufferersOn(snapshot, node.ref.name),
    },
  ];
}

/** Taints by which the node controller says how a node stands, where its conditions are not held. */
const standing: readonly (readonly [key: string, code: CauseCode, severity: Finding['severity']])[] = [
  ['node.kubernetes.io/not-ready', 'node.not-ready', 'error'],
  ['node.kubernetes.io/unreachable', 'node.kubelet-down', 'error'],
  ['node.kubernetes.io/disk-pressure', 'node.disk-pressure', 'error'],
  ['node.kubernetes.io/memory-pressure', 'node.memory-pressure', 'error'],
  ['node.kubernetes.io/pid-pressure', 'node.pid-pressure', 'error'],
  ['node.kubernetes.io/network-unavailable', 'node.network-unavailable', 'error'],
];
/** Until a cloud's controller has looked at a new node it takes no pods. */
const unlooked = 'node.cloudprovider.kubernetes.io/uninitialized';
const lookSeconds = 600;

function taintFindings(snapshot: Snapshot, node: Node): Finding[] {
  const told = (node.status?.conditions ?? []).length > 0;
  const old = node.createdAt === undefined || secondsBetween(node.createdAt, snapshot.asOf) > lookSeconds;
  return (node.spec?.taints ?? []).flatMap(({ key }): Finding[] => {
    const [, code, severity] =
      key === unlooked && old
        ? ([unlooked, 'node.other', 'warning'] as const)
        : (standing.find(([taint]) => taint === key && !told) ?? []);
    if (code === undefined || severity === undefined) return [];
    return [
      {
        object: node.ref,
        code,
        severity: isOnItsWayOut(node) ? 'warning' : severity,
        message: `${formatObject(node.ref)} has the taint ${key}`,
        evidence: quoteField(node, '.spec.taints[].key', key, 0.6),
        certainty: 0.8,
        consequence: false,
        through: sufferersOn(snapshot, node.ref.name),
      },
    ];
  });
}

/** A cordon alone is a choice; the scheduler's analyzer tells when it hurts. Control planes are often kept so. */
function cordonFinding(node: Node): Finding[] {
  if (node.spec?.unschedulable !== true || isControlPlane(node)) return [];
  return [
    {
      object: node.ref,
      code: 'scheduling.node-cordoned',
      severity: 'info',
      message: `${formatObject(node.ref)} is cordoned: it takes no new pods`,
      evidence: quoteField(node, '.spec.unschedulable', true, 0.5),
      certainty: 0.6,
      consequence: false,
    },
  ];
}

/** What a node's own watchers say that its conditions do not show. */
const tellingEvents: readonly (readonly [reason: RegExp, code: CauseCode, severity: Finding['severity']])[] =
  [
    [/^(SystemOOM|OOMKilling)$/, 'resource.memory-saturated', 'info'],
    [
      /^(KernelDeadlock|TaskHung|ReadonlyFilesystem|FilesystemIsReadOnly|CorruptDockerOverlay2|Ext4Error|IOError)$/,
      'node.other',
      'error',
    ],
    [/^(NTPIsDown|ClockSkew|ClockUnsynchronized)$/, 'node.clock-skew', 'warning'],
    [/^ConntrackFull/, 'resource.connections-exhausted', 'error'],
    [/^(FreeDiskSpaceFailed|ImageGCFailed)$/, 'node.disk-pressure', 'info'],
  ];
const freshSeconds = 1800;

function eventFindings(snapshot: Snapshot, node: Node): Finding[] {
  return eventsOf(snapshot, { kind: 'Node', name: node.ref.name }).flatMap((event): Finding[] => {
    const rule = tellingEvents.find(([reason]) => reason.test(event.reason));
    const fresh = event.lastAt === undefined || secondsBetween(event.lastAt, snapshot.asOf) < freshSeconds;
    if (rule === undefined || !fresh) return [];
    return [
      {
        object: node.ref,
        code: rule[1],
        severity: rule[2],
        message: `${formatObject(node.ref)}: ${event.message.slice(0, 200)}`,
        evidence: quoteEvent(event, 0.6),
        certainty: 0.75,
        consequence: false,
        ...(event.firstAt === undefined ? {} : { since: event.firstAt }),
        through: sufferersOn(snapshot, node.ref.name),
      },
    ];
  });
}

/** Nodes that are away or short of something. */
export const node = defineAnalyzer({
  name: 'node',
  kind: 'Node',
  analyze: (snapshot) =>
    snapshot.nodes.flatMap((candidate) => [
      ...(candidate.status?.conditions ?? []).flatMap((condition) =>
        conditionFinding(snapshot, candidate, condition),
      ),
      ...(candidate.status?.conditions ?? []).flatMap((condition) =>
        watchedFinding(snapshot, candidate, condition),
      ),
      ...taintFindings(snapshot, candidate),
      ...cordonFinding(candidate),
      ...eventFindings(snapshot, candidate),
    ]),
});
