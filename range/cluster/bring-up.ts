import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { writePrivateFile } from '#machine/private-file.ts';
import { buildImage } from '../images/build-image.ts';
import { pauseImage } from '../images/node-layer.ts';
import { type AccountFiles, openNamespaces, setUpAccounts } from './accounts.ts';
import { type ClusterAddresses, chooseAddresses, keepAddresses, type NodeAddresses } from './addresses.ts';
import type { ControlPlane, ControlPlaneContext } from './control-plane.ts';
import { addRoute, createBridge, takenBlocks } from './host-network.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import { type OwnLevel, ownLevels } from './level.ts';
import { writeMarker } from './marker.ts';
import { createNode, type NodePrograms, type RangeNode, rangePrefix } from './node.ts';
import type { ProcessGroup } from './processes.ts';
import { hasDefaultAccount, nodeIsReady, waitUntil } from './readiness.ts';
import type { RangeClaim } from './registry.ts';

/** What a range has on this machine while it comes up and runs. */
export type Machine = {
  rangeId: string;
  layout: Layout;
  claim: RangeClaim;
  processes: ProcessGroup;
  nodes: RangeNode[];
};

const timeoutsMs = { node: 180_000, account: 120_000 };

const stateSchema = z.object({ secondOctet: z.int(), level: z.enum(ownLevels).default('full') });

/**
 * The range's network block as it was chosen at its first start. What a range of another level stored is of no use to this
 * one: it is dropped, and the answer is undefined.
 */
export async function keptOctet({ layout }: Machine, level: OwnLevel): Promise<number | undefined> {
  const text = await readFile(layout.stateFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = stateSchema.parse(JSON.parse(text));
  if (kept.level === level) return kept.secondOctet;
  await rm(layout.etcd, { recursive: true, force: true });
  return undefined;
}

export async function keepOctet({ layout }: Machine, level: OwnLevel, secondOctet: number): Promise<void> {
  await writePrivateFile(layout.stateFile, JSON.stringify({ secondOctet, level }));
}

/** The range's network block, kept over restarts because stored Services have addresses in it, and its bridge. */
export async function openNetwork(machine: Machine): Promise<ClusterAddresses> {
  const { rangeId, layout } = machine;
  const bridge = rangePrefix(rangeId);
  const taken = await takenBlocks(bridge);
  const kept = await keptOctet(machine, 'full');
  const addresses =
    kept === undefined ? chooseAddresses(rangeId, taken) : keepAddresses(kept, taken, layout.root);
  await keepOctet(machine, 'full', addresses.secondOctet);
  await createBridge(bridge, `${addresses.bridgeAddress}/24`);
  return addresses;
}

export async function startControlPlane(machine: Machine, controlPlane: ControlPlane): Promise<KubeConfig> {
  await machine.processes.start(controlPlane.processes.etcd);
  await machine.processes.start(controlPlane.processes.apiServer);
  return loadKubeconfig(controlPlane.adminKubeconfig);
}

export type RuntimeOptions = { programs: NodePrograms; podMemoryMib: number };

/** Nodes with a container runtime and the pause image; none of it needs the API server, so it happens beside its start. */
export async function startRuntimes(
  machine: Machine,
  addresses: ClusterAddresses,
  nodes: readonly NodeAddresses[],
  options: RuntimeOptions,
): Promise<void> {
  const { rangeId, layout, processes } = machine;
  const pause = await buildImage(pauseImage(), join(layout.root, 'images'));
  for (const node of nodes) {
    const peers = nodes.filter((peer) => peer !== node);
    const bridge = rangePrefix(rangeId);
    const rangeNode = await createNode({
      rangeId,
      layout,
      addresses,
      node,
      peers,
      bridge,
      processes,
      ...options,
    });
    machine.nodes.push(rangeNode);
    await addRoute(node.podCidr, node.ip);
    // Any node can carry a service address to its pods; this machine asks the first.
    if (node.index === 1) await addRoute(addresses.serviceCidr, node.ip);
    await rangeNode.startRuntime();
    await rangeNode.importImage(pause);
  }
}

/** What every practice cluster has in it: the marker, our accounts, the application namespaces. */
export async function furnishCluster(
  { rangeId }: Machine,
  admin: KubeConfig,
  context: ControlPlaneContext & {
    controlPlane: ControlPlane;
    namespaces: readonly string[];
    signal: AbortSignal;
  },
): Promise<AccountFiles> {
  const { clusterName: name, layout, controlPlane } = context;
  await writeMarker(admin, { rangeId, rangeName: name });
  const cluster = { name, server: controlPlane.apiServerUrl, caPem: controlPlane.caPem };
  const files = await setUpAccounts(admin, cluster, layout.kubeconfigs);
  await openWhenReady(admin, context.namespaces, context.signal);
  return files;
}

/** Lets the actor into these namespaces and waits until pods can be created there. */
export async function openWhenReady(
  admin: KubeConfig,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  await openNamespaces(admin, names);
  for (const name of ['default', ...names]) {
    await waitUntil(`the default service account of ${name}`, () => hasDefaultAccount(admin, name), {
      timeoutMs: timeoutsMs.account,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

export async function waitForNodes(
  machine: Machine,
  admin: KubeConfig,
  sinceMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const { name } of machine.nodes) {
    await waitUntil(`node ${name}`, () => nodeIsReady(admin, name, sinceMs), {
      timeoutMs: timeoutsMs.node,
      logPath: join(machine.layout.logs, `${name}-kubelet.log`),
      signal,
    });
  }
}
