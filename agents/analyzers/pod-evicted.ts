import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject } from '#domain/object-ref.ts';
import { secondsBetween } from '#domain/time.ts';
import { controllerRef, workloadAt } from '../analysis/kubernetes/owners.ts';
import { timeOf } from '../analysis/kubernetes/partial.ts';
import type { Pod } from '../analysis/kubernetes/pod.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { readyReplicas, wantedReplicas } from '../analysis/kubernetes/workload.ts';
import { quoteField } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';

/** What the kubelet says ran short when it threw the pod out. */
const shortages: readonly (readonly [RegExp, CauseCode])[] = [
  [/memory/i, 'node.memory-pressure'],
  [/pids?\b/i, 'node.pid-pressure'],
  [/ephemeral-storage|disk|inodes|storage|imagefs|nodefs/i, 'node.disk-pressure'],
];
/** A pod that uses more than it may is its own fault, not the node's. */
const ownFault = /exceed|limit of|usage of EmptyDir|local ephemeral storage usage/i;
/** The remains of evicted pods stay until somebody takes them away. */
const freshSeconds = 3600;

/** The conditions by which a node says that it is short of something. */
const pressures: Readonly<Partial<Record<CauseCode, string>>> = {
  'node.memory-pressure': 'MemoryPressure',
  'node.pid-pressure': 'PIDPressure',
  'node.disk-pressure': 'DiskPressure',
};

/** The node says that it has enough of it again. */
function isRelieved(snapshot: Snapshot, node: string | undefined, code: CauseCode): boolean {
  const condition = snapshot.nodes
    .find(({ ref }) => ref.name === node)
    ?.status?.conditions.find(({ type }) => type === pressures[code]);
  return condition?.status === 'False';
}

function findingOf(snapshot: Snapshot, pod: Pod): Finding[] {
  const { status, spec } = pod;
  if (status?.phase !== 'Failed' || status.reason !== 'Evicted') return [];
  const message = status.message ?? '';
  const owner = controllerRef(snapshot, pod);
  const since =
    status.conditions
      .flatMap(({ lastTransitionTime }) => timeOf(lastTransitionTime) ?? [])
      .toSorted()
      .at(-1) ??
    timeOf(status.startTime) ??
    pod.createdAt;
  const fresh = since !== undefined && secondsBetween(since, snapshot.asOf) < freshSeconds;
  const workload = workloadAt(snapshot, owner);
  const [wanted, ready] =
    workload === undefined ? [undefined, undefined] : [wantedReplicas(workload), readyReplicas(workload)];
  const well = wanted !== undefined && ready !== undefined && ready >= wanted;
  const own = ownFault.test(message);
  const code = shortages.find(([pattern]) => pattern.test(message))?.[1] ?? 'node.other';
  const node = spec?.nodeName;
  const object = own || node === undefined ? owner : { cluster: snapshot.cluster, kind: 'Node', name: node };
  return [
    {
      object,
      code: own ? 'resource.disk-full' : code,
      severity:
        !fresh || (well && !own && isRelieved(snapshot, node, code)) ? 'info' : well ? 'warning' : 'error',
      message: `${formatObject(pod.ref)} was evicted${node === undefined ? '' : ` from ${node}`}: ${message.slice(0, 200)}`,
      evidence: [
        ...quoteField(pod, '.status.message', message, 0.7),
        ...quoteField(pod, '.status.reason', status.reason, 0.4),
      ],
      certainty: 0.85,
      consequence: false,
      ...(since === undefined ? {} : { since }),
      through: [owner, pod.ref],
    },
  ];
}

/** Pods that a kubelet threw out because its node ran short of something. Their remains tell of it for long. */
export const podEvicted = defineAnalyzer({
  name: 'pod-evicted',
  kind: 'Pod',
  analyze: (snapshot) => snapshot.pods.flatMap((pod) => findingOf(snapshot, pod)),
});
