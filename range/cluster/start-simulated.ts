import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Progress } from '#machine/progress.ts';
import { addressesAt, type ClusterAddresses, chooseAddresses } from './addresses.ts';
import { allOf } from './all-of.ts';
import {
  furnishCluster,
  keepOctet,
  keptOctet,
  type Machine,
  openWhenReady,
  startControlPlane,
} from './bring-up.ts';
import { type Cluster, publishCluster } from './cluster.ts';
import { type ControlPlanePrograms, prepareControlPlane } from './control-plane.ts';
import type { Layout } from './layout.ts';
import { applyObjects, manifestUrl, readManifest } from './manifests.ts';
import { choosePorts } from './ports.ts';
import type { ProcessSpec } from './processes.ts';
import { killAll, processesOfRange } from './range-processes.ts';
import { nodeIsReady, waitUntil } from './readiness.ts';
import { startClaimed, stopOnce } from './start-claimed.ts';

export type SimulatedPrograms = ControlPlanePrograms & { kwok: string };

export type SimulatedOptions = {
  /** Everything the range keeps; made when it is missing (mode 0700). */
  stateFolder: string;
  rangeName: string;
  programs: SimulatedPrograms;
  /** References of the images that there are; a pod with any other waits for it for ever. */
  images: readonly string[];
  progress?: Progress;
};

const nodeNames = ['node-1', 'node-2'] as const;
const nodeTimeoutMs = 60_000;
const estimateMs = 8_000;

/**
 * Brings up a practice cluster that needs no root: etcd, API server, controllers and scheduler are real and listen on loopback;
 * kwok writes what kubelets would (see `manifests/kwok-stages.yaml`). No container runs, so nothing is served and nothing is
 * measured but the states of objects. Brings back the one that `stateFolder` holds.
 *
 * Throws like `startCluster`.
 */
export async function startSimulatedCluster(options: SimulatedOptions): Promise<Cluster> {
  return startClaimed(options, {
    ...{ level: 'api', estimateMs, clean: endProcesses, tearDown },
    bringUp: (machine, texts, report) => {
      report(texts.controlPlane);
      return bringUp(options, machine);
    },
    remark: ({ simulated }) => simulated,
  });
}

/** There is nothing of it on the machine but processes. */
async function endProcesses(rangeId: string): Promise<void> {
  await killAll(await processesOfRange(rangeId));
}

async function bringUp(options: SimulatedOptions, machine: Machine): Promise<Cluster> {
  const { rangeId, layout, processes } = machine;
  const startedMs = Date.now();
  const addresses = await loopbackAddresses(machine);
  const ports = await choosePorts(addresses);
  const context = { clusterName: options.rangeName, layout, addresses, ports, programs: options.programs };
  const controlPlane = await prepareControlPlane(context, []);
  const admin = await startControlPlane(machine, controlPlane);
  for (const name of nodeNames) await applyObjects(admin, await readManifest('kwok-node', { name }));
  const kwok = await kwokProcess(options, layout, addresses, controlPlane.adminKubeconfig);
  const failure = new AbortController();
  const [files] = await allOf(
    [
      furnishCluster(machine, admin, { ...context, controlPlane, namespaces: [], signal: failure.signal }),
      ...[...controlPlane.processes.controllers, kwok].map((spec) => processes.start(spec)),
      untilNodesAreReady(admin, startedMs, failure.signal),
    ],
    failure,
  );
  const facts = {
    ...{ name: options.rangeName, rangeId, level: 'api' as const },
    kubeconfigs: { admin: controlPlane.adminKubeconfig, ...files.kubeconfigs },
    apiServerUrl: controlPlane.apiServerUrl,
    caPath: controlPlane.caPath,
    prometheusTokenPath: files.prometheusTokenPath,
    auditLogPath: layout.auditLog,
    nodes: nodeNames.map((name) => ({ name, ip: addresses.loopback })),
    nodeNames: [...nodeNames],
  };
  await publishCluster(layout.clusterFile, facts);
  return {
    ...facts,
    openNamespaces: (names) => openWhenReady(admin, names),
    importImage: () => Promise.resolve(),
    processes: () => processes.running(),
    stop: stopOnce(machine, tearDown),
  };
}

/** No bridge: everything on one loopback address; the blocks of Services and pods are numbers that nobody routes. */
async function loopbackAddresses(machine: Machine): Promise<ClusterAddresses> {
  const kept = await keptOctet(machine, 'api');
  const addresses = kept === undefined ? chooseAddresses(machine.rangeId, []) : addressesAt(kept);
  await keepOctet(machine, 'api', addresses.secondOctet);
  return { ...addresses, bridgeAddress: addresses.loopback };
}

async function kwokProcess(
  { programs, images }: SimulatedOptions,
  layout: Layout,
  { loopback, podCidr }: ClusterAddresses,
  kubeconfig: string,
): Promise<ProcessSpec> {
  const config = join(layout.config, 'kwok.yaml');
  const stages = await readFile(manifestUrl('kwok-stages'), 'utf8');
  await writeFile(config, stages.replaceAll(/\$\{images\}/g, JSON.stringify(images)));
  return {
    name: 'kwok',
    command: programs.kwok,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
      '--manage-all-nodes=true',
      `--node-ip=${loopback}`,
      `--cidr=${podCidr}`,
      '--node-lease-duration-seconds=40',
    ],
    // It keeps its state below the home folder otherwise.
    env: { KWOK_WORKDIR: join(layout.root, 'kwok'), HOME: layout.root },
  };
}

async function untilNodesAreReady(admin: KubeConfig, sinceMs: number, signal: AbortSignal): Promise<void> {
  for (const name of nodeNames) {
    await waitUntil(`node ${name}`, () => nodeIsReady(admin, name, sinceMs), {
      timeoutMs: nodeTimeoutMs,
      signal,
    });
  }
}

/** Controllers first, so that etcd keeps the objects as they were while it ran. */
async function tearDown({ rangeId, layout, claim, processes }: Machine): Promise<void> {
  await rm(layout.clusterFile, { force: true });
  for (const name of ['kube-controller-manager', 'kube-scheduler', 'kwok', 'kube-apiserver', 'etcd'])
    await processes.stop(name);
  await processes.stopAll();
  await endProcesses(rangeId);
  await claim.release();
}
