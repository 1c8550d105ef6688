import { stringify } from 'yaml';
import { pauseImageRef } from '../images/node-layer.ts';
import type { ClusterAddresses, NodeAddresses } from './addresses.ts';

/** What the configuration files of a node's programs are made from. */
export type NodeFacts = {
  node: NodeAddresses;
  addresses: ClusterAddresses;
  cgroup: string;
  containerdFolder: string;
  cniPluginFolder: string;
  cniConfigFolder: string;
  runcPath: string;
  snapshotter: 'overlayfs' | 'native';
  caPath: string;
  serverCertificate: { certificate: string; key: string };
  kubeProxyKubeconfig: string;
  /** Memory that pods must not count on, in MiB: what the machine needs for everything else. */
  reservedMemoryMib: number;
  maxOpenFiles: number;
};

/** Where kube-proxy answers once it has its first rules. */
export const kubeProxyHealthPort = 10256;
export const kubeletPort = 10250;

const unusedContainerdPlugins = [
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.zfs',
  'io.containerd.internal.v1.tracing',
  'io.containerd.tracing.processor.v1.otlp',
];

const quoted = JSON.stringify; // TOML's basic strings escape as JSON's do

/** containerd's configuration (TOML). Sockets and state have their default paths, in the node's own /run. */
export function containerdConfig(facts: NodeFacts): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${quoted(facts.containerdFolder)}
oom_score = 0
disabled_plugins = [${unusedContainerdPlugins.map((name) => quoted(name)).join(', ')}]

[plugins."io.containerd.internal.v1.opt"]
  path = ${quoted(`${facts.containerdFolder}/opt`)}

[${cri}]
  sandbox_image = ${quoted(pauseImageRef)}
  # Lowering an OOM score takes a capability that root in a container does not always have.
  restrict_oom_score_adj = true
  disable_apparmor = true
  [${cri}.containerd]
    snapshotter = ${quoted(facts.snapshotter)}
    default_runtime_name = "runc"
    [${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [${cri}.containerd.runtimes.runc.options]
        BinaryName = ${quoted(facts.runcPath)}
        SystemdCgroup = false
  [${cri}.cni]
    bin_dir = ${quoted(facts.cniPluginFolder)}
    conf_dir = ${quoted(facts.cniConfigFolder)}
`;
}

/** The pod network: a bridge inside the node, one address a pod. */
export function cniConfig(facts: NodeFacts): string {
  return JSON.stringify({
    cniVersion: '1.0.0',
    name: 'range',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: facts.node.podCidr }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });
}

export function kubeletConfig(facts: NodeFacts): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${facts.cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    address: facts.node.ip,
    port: kubeletPort,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: facts.caPath },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: facts.serverCertificate.certificate,
    tlsPrivateKeyFile: facts.serverCertificate.key,
    clusterDomain: 'cluster.local',
    clusterDNS: [facts.addresses.dnsServiceIp],
    resolvConf: '',
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    oomScoreAdj: 0,
    maxOpenFiles: facts.maxOpenFiles,
    maxPods: 100,
    enforceNodeAllocatable: ['pods'],
    // Every node sees the whole machine's memory: without this, pods could be promised what the machine itself needs.
    systemReserved: { memory: `${facts.reservedMemoryMib}Mi` },
    // Absolute and small: a practice pod must not be evicted because the machine's disk is 90 % full with other things.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '200Mi', 'imagefs.available': '200Mi' },
    imageGCHighThresholdPercent: 100,
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
  });
}

/**
 * kube-proxy ends itself when this file is written again, even with the same content: write it only when it changed. The
 * limits of connection tracking belong to the machine and cannot be set from a network namespace.
 */
export function kubeProxyConfig(facts: NodeFacts): string {
  return stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: facts.kubeProxyKubeconfig },
    hostnameOverride: facts.node.name,
    clusterCIDR: facts.addresses.podCidr,
    bindAddress: facts.node.ip,
    metricsBindAddress: `${facts.node.ip}:10249`,
    healthzBindAddress: `${facts.node.ip}:${kubeProxyHealthPort}`,
    nodePortAddresses: ['primary'],
    oomScoreAdj: 0,
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { masqueradeAll: true },
  });
}
