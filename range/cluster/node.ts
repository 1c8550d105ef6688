import { join } from 'node:path';
import { identityOf } from '#machine/process-identity.ts';
import type { ClusterAddresses, NodeAddresses } from './addresses.ts';
import { createCgroup, processesIn, removeCgroup } from './cgroups.ts';
import { type Ctr, containerdAnswers, importImage, removeAllContainers } from './containerd.ts';
import type { Layout } from './layout.ts';
import { kubeletPort, kubeProxyHealthPort } from './node-config.ts';
import { nodeMounts, prepareNodeFolders } from './node-folders.ts';
import { createNodeNamespace, type NodeNamespace } from './node-namespace.ts';
import type { ProcessGroup, ProcessSpec } from './processes.ts';
import { killAll } from './range-processes.ts';
import { listens } from './readiness.ts';
import { systemPath } from './run.ts';

/** Programs of a node: single files, and the folders of what comes in bundles. */
export type NodePrograms = {
  kubelet: string;
  kubeProxy: string;
  containerd: string;
  ctr: string;
  runc: string;
  /** Folder with containerd's shim, for PATH. */
  containerdFolder: string;
  cniPluginFolder: string;
  /** The binary that is `iptables`, `iptables-save` and the others by the name it is called by. */
  iptablesMulti: string;
  /** Environment of unpacked programs: where their libraries are. */
  env: Readonly<Record<string, string>>;
};

export type RangeNode = {
  name: string;
  /** Starts the container runtime; needs no API server. */
  startRuntime(): Promise<void>;
  /** Starts kubelet and kube-proxy; the API server must answer. */
  startKubelet(): Promise<void>;
  importImage(indexPath: string): Promise<void>;
  /** Ends everything on the node and removes its cgroup. */
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

/** Prefix of everything that this range creates on the machine, and the bridge's name (a link's has 15 characters at most). */
export function rangePrefix(rangeId: string): string {
  return `us-${rangeId}`;
}

export async function createNode(context: NodeContext): Promise<RangeNode> {
  const { node, processes, programs } = context;
  const cgroup = `${rangePrefix(context.rangeId)}-${node.name}`;
  await prepareNodeFolders(context, cgroup);
  await createCgroup(cgroup);
  const namespace = await openNamespace(context);
  const env = { ...programs.env, PATH: systemPath };
  const ctr: Ctr = (args, input) =>
    namespace.run(programs.ctr, ['--namespace', 'k8s.io', ...args], env, input);
  const { containerd, kubelet, kubeProxy } = processSpecs(context, namespace, ctr);

  return {
    name: node.name,
    startRuntime: async () => {
      await processes.start(containerd);
      // What a killed run left has no processes and no network. containerd's Kubernetes side keeps a list that the removal
      // does not reach, hence the restart; the kubelet then makes new pods.
      if ((await removeAllContainers(ctr)) === 0) return;
      await processes.stop(containerd.name);
      await processes.start(containerd);
    },
    startKubelet: async () => {
      await Promise.all([processes.start(kubelet), processes.start(kubeProxy)]);
    },
    importImage: (indexPath) => importImage(ctr, indexPath),
    stop: async () => {
      await Promise.all([processes.stop(kubelet.name), processes.stop(kubeProxy.name)]);
      await killContainers(cgroup);
      // While containerd still runs, so that the next start finds a clean node; it would do this itself otherwise.
      await removeAllContainers(ctr).catch(() => 0);
      await processes.stop(containerd.name);
      await namespace.close();
      await removeCgroup(cgroup);
    },
  };
}

/** Ends every process of every pod in a node's cgroup. */
export async function killContainers(cgroup: string): Promise<void> {
  const identities = (await processesIn(cgroup)).map(identityOf);
  await killAll(identities.filter((identity) => identity !== undefined));
}

function openNamespace(context: NodeContext): Promise<NodeNamespace> {
  const { rangeId, layout, node, addresses, peers, bridge } = context;
  return createNodeNamespace({
    ...nodeMounts(layout.node(node.index)),
    link: `${rangePrefix(rangeId)}n${node.index}`,
    bridge,
    address: `${node.ip}/24`,
    gateway: addresses.bridgeAddress,
    routes: peers.map((peer) => ({ to: peer.podCidr, via: peer.ip })),
  });
}

type NodeProcesses = { containerd: ProcessSpec; kubelet: ProcessSpec; kubeProxy: ProcessSpec };

function processSpecs(context: NodeContext, namespace: NodeNamespace, ctr: Ctr): NodeProcesses {
  const { node, layout, programs } = context;
  const files = layout.node(node.index);
  const path = [files.commands, programs.containerdFolder, systemPath].join(':');
  const spec = (name: string, command: string, args: string[]): ProcessSpec => ({
    name: `${node.name}-${name}`,
    ...namespace.enter(command, args),
    env: { ...programs.env, PATH: path },
  });
  return {
    containerd: {
      ...spec('containerd', programs.containerd, ['--config', join(files.config, 'containerd.toml')]),
      isReady: () => containerdAnswers(ctr),
      readyTimeoutMs: 30_000,
      stopGraceMs: 3000,
    },
    kubelet: {
      ...spec('kubelet', programs.kubelet, [
        `--config=${join(files.config, 'kubelet.yaml')}`,
        `--kubeconfig=${join(layout.kubeconfigs, `${node.name}.kubeconfig`)}`,
        `--hostname-override=${node.name}`,
        `--node-ip=${node.ip}`,
        '--containerd=/run/containerd/containerd.sock', // without it cAdvisor shows pods but no containers
        '--maximum-dead-containers-per-container=2', // without it the log of the previous container is gone too soon
      ]),
      isReady: () => listens(node.ip, kubeletPort),
    },
    kubeProxy: {
      ...spec('kube-proxy', programs.kubeProxy, [`--config=${join(files.config, 'kube-proxy.yaml')}`]),
      isReady: () => listens(node.ip, kubeProxyHealthPort),
    },
  };
}
