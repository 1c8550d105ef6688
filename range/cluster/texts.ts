import type { Language } from '#machine/progress.ts';
import type { RangeLevel } from './level.ts';

/** What this folder says to people while a cluster starts and when they ask what is possible here. */
export type ClusterTexts = {
  clusterTask: string;
  cleaning: string;
  controlPlane: string;
  nodes: string;
  checks: Record<CheckName, { ok: string; bad: string; fix: string }>;
  /** Said of a cluster whose nodes are none. */
  simulated: string;
  levels: Record<RangeLevel | 'none', string>;
};

/** What level `full` needs, in the order in which people mend it. */
export const checkNames = [
  'system',
  'root',
  'commands',
  'namespaces',
  'cgroups',
  'kernelLog',
  'memory',
  'disk',
] as const;
export type CheckName = (typeof checkNames)[number];

const texts: Record<Language, ClusterTexts> = {
  en: {
    clusterTask: 'Kubernetes',
    cleaning: 'removing what an earlier run left',
    controlPlane: 'control plane',
    nodes: 'nodes',
    simulated: 'nodes and pods are simulated',
    checks: {
      system: {
        ok: 'Linux on x64 or arm64',
        bad: 'not Linux on x64 or arm64',
        fix: 'use a Linux machine',
      },
      root: {
        ok: 'runs as root',
        bad: 'does not run as root',
        fix: 'run it with sudo for real nodes',
      },
      commands: {
        ok: 'ip, mount, nsenter and unshare are there',
        bad: 'system commands are missing',
        fix: 'apt-get install iproute2 util-linux mount libc-bin (or your system’s packages of that name)',
      },
      namespaces: {
        ok: 'namespaces can be created',
        bad: 'namespaces cannot be created',
        fix: 'run outside a container, or start the container with --privileged',
      },
      cgroups: {
        ok: 'cgroups can be created',
        bad: 'cgroups cannot be created',
        fix: 'mount /sys/fs/cgroup read-write; in a container: --privileged --cgroupns=host',
      },
      kernelLog: {
        ok: '/dev/kmsg is there',
        bad: '/dev/kmsg is missing; the kubelet does not start without it',
        fix: 'in a container: --privileged, or --device /dev/kmsg',
      },
      memory: {
        ok: 'enough memory',
        bad: 'less than 1.5 GB of memory available',
        fix: 'close other programs or use a bigger machine',
      },
      disk: {
        ok: 'enough disk',
        bad: 'less than 2 GB of disk free',
        fix: 'make room where the state folder lies',
      },
    },
    levels: {
      full: 'a real cluster with real nodes on this machine',
      api: 'a real control plane with simulated nodes and pods: faults that show in the states of objects',
      given: 'the test cluster that the configuration names',
      none: 'no practice range on this machine',
    },
  },
  zh: {
    clusterTask: 'Kubernetes',
    cleaning: '清理上次运行的残留',
    controlPlane: '控制平面',
    nodes: '节点',
    simulated: '节点和 Pod 为模拟',
    checks: {
      system: {
        ok: 'x64 或 arm64 的 Linux',
        bad: '不是 x64 或 arm64 的 Linux',
        fix: '请使用 Linux 机器',
      },
      root: { ok: '以 root 运行', bad: '未以 root 运行', fix: '如需真实节点，请用 sudo 运行' },
      commands: {
        ok: '已有 ip、mount、nsenter 和 unshare',
        bad: '缺少系统命令',
        fix: 'apt-get install iproute2 util-linux mount libc-bin（或所用系统的同名软件包）',
      },
      namespaces: {
        ok: '可以创建命名空间',
        bad: '无法创建命名空间',
        fix: '请在容器外运行，或以 --privileged 启动容器',
      },
      cgroups: {
        ok: '可以创建 cgroup',
        bad: '无法创建 cgroup',
        fix: '请以可写方式挂载 /sys/fs/cgroup；在容器中：--privileged --cgroupns=host',
      },
      kernelLog: {
        ok: '已有 /dev/kmsg',
        bad: '缺少 /dev/kmsg，kubelet 没有它无法启动',
        fix: '在容器中：--privileged，或 --device /dev/kmsg',
      },
      memory: { ok: '内存充足', bad: '可用内存不足 1.5 GB', fix: '请关闭其他程序或使用更大的机器' },
      disk: { ok: '磁盘空间充足', bad: '磁盘可用空间不足 2 GB', fix: '请在状态目录所在的磁盘上腾出空间' },
    },
    levels: {
      full: '在本机上运行真实节点的真实集群',
      api: '真实的控制平面，节点和 Pod 为模拟：可演练在对象状态中可见的故障',
      given: '配置中指定的测试集群',
      none: '本机无法运行演练场',
    },
  },
};

export function clusterTexts(language: Language): ClusterTexts {
  return texts[language];
}
