import { mkdir, readFile, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnderstudyError } from '#domain/errors.ts';
import { archiveOf, readImage } from '../images/image-archive.ts';
import type { ClusterAddresses, NodeAddresses } from './addresses.ts';
import { createCgroup, processesIn, removeCgroup } from './cgroups.ts';
import { certificatePaths } from './control-plane.ts';
import type { Layout, NodeLayout } from './layout.ts';
import {
  cniConfig,
  containerdConfig,
  kubeletConfig,
  kubeProxyConfig,
  type NodeFacts,
} from './node-config.ts';
import { createNodeNamespace, type NodeNamespace } from './node-namespace.ts';
import { identityOf, killAll } from './process-table.ts';
import type { ProcessGroup, ProcessSpec } from './processes.ts';
import { systemPath } from './run.ts';

/** Programs of a node: single files, and the folders of what comes in bundles. */
export type NodePrograms = {
  kubelet: string;
  kubeProxy: string;
  containerd: string;
  ctr: string;
  runc: string;
  /** Folder with containerd and its shim, for PATH. */
  containerdFolder: string;
  cniPluginFolder: string;
  /** The binary that is `iptables`, `iptables-save` and the others by the name it is called by. */
  iptablesMulti: string;
  /** Environment of unpacked programs: where their libraries are. */
  env: Readonly<Record<string, string>>;
};

export type RangeNode = {
  name: string;
  ip: string;
  /** Starts the container runtime, without an API server. */
  startRuntime(): Promise<void>;
  /** Starts kubelet and kube-proxy; the API server must answer. */
  startKubelet(): void;
  importImage(indexPath: string): Promise<void>;
  /** Ends everything on the node and removes its link and its cgroup. */
  stop(): Promise<void>;
};

export type NodeContext = {
  rangeId: string;
  layout: Layout;
  addresses: ClusterAddresses;
  node: NodeAddresses;
  peers: readonly NodeAddresses[];
  bridge: string;
  /** Memory in MiB that all pods of this node may use together. */
  podMemoryMib: number;
  programs: NodePrograms;
  processes: ProcessGroup;
};

/** Names of a node's things on the machine; all begin with the range's own prefix, by which leftovers are found. */
export function machineNames(rangeId: string, index: number): { link: string; cgroup: string } {
  return { link: `${rangePrefix(rangeId)}n${index}`, cgroup: `${rangePrefix(rangeId)}-node-${index}` };
}

/** Prefix of everything that this range creates on the machine; the bridge has it as its name (15 characters at most). */
export function rangePrefix(rangeId: string): string {
  return `us-${rangeId}`;
}

/**
 * What the kubelet would set in the whole machine's kernel. Inside the node these files stand in front of the real ones with
 * the values that it wants to find, so that it leaves the machine as it is.
 */
const kernelSettings: Readonly<Record<string, string>> = {
  'vm/overcommit_memory': '1',
  'vm/panic_on_oom': '0',
  'kernel/panic': '10',
  'kernel/panic_on_oops': '1',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/keys/root_maxbytes': '25000000',
};

const iptablesNames = ['iptables', 'iptables-save', 'iptables-restore'].flatMap((name) => [
  name,
  name.replace('ip', 'ip6'),
]);

export async function createNode(context: NodeContext): Promise<RangeNode> {
  const { node, layout } = context;
  const files = layout.node(node.index);
  const names = machineNames(context.rangeId, node.index);
  const facts = await factsOf(context, files, names.cgroup);
  await prepareFolders(files, context.programs);
  await createCgroup(names.cgroup);
  const namespace = await openNamespace(context, files, names.link);
  await writeConfig(files, facts);
  const specs = processSpecs(context, files, namespace);
  const ctr = (args: readonly string[], input?: Parameters<NodeNamespace['run']>[3]): Promise<string> =>
    namespace.run(
      context.programs.ctr,
      ['--namespace', 'k8s.io', ...args],
      { PATH: systemPath, ...context.programs.env },
      input,
    );

  return {
    name: node.name,
    ip: node.ip,
    startRuntime: async () => {
      context.processes.start(specs.containerd);
      await waitForContainerd(ctr, node.name);
      await dropOldContainers(ctr, async () => {
        await context.processes.stop(specs.containerd.name, 5000);
        context.processes.start(specs.containerd);
        await waitForContainerd(ctr, node.name);
      });
    },
    startKubelet: () => {
      context.processes.start(specs.kubelet);
      context.processes.start(specs.kubeProxy);
    },
    importImage: (indexPath) => importImage(ctr, indexPath),
    stop: () => stopNode(context, names.cgroup, specs, ctr, namespace),
  };
}

const overlayMagic = 0x794c7630;

async function factsOf(context: NodeContext, files: NodeLayout, cgroup: string): Promise<NodeFacts> {
  const { layout, node, addresses, programs } = context;
  const filesystem = await statfs(layout.root);
  return {
    node,
    addresses,
    cgroup,
    containerdFolder: files.containerd,
    cniPluginFolder: programs.cniPluginFolder,
    cniConfigFolder: join(files.config, 'cni'),
    runcPath: programs.runc,
    // An overlay cannot lie on an overlay, which is what a folder inside a container is.
    snapshotter: filesystem.type === overlayMagic ? 'native' : 'overlayfs',
    caPath: certificatePaths(layout, 'cluster-ca').certificate,
    serverCertificate: certificatePaths(layout, `${node.name}-kubelet`),
    kubeProxyKubeconfig: join(layout.kubeconfigs, 'kube-proxy.kubeconfig'),
    reservedMemoryMib: Math.max(0, Math.floor(totalmem() / 1024 / 1024) - context.podMemoryMib),
    maxOpenFiles: await hardOpenFileLimit(),
  };
}

/** The most open files that this process may hand on; asking for more takes a capability that may be missing. */
async function hardOpenFileLimit(): Promise<number> {
  const wanted = 1_000_000;
  const limits = await readFile('/proc/self/limits', 'utf8');
  const hard = Number(/^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]);
  return Number.isNaN(hard) ? wanted : Math.min(hard, wanted);
}

async function prepareFolders(files: NodeLayout, programs: NodePrograms): Promise<void> {
  const commands = join(files.config, 'bin');
  for (const folder of [files.containerd, files.kubelet, files.sysctl, commands, join(files.config, 'cni')]) {
    await mkdir(folder, { recursive: true });
  }
  // A pod that starts again on a fresh node begins with restart count 0, which the kubelet derives from old logs.
  await rm(files.logs, { recursive: true, force: true });
  await mkdir(files.logs);
  for (const name of iptablesNames) {
    await rm(join(commands, name), { force: true });
    await symlink(programs.iptablesMulti, join(commands, name));
  }
  for (const [setting, value] of Object.entries(kernelSettings)) {
    await writeFile(join(files.sysctl, setting.replaceAll('/', '.')), `${value}\n`);
  }
}

function openNamespace(context: NodeContext, files: NodeLayout, link: string): Promise<NodeNamespace> {
  const { node, addresses, peers, bridge } = context;
  const settings = Object.keys(kernelSettings).map((setting) => ({
    from: join(files.sysctl, setting.replaceAll('/', '.')),
    to: `/proc/sys/${setting}`,
  }));
  return createNodeNamespace({
    binds: [
      { from: files.kubelet, to: '/var/lib/kubelet' },
      { from: files.logs, to: '/var/log' },
      ...settings,
    ],
    tmpfs: ['/var/lib/cni', '/run'],
    link,
    bridge,
    address: `${node.ip}/24`,
    gateway: addresses.bridgeAddress,
    routes: peers.map((peer) => ({ to: peer.podCidr, via: peer.ip })),
  });
}

async function writeConfig(files: NodeLayout, facts: NodeFacts): Promise<void> {
  await writeFile(join(files.config, 'containerd.toml'), containerdConfig(facts));
  await writeFile(join(files.config, 'cni', '10-range.conflist'), cniConfig(facts));
  await writeFile(join(files.config, 'kubelet.yaml'), kubeletConfig(facts));
  await writeFile(join(files.config, 'kube-proxy.yaml'), kubeProxyConfig(facts));
}

type NodeProcesses = { containerd: ProcessSpec; kubelet: ProcessSpec; kubeProxy: ProcessSpec };

function processSpecs(context: NodeContext, files: NodeLayout, namespace: NodeNamespace): NodeProcesses {
  const { node, layout, programs } = context;
  const path = [join(files.config, 'bin'), programs.containerdFolder, systemPath].join(':');
  const spec = (name: string, command: string, args: string[]): ProcessSpec => ({
    name: `${node.name}-${name}`,
    ...namespace.enter(command, args),
    env: { ...programs.env, PATH: path },
  });
  return {
    containerd: spec('containerd', programs.containerd, ['--config', join(files.config, 'containerd.toml')]),
    kubelet: spec('kubelet', programs.kubelet, [
      `--config=${join(files.config, 'kubelet.yaml')}`,
      `--kubeconfig=${join(layout.kubeconfigs, `${node.name}.kubeconfig`)}`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.ip}`,
      '--containerd=/run/containerd/containerd.sock', // without it cAdvisor shows pods but no containers
      '--maximum-dead-containers-per-container=2', // without it the log of the previous container is gone too soon
    ]),
    kubeProxy: spec('kube-proxy', programs.kubeProxy, [`--config=${join(files.config, 'kube-proxy.yaml')}`]),
  };
}

type Ctr = (args: readonly string[], input?: Parameters<NodeNamespace['run']>[3]) => Promise<string>;

const containerdTimeoutMs = 30_000;

async function waitForContainerd(ctr: Ctr, nodeName: string): Promise<void> {
  const deadline = Date.now() + containerdTimeoutMs;
  let lastError: unknown;
  while (Date.now() < deadline) {
    try {
      await ctr(['version']);
      return;
    } catch (error) {
      lastError = error;
      await sleep(50);
    }
  }
  throw new UnderstudyError('timeout', `containerd of ${nodeName} did not answer within 30 s; see its log`, {
    cause: lastError,
  });
}

function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}

/**
 * Removes containers of an earlier run. What is left of them has no processes and no network; the kubelet makes new ones.
 * containerd keeps a copy of the list that these removals do not reach, so it is restarted where there were any.
 */
async function dropOldContainers(ctr: Ctr, restartContainerd: () => Promise<void>): Promise<void> {
  const containers = linesOf(await ctr(['containers', 'list', '--quiet']));
  if (containers.length === 0) return;
  await removeContainers(ctr, containers);
  await restartContainerd();
}

async function removeContainers(ctr: Ctr, containers: readonly string[]): Promise<void> {
  await ctr(['containers', 'delete', ...containers]);
}

async function importImage(ctr: Ctr, indexPath: string): Promise<void> {
  const image = await readImage(indexPath);
  const known = linesOf(await ctr(['images', 'list', `name==${image.ref}`]));
  if (known.some((line) => line.includes(image.digest))) return;
  const blobs = new Set(linesOf(await ctr(['content', 'list', '--quiet'])));
  await ctr(['images', 'import', '-'], archiveOf(image, blobs));
}

async function stopNode(
  context: NodeContext,
  cgroup: string,
  specs: NodeProcesses,
  ctr: Ctr,
  namespace: NodeNamespace,
): Promise<void> {
  const { processes } = context;
  await Promise.all([processes.stop(specs.kubelet.name, 0), processes.stop(specs.kubeProxy.name, 0)]);
  await killContainers(cgroup);
  // The list is emptied while containerd still runs: the next start finds a clean node and is quicker for it.
  const containers = linesOf(await ctr(['containers', 'list', '--quiet']).catch(() => ''));
  if (containers.length > 0) await removeContainers(ctr, containers).catch(() => undefined);
  await processes.stop(specs.containerd.name, 3000);
  await namespace.close();
  await removeCgroup(cgroup);
}

/** Ends every process of every pod of a node. */
export async function killContainers(cgroup: string): Promise<void> {
  const identities = await Promise.all((await processesIn(cgroup)).map(identityOf));
  await killAll(identities.filter((identity) => identity !== undefined));
}
