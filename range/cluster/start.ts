import { mkdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { type Progress, silentProgress } from '#machine/progress.ts';
import { buildImage } from '../images/build-image.ts';
import { pauseImage } from '../images/node-layer.ts';
import { openNamespaces, setUpAccounts } from './accounts.ts';
import {
  type ClusterAddresses,
  chooseAddresses,
  keepAddresses,
  maxNodes,
  type NodeAddresses,
  nodeAddresses,
  rangeIdOf,
} from './addresses.ts';
import type { Cluster } from './cluster.ts';
import { type ControlPlane, type ControlPlanePrograms, prepareControlPlane } from './control-plane.ts';
import { addRoute, createBridge, takenBlocks } from './host-network.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { type Layout, layoutOf } from './layout.ts';
import { removeLeftovers } from './leftovers.ts';
import { applyObjects, readManifest } from './manifests.ts';
import { writeMarker } from './marker.ts';
import { createNode, type NodePrograms, type RangeNode, rangePrefix } from './node.ts';
import { writePrivate } from './pki.ts';
import { type ControlPlanePorts, choosePorts } from './ports.ts';
import { createProcessGroup, type ProcessGroup } from './processes.ts';
import { apiServerIsReady, hasDefaultAccount, listens, nodeIsReady, waitUntil } from './readiness.ts';
import { claimRange, releaseRange } from './registry.ts';

export type ClusterPrograms = ControlPlanePrograms & { node: NodePrograms };

export type StartOptions = {
  /** Everything the range keeps; made when it is missing. */
  stateFolder: string;
  rangeName: string;
  programs: ClusterPrograms;
  /** 1 to 9, default 1. */
  nodes?: number;
  /** Where the actor may take steps; more with `Cluster.openNamespaces`. */
  applicationNamespaces?: readonly string[];
  /** Memory in MiB that all pods of a node may use together; default 4096. */
  podMemoryMib?: number;
  progress?: Progress;
};

const timeoutsMs = { etcd: 20_000, apiServer: 120_000, node: 90_000, account: 60_000, dns: 30_000 };

/**
 * Brings up a practice cluster on this machine, or brings back the one that `stateFolder` holds.
 *
 * Cleans up first what a killed run of the same range left. Throws `already-running` when a live process runs it,
 * `timeout` naming the part and its log when something does not come up (everything is ended then), `not-supported` and
 * `program-missing` when this machine cannot carry it (see `doctor.ts`).
 */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  await mkdir(options.stateFolder, { recursive: true, mode: 0o700 });
  const stateFolder = await realpath(options.stateFolder);
  const rangeId = rangeIdOf(stateFolder, options.rangeName);
  await claimRange(rangeId, options.rangeName, stateFolder);
  const layout = layoutOf(stateFolder);
  await mkdir(layout.logs, { recursive: true });
  const machine = {
    rangeId,
    layout,
    processes: createProcessGroup(layout.logs, rangeId),
    nodes: [] as RangeNode[],
  };
  const task = (options.progress ?? silentProgress).task('Kubernetes', { estimateMs: 15_000 });
  try {
    await removeLeftovers(rangeId);
    const cluster = await bringUp(options, machine, (detail) => task.detail(detail));
    task.done();
    return cluster;
  } catch (error) {
    task.failed(error instanceof Error ? error.message : String(error));
    await tearDown(machine);
    throw error;
  }
}

/** Deletes everything that a stopped range keeps. The next start makes a new cluster. */
export async function resetCluster(options: { stateFolder: string; rangeName: string }): Promise<void> {
  const stateFolder = await realpath(options.stateFolder).catch(() => undefined);
  if (stateFolder === undefined) return;
  const rangeId = rangeIdOf(stateFolder, options.rangeName);
  await claimRange(rangeId, options.rangeName, stateFolder);
  try {
    await removeLeftovers(rangeId);
    await rm(stateFolder, { recursive: true });
  } finally {
    await releaseRange(rangeId);
  }
}

type Machine = { rangeId: string; layout: Layout; processes: ProcessGroup; nodes: RangeNode[] };

async function bringUp(
  options: StartOptions,
  machine: Machine,
  report: (detail: string) => void,
): Promise<Cluster> {
  const { rangeId, layout, processes } = machine;
  const startedMs = Date.now();
  const addresses = await openNetwork(machine);
  const ports = await choosePorts(addresses);
  const nodes = nodeList(addresses, options.nodes ?? 1);
  const context = { clusterName: options.rangeName, layout, addresses, ports, programs: options.programs };
  const controlPlane = await prepareControlPlane(context, nodes);

  const [admin] = await Promise.all([
    startControlPlane(machine, addresses, ports, controlPlane, report),
    startRuntimes(options, machine, addresses, nodes),
  ]);
  report('node');
  for (const node of machine.nodes) node.startKubelet();

  await applyObjects(admin, await readManifest('cluster-dns', { ...addresses, dnsPort: ports.dns }));
  await writeMarker(admin, { rangeId, rangeName: options.rangeName });
  const { apiServerUrl: server, caPem } = controlPlane;
  const files = await setUpAccounts(admin, { name: options.rangeName, server, caPem }, layout.kubeconfigs);
  await openWhenReady(admin, options.applicationNamespaces ?? []);
  await waitForNodes(machine, admin, startedMs);
  await waitUntil('CoreDNS', () => listens(addresses.bridgeAddress, ports.dns), {
    timeoutMs: timeoutsMs.dns,
    logPath: join(layout.logs, 'coredns.log'),
  });

  const { importImage, stop } = operationsOf(machine);
  return {
    name: options.rangeName,
    rangeId,
    level: 'full',
    kubeconfigs: { admin: controlPlane.adminKubeconfig, ...files.kubeconfigs },
    apiServerUrl: server,
    caPath: controlPlane.caPath,
    prometheusTokenPath: files.prometheusTokenPath,
    auditLogPath: layout.auditLog,
    bridgeAddress: addresses.bridgeAddress,
    nodes: nodes.map(({ name, ip }) => ({ name, ip })),
    nodeNames: nodes.map((node) => node.name),
    podCidr: addresses.podCidr,
    serviceCidr: addresses.serviceCidr,
    dnsAddress: `${addresses.bridgeAddress}:${ports.dns}`,
    openNamespaces: (names) => openWhenReady(admin, names),
    importImage,
    processes: () => processes.running(),
    stop,
  };
}

function nodeList(addresses: ClusterAddresses, count: number): NodeAddresses[] {
  if (!Number.isInteger(count) || count < 1 || count > maxNodes) {
    throw new UnderstudyError('bad-input', `the practice range has 1 to ${maxNodes} nodes, not ${count}`);
  }
  return Array.from({ length: count }, (_, index) => nodeAddresses(addresses, index + 1));
}

const stateSchema = z.object({ secondOctet: z.int() });

/** The range's network block, kept over restarts because stored Services have addresses in it, and its bridge. */
async function openNetwork({ rangeId, layout }: Machine): Promise<ClusterAddresses> {
  const bridge = rangePrefix(rangeId);
  const taken = await takenBlocks(bridge);
  const text = await readFile(layout.stateFile, 'utf8').catch(() => undefined);
  const addresses =
    text === undefined
      ? chooseAddresses(rangeId, taken)
      : keepAddresses(stateSchema.parse(JSON.parse(text)).secondOctet, taken, layout.root);
  await writePrivate(layout.stateFile, JSON.stringify({ secondOctet: addresses.secondOctet }));
  await createBridge(bridge, `${addresses.bridgeAddress}/24`);
  return addresses;
}

async function startControlPlane(
  { layout, processes }: Machine,
  addresses: ClusterAddresses,
  ports: ControlPlanePorts,
  controlPlane: ControlPlane,
  report: (detail: string) => void,
): Promise<KubeConfig> {
  const logOf = (name: string): string => join(layout.logs, `${name}.log`);
  report('etcd');
  processes.start(controlPlane.processes.etcd);
  await waitUntil('etcd', () => listens(addresses.loopback, ports.etcd), {
    timeoutMs: timeoutsMs.etcd,
    logPath: logOf('etcd'),
  });
  report('API server');
  processes.start(controlPlane.processes.apiServer);
  const admin = loadKubeconfig(controlPlane.adminKubeconfig);
  await waitUntil('the API server', () => apiServerIsReady(admin), {
    timeoutMs: timeoutsMs.apiServer,
    logPath: logOf('kube-apiserver'),
  });
  for (const spec of controlPlane.processes.rest) processes.start(spec);
  return admin;
}

/** Nodes with a container runtime and the pause image; none of it needs the API server, so it happens beside its start. */
async function startRuntimes(
  options: StartOptions,
  machine: Machine,
  addresses: ClusterAddresses,
  nodes: readonly NodeAddresses[],
): Promise<void> {
  const { rangeId, layout, processes } = machine;
  const pause = await buildImage(pauseImage(), join(layout.root, 'images'));
  for (const node of nodes) {
    const rangeNode = await createNode({
      rangeId,
      layout,
      addresses,
      node,
      peers: nodes.filter((peer) => peer !== node),
      bridge: rangePrefix(rangeId),
      podMemoryMib: options.podMemoryMib ?? 4096,
      programs: options.programs.node,
      processes,
    });
    machine.nodes.push(rangeNode);
    await addRoute(node.podCidr, node.ip);
    if (node.index === 1) await addRoute(addresses.serviceCidr, node.ip);
    await rangeNode.startRuntime();
    await rangeNode.importImage(pause);
  }
}

async function openWhenReady(admin: KubeConfig, names: readonly string[]): Promise<void> {
  await openNamespaces(admin, names);
  for (const name of ['default', ...names]) {
    await waitUntil(`the default service account of ${name}`, () => hasDefaultAccount(admin, name), {
      timeoutMs: timeoutsMs.account,
    });
  }
}

async function waitForNodes({ nodes, layout }: Machine, admin: KubeConfig, startedMs: number): Promise<void> {
  for (const node of nodes) {
    await waitUntil(`node ${node.name}`, () => nodeIsReady(admin, node.name, startedMs), {
      timeoutMs: timeoutsMs.node,
      logPath: join(layout.logs, `${node.name}-kubelet.log`),
    });
    await waitUntil(`kube-proxy of ${node.name}`, () => listens(node.ip, 10256), {
      timeoutMs: timeoutsMs.node,
      logPath: join(layout.logs, `${node.name}-kube-proxy.log`),
    });
  }
}

function operationsOf(machine: Machine): Pick<Cluster, 'importImage' | 'stop'> {
  let stopped: Promise<void> | undefined;
  return {
    importImage: async (indexPath) => {
      for (const node of machine.nodes) await node.importImage(indexPath);
    },
    stop: () => {
      stopped ??= tearDown(machine);
      return stopped;
    },
  };
}

/** Ends a range, nodes first, so that etcd keeps the pods as they were; whatever resists is killed with the leftovers. */
async function tearDown({ rangeId, nodes, processes }: Machine): Promise<void> {
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'coredns']) await processes.stop(name, 0);
  await Promise.allSettled(nodes.map((node) => node.stop()));
  await processes.stop('kube-apiserver', 0);
  await processes.stop('etcd', 5000);
  await processes.stopAll();
  await removeLeftovers(rangeId);
  await releaseRange(rangeId);
}
