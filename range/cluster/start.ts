import { realpath, rm } from 'node:fs/promises';
import { UnderstudyError } from '#domain/errors.ts';
import type { Progress } from '#machine/progress.ts';
import type { AccountFiles } from './accounts.ts';
import {
  type ClusterAddresses,
  maxNodes,
  type NodeAddresses,
  nodeAddresses,
  rangeIdOf,
} from './addresses.ts';
import { allOf } from './all-of.ts';
import {
  furnishCluster,
  type Machine,
  openNetwork,
  openWhenReady,
  startControlPlane,
  startRuntimes,
  waitForNodes,
} from './bring-up.ts';
import { type Cluster, type ClusterFacts, publishCluster } from './cluster.ts';
import {
  type ControlPlane,
  type ControlPlaneContext,
  type ControlPlanePrograms,
  prepareControlPlane,
} from './control-plane.ts';
import { prepareDns, putDns } from './dns.ts';
import { removeLeftovers } from './leftovers.ts';
import type { NodePrograms } from './node.ts';
import { choosePorts } from './ports.ts';
import type { ProcessObserver } from './processes.ts';
import { claimRange } from './registry.ts';
import { startClaimed, stopOnce } from './start-claimed.ts';
import type { ClusterTexts } from './texts.ts';
import { correctOldStates } from './yesterday.ts';

export type ClusterPrograms = ControlPlanePrograms & { coredns: string; node: NodePrograms };

export type StartOptions = {
  /** Everything the range keeps; made when it is missing (mode 0700). */
  stateFolder: string;
  rangeName: string;
  /** From `findRangePrograms`. */
  programs: ClusterPrograms;
  /** 1 to 9, default 1. */
  nodes?: number;
  /** Where the actor may take steps; more with `Cluster.openNamespaces`. */
  applicationNamespaces?: readonly string[];
  /** Memory in MiB that all pods of a node may use together; default 4096. */
  podMemoryMib?: number;
  progress?: Progress;
  /** Told when a process died and when it is back. */
  onProcessChange?: ProcessObserver;
};

const defaultPodMemoryMib = 4096;
const estimateMs = 12_000;

/**
 * Brings up a practice cluster on this machine, or brings back the one that `stateFolder` holds, with its objects.
 *
 * Cleans up first what a killed run of the same range left. Throws `already-running` when a live process runs it (see
 * `openCluster` for its kubeconfigs), `unavailable` or `timeout` naming the part and its log when something does not come up
 * (everything is ended then), `not-supported` with all reasons when this machine cannot carry it.
 */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  return startClaimed(options, {
    ...{ level: 'full', estimateMs, clean: removeLeftovers, tearDown },
    bringUp: (machine, texts, report) => bringUp(options, machine, texts, report),
  });
}

/** Deletes everything that a stopped range keeps. The next start makes a new cluster. Throws `already-running`. */
export async function resetCluster(options: { stateFolder: string; rangeName: string }): Promise<void> {
  const stateFolder = await realpath(options.stateFolder).catch(() => undefined);
  if (stateFolder === undefined) return;
  const rangeId = rangeIdOf(stateFolder, options.rangeName);
  const claim = await claimRange(rangeId, options.rangeName, stateFolder);
  try {
    await removeLeftovers(rangeId);
    await rm(stateFolder, { recursive: true });
  } finally {
    await claim.release();
  }
}

async function bringUp(
  options: StartOptions,
  machine: Machine,
  texts: ClusterTexts,
  report: (detail: string) => void,
): Promise<Cluster> {
  const { rangeId, layout, processes } = machine;
  const startedMs = Date.now();
  report(texts.controlPlane);
  const addresses = await openNetwork(machine);
  const ports = await choosePorts(addresses);
  const nodes = nodeList(addresses, options.nodes ?? 1);
  const namespaces = options.applicationNamespaces ?? [];
  const context = { clusterName: options.rangeName, layout, addresses, ports, programs: options.programs };
  const controlPlane = await prepareControlPlane(context, nodes);
  const dns = await prepareDns(context, options.programs.coredns);
  const podMemoryMib = options.podMemoryMib ?? defaultPodMemoryMib;
  const [admin] = await allOf([
    startControlPlane(machine, controlPlane),
    startRuntimes(machine, addresses, nodes, { programs: options.programs.node, podMemoryMib }),
  ]);

  report(texts.nodes);
  await correctOldStates(
    admin,
    nodes.map((node) => node.name),
  );
  const failure = new AbortController();
  const [files] = await allOf(
    [
      furnishCluster(machine, admin, { ...context, controlPlane, namespaces, signal: failure.signal }),
      putDns(admin, context),
      ...[...controlPlane.processes.controllers, dns].map((spec) => processes.start(spec)),
      ...machine.nodes.map((node) => node.startKubelet()),
      waitForNodes(machine, admin, startedMs, failure.signal),
    ],
    failure,
  );
  const facts = factsOf(context, rangeId, controlPlane, files, nodes);
  await publishCluster(layout.clusterFile, facts);
  return {
    ...facts,
    openNamespaces: (names) => openWhenReady(admin, names),
    processes: () => processes.running(),
    ...operationsOf(machine),
  };
}

function factsOf(
  { clusterName, layout, addresses, ports }: ControlPlaneContext,
  rangeId: string,
  controlPlane: ControlPlane,
  files: AccountFiles,
  nodes: readonly NodeAddresses[],
): ClusterFacts {
  return {
    name: clusterName,
    rangeId,
    level: 'full',
    kubeconfigs: { admin: controlPlane.adminKubeconfig, ...files.kubeconfigs },
    apiServerUrl: controlPlane.apiServerUrl,
    caPath: controlPlane.caPath,
    prometheusTokenPath: files.prometheusTokenPath,
    auditLogPath: layout.auditLog,
    bridgeAddress: addresses.bridgeAddress,
    nodes: nodes.map(({ name, ip }) => ({ name, ip })),
    nodeNames: nodes.map(({ name }) => name),
    podCidr: addresses.podCidr,
    serviceCidr: addresses.serviceCidr,
    dnsAddress: `${addresses.bridgeAddress}:${ports.dns}`,
  };
}

function nodeList(addresses: ClusterAddresses, count: number): NodeAddresses[] {
  if (!Number.isInteger(count) || count < 1 || count > maxNodes) {
    throw new UnderstudyError('bad-input', `the practice range has 1 to ${maxNodes} nodes, not ${count}`);
  }
  return Array.from({ length: count }, (_, index) => nodeAddresses(addresses, index + 1));
}

function operationsOf(machine: Machine): Pick<Cluster, 'importImage' | 'stop'> {
  return {
    importImage: async (indexPath) => {
      for (const node of machine.nodes) await node.importImage(indexPath);
    },
    stop: stopOnce(machine, tearDown),
  };
}

/** Ends a range, controllers and nodes first, so that etcd keeps the objects as they were while it ran. */
async function tearDown({ rangeId, layout, claim, nodes, processes }: Machine): Promise<void> {
  await rm(layout.clusterFile, { force: true });
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'coredns']) await processes.stop(name);
  await Promise.allSettled(nodes.map((node) => node.stop()));
  await processes.stop('kube-apiserver');
  await processes.stop('etcd');
  await processes.stopAll();
  await removeLeftovers(rangeId); // and whatever resisted
  await claim.release();
}
