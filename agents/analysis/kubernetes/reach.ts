import { meetsLabels } from './label-selector.ts';
import type { NetworkPolicy } from './networking.ts';
import { perSnapshot } from './per-snapshot.ts';
import { type Container, portNumber } from './pod-template.ts';
import type { Snapshot } from './snapshot.ts';
import { podLabels, type Workload } from './workload.ts';

/**
 * Whether policies let one workload's pods talk to another's (Kubernetes documentation, "Network Policies"): a pod that some
 * policy of a direction takes in is shut off in that direction, but for what the rules of all such policies together allow.
 */

type Spec = NonNullable<NetworkPolicy['spec']>;
type Peer = Spec['ingress'][number]['from'][number];
type PolicyPort = Spec['ingress'][number]['ports'][number];
type Labels = Readonly<Record<string, string>>;
export type Direction = 'Ingress' | 'Egress';

const namespaceLabels = perSnapshot(
  (snapshot) =>
    new Map(
      (snapshot.objects.get('Namespace') ?? []).map(({ object }) => [
        object.metadata.name,
        object.metadata.labels ?? {},
      ]),
    ),
);

/** Labels of a namespace; the one that it always has, where it was not read. */
function labelsOfNamespace(snapshot: Snapshot, namespace: string): { labels: Labels; known: boolean } {
  const labels = namespaceLabels(snapshot).get(namespace);
  return {
    labels: { ...labels, 'kubernetes.io/metadata.name': namespace },
    known: labels !== undefined,
  };
}

function isOfDirection({ spec }: NetworkPolicy, direction: Direction): boolean {
  const types = spec?.policyTypes ?? [];
  if (types.length > 0) return types.includes(direction);
  // Without types a policy is about what comes in, and about what goes out where it has rules for that.
  return direction === 'Ingress' || (spec?.egress ?? []).length > 0;
}

const policiesByNamespace = perSnapshot((snapshot) =>
  Map.groupBy(
    snapshot.networkPolicies.filter(({ terminating }) => !terminating),
    ({ ref }) => ref.namespace,
  ),
);

/** Policies that shut a workload's pods off in a direction. */
export function policiesOf(snapshot: Snapshot, workload: Workload, direction: Direction): NetworkPolicy[] {
  // Pods in their host's network are nobody's but the host's.
  if (workload.spec?.template?.spec?.hostNetwork === true) return [];
  return (policiesByNamespace(snapshot).get(workload.ref.namespace) ?? []).filter((policy) => {
    const selector = policy.spec?.podSelector;
    return (
      selector !== undefined && isOfDirection(policy, direction) && meetsLabels(selector, podLabels(workload))
    );
  });
}

/** Blocks of addresses are given the benefit of the doubt: which pods have them is not known. */
function isPeer(snapshot: Snapshot, policy: NetworkPolicy, peer: Peer, other: Workload): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  if (ipBlock !== undefined) return true;
  const namespace = other.ref.namespace ?? '';
  const there = labelsOfNamespace(snapshot, namespace);
  const right =
    namespaceSelector === undefined
      ? namespace === policy.ref.namespace
      : !there.known || meetsLabels(namespaceSelector, there.labels);
  return right && (podSelector === undefined || meetsLabels(podSelector, podLabels(other)));
}

/** A name that no container has is given the benefit of the doubt. */
function isPort(
  ports: readonly PolicyPort[],
  containers: readonly Container[],
  port: number | undefined,
): boolean {
  if (ports.length === 0 || port === undefined) return true;
  return ports.some(({ port: allowed, endPort, protocol }) => {
    if (protocol !== undefined && protocol !== 'TCP') return false;
    if (allowed === undefined) return true;
    const number =
      typeof allowed === 'number'
        ? allowed
        : containers.map((one) => portNumber(one, allowed)).find((found) => found !== undefined);
    return (
      number === undefined || number === port || (endPort !== undefined && port > number && port <= endPort)
    );
  });
}

/** The policies that shut the way from a caller to what it calls, in one direction; empty where the way is open. */
export function shutBy(
  snapshot: Snapshot,
  {
    caller,
    callee,
    port,
  }: { readonly caller: Workload; readonly callee: Workload; readonly port: number | undefined },
  direction: Direction,
): NetworkPolicy[] {
  const [own, other] = direction === 'Ingress' ? [callee, caller] : [caller, callee];
  const policies = policiesOf(snapshot, own, direction);
  const containers = callee.spec?.template?.spec?.containers ?? [];
  const open = policies.some((policy) => {
    const rules =
      direction === 'Ingress'
        ? (policy.spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (policy.spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.some(
      ({ peers, ports }) =>
        (peers.length === 0 || peers.some((peer) => isPeer(snapshot, policy, peer, other))) &&
        isPort(ports, containers, port),
    );
  });
  return open ? [] : policies;
}

const dnsPort = 53;

/** Policies that keep a workload from asking for names; empty where it may, or where that is not known. */
export function shutFromNames(snapshot: Snapshot, workload: Workload): NetworkPolicy[] {
  const policies = policiesOf(snapshot, workload, 'Egress');
  const open = policies.some(({ spec }) =>
    (spec?.egress ?? []).some(
      ({ to, ports }) =>
        // Name servers live in another namespace, or are given by their addresses.
        (to.length === 0 ||
          to.some(
            ({ namespaceSelector, ipBlock }) => namespaceSelector !== undefined || ipBlock !== undefined,
          )) &&
        (ports.length === 0 ||
          ports.some(
            ({ port, endPort }) =>
              port === undefined ||
              typeof port === 'string' ||
              port === dnsPort ||
              (endPort !== undefined && port <= dnsPort && endPort >= dnsPort),
          )),
    ),
  );
  return open ? [] : policies;
}
