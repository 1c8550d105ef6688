import type { CauseCode } from '#domain/causes/codes.ts';
import { formatObject, type ObjectRef } from '#domain/object-ref.ts';
import type { HostUnit } from '#domain/tools/hosts.ts';
import { perSnapshot } from '../analysis/kubernetes/per-snapshot.ts';
import { isLive, isReady } from '../analysis/kubernetes/pod.ts';
import type { Snapshot, Sourced } from '../analysis/kubernetes/snapshot.ts';
import { quoteUnit } from '../analysis/quoting.ts';
import { defineAnalyzer, type Finding } from './define-analyzer.ts';
import { secondsBeforeNewest } from './journal-times.ts';

type Role = {
  readonly unit: RegExp;
  readonly code: CauseCode;
  /** Of these one at work anywhere is enough: replicas of the control plane elect a leader. */
  readonly shared: boolean;
};

/** What a node or a control plane cannot do without, by the names that installers give the units. */
const roles: readonly Role[] = [
  {
    unit: /^(kubelet|k3s|k3s-agent|rke2-(server|agent)|snap\.microk8s\.daemon-kubelite)\b/,
    code: 'node.kubelet-down',
    shared: false,
  },
  { unit: /^(containerd|crio|cri-o|docker|cri-docker)\b/, code: 'node.runtime-down', shared: false },
  { unit: /^kube-proxy\b/, code: 'node.proxy-down', shared: false },
  { unit: /^kube-scheduler\b/, code: 'scheduling.scheduler-down', shared: true },
  { unit: /^kube-controller-manager\b/, code: 'control-plane.controller-manager-down', shared: true },
  { unit: /^kube-apiserver\b/, code: 'control-plane.api-server-down', shared: true },
  { unit: /^etcd\b/, code: 'control-plane.datastore-down', shared: true },
];

type Unit = Sourced<HostUnit>;

function isDown({ active }: Unit): boolean {
  return ['inactive', 'failed', 'deactivating'].includes(active);
}

/** A unit that fails again and again is "activating" in between. */
function isFlapping({ active, sub }: Unit): boolean {
  return active === 'activating' && sub === 'auto-restart';
}

/** The line in which the service manager or the service itself says that it ended. */
function tellingLine(unit: Unit): string | undefined {
  const lines = (unit.log ?? '').split('\n').filter((line) => line.trim() !== '');
  return (
    lines.findLast((line) =>
      /\b(Stopped|Failed|Deactivated|exited|code=killed|Main process|panic|fatal)\b/i.test(line),
    ) ?? lines.at(-1)
  );
}

/** What ended so long before its host last wrote anything was left so: somebody else does its work, or it is not needed. */
const longAgoSeconds = 12 * 3600;

/** Units that are installed and were never meant to run are inactive as well: their journals do not tell of an end. */
function isKnownToEnd(units: readonly Unit[], unit: Unit, role: Role): boolean {
  const needed = role.code === 'node.kubelet-down' || role.code === 'node.runtime-down';
  if (needed || unit.active === 'failed' || isFlapping(unit)) return true;
  const line = tellingLine(unit);
  if (line === undefined) return false;
  const journals = units.filter(({ node }) => node === unit.node).map(({ log = '' }) => log);
  return (secondsBeforeNewest(line, journals) ?? 0) < longAgoSeconds;
}

/** Pods that do the unit's work instead: kube-proxy of a DaemonSet, a control plane of static pods. */
function runsAsPod(snapshot: Snapshot, node: string, name: string): boolean {
  return snapshot.pods.some(
    (pod) =>
      pod.ref.namespace === 'kube-system' &&
      pod.ref.name.startsWith(name) &&
      pod.spec?.nodeName === node &&
      isLive(pod) &&
      isReady(pod) === true,
  );
}

function peersAtWork(units: readonly Unit[], unit: Unit, role: Role): readonly Unit[] {
  const same = units.filter((other) => role.unit.test(other.unit) && !isDown(other) && !isFlapping(other));
  return role.shared ? same : same.filter(({ node }) => node === unit.node);
}

/** Workloads whose pods depend on the node: those that run there or are to run there. */
export const podsOnNode = perSnapshot((snapshot) =>
  Map.groupBy(snapshot.pods.filter(isLive), ({ spec }) => spec?.nodeName),
);

/** Of pods that are well so many are told of: those that are not are all on the way from the node to whoever suffers. */
const mostWell = 20;

/** Pods on a node, those in trouble first: they lead from it to whoever suffers. */
export function sufferersOn(snapshot: Snapshot, node: string): ObjectRef[] {
  const pods = podsOnNode(snapshot).get(node) ?? [];
  const [troubled, well] = [
    pods.filter((pod) => isReady(pod) === false),
    pods.filter((pod) => isReady(pod) !== false),
  ];
  return [...troubled, ...well.slice(0, Math.max(0, mostWell - troubled.length))].map(({ ref }) => ref);
}

function findingOf(snapshot: Snapshot, unit: Unit): Finding[] {
  const role = roles.find((candidate) => candidate.unit.test(unit.unit));
  if (role === undefined || !(isDown(unit) || isFlapping(unit))) return [];
  const name = unit.unit.replace(/\.service$/, '');
  const peers = peersAtWork(snapshot.hostUnits, unit, role);
  // Another runtime does the work on this node, or the unit was never meant to.
  if (!role.shared && peers.length > 0) return [];
  if (runsAsPod(snapshot, unit.node, name)) return [];
  const object = { cluster: snapshot.cluster, kind: 'Node', name: unit.node };
  const standsIn = role.shared && peers.length > 0;
  return [
    {
      object,
      code: role.code,
      severity: standsIn || !isKnownToEnd(snapshot.hostUnits, unit, role) ? 'info' : 'error',
      message: `${formatObject(object)}: ${unit.unit} is ${unit.active}${unit.sub === undefined ? '' : ` (${unit.sub})`}${standsIn ? `; ${peers[0]?.node} does its work` : ''}`,
      evidence: quoteUnit(unit, 0.8, tellingLine(unit)),
      certainty: isFlapping(unit) ? 0.85 : 0.95,
      consequence: false,
      through: role.shared ? [] : sufferersOn(snapshot, unit.node),
    },
  ];
}

/** System services of hosts that do not run: kubelets, runtimes, proxies, and the parts of a control plane. */
export const hostUnitsAnalyzer = defineAnalyzer({
  name: 'host-units',
  kind: 'Node',
  analyze: (snapshot) => snapshot.hostUnits.flatMap((unit) => findingOf(snapshot, unit)),
});
