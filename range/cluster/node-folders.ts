import { mkdir, readFile, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { certificatePaths } from './certificates.ts';
import type { NodeLayout } from './layout.ts';
import type { NodeContext } from './node.ts';
import {
  cniConfig,
  containerdConfig,
  kubeletConfig,
  kubeProxyConfig,
  type NodeFacts,
} from './node-config.ts';

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

/** Makes a node's folders and configuration files. */
export async function prepareNodeFolders(context: NodeContext, cgroup: string): Promise<void> {
  const files = context.layout.node(context.node.index);
  const cni = join(files.config, 'cni');
  for (const folder of [files.containerd, files.kubelet, files.sysctl, files.commands, cni]) {
    await mkdir(folder, { recursive: true });
  }
  // The kubelet counts restarts by old logs; a pod that begins on a fresh node begins with none.
  await rm(files.logs, { recursive: true, force: true });
  await mkdir(files.logs);
  for (const name of iptablesNames) {
    await rm(join(files.commands, name), { force: true });
    await symlink(context.programs.iptablesMulti, join(files.commands, name));
  }
  for (const [setting, value] of Object.entries(kernelSettings)) {
    await writeFile(settingFile(files, setting), `${value}\n`);
  }
  const facts = await factsOf(context, files, cgroup);
  await writeFile(join(files.config, 'containerd.toml'), containerdConfig(facts));
  await writeFile(join(cni, '10-range.conflist'), cniConfig(facts));
  await writeFile(join(files.config, 'kubelet.yaml'), kubeletConfig(facts));
  await writeFile(join(files.config, 'kube-proxy.yaml'), kubeProxyConfig(facts));
}

/** What stands where inside the node. */
export function nodeMounts(files: NodeLayout): { binds: { from: string; to: string }[]; tmpfs: string[] } {
  const settings = Object.keys(kernelSettings).map((setting) => ({
    from: settingFile(files, setting),
    to: `/proc/sys/${setting}`,
  }));
  return {
    binds: [
      { from: files.kubelet, to: '/var/lib/kubelet' },
      { from: files.logs, to: '/var/log' },
      ...settings,
    ],
    tmpfs: ['/var/lib/cni', '/run'],
  };
}

function settingFile(files: NodeLayout, setting: string): string {
  return join(files.sysctl, setting.replaceAll('/', '.'));
}

const overlayMagic = 0x794c7630; // linux/magic.h

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
