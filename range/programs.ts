import type { Program } from '#machine/program.ts';

const kubernetesVersion = '1.34.4';
const kubernetesStaging = 'v0.34.4';

type KubernetesCommand =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy';

/** Set where Kubernetes prints its version from; the API server refuses to start without one that it can parse. */
const kubernetesLdflags = [
  ['gitVersion', `v${kubernetesVersion}`],
  ['gitMajor', '1'],
  ['gitMinor', '34'],
  ['gitTreeState', 'clean'],
]
  .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  .join(' ');

function kubernetes(name: KubernetesCommand, estimateSeconds: number): Program {
  const url = (platform: { os: string; arch: string }): string =>
    `https://dl.k8s.io/release/v${kubernetesVersion}/bin/${platform.os}/${platform.arch}/${name}`;
  return {
    name,
    version: kubernetesVersion,
    variable: `UNDERSTUDY_${name.toUpperCase().replaceAll('-', '_')}_PATH`,
    onPath: { versionArgs: ['--version'], fits: (output) => output.includes('Kubernetes v1.34.') },
    sources: [
      { kind: 'download', url, checksumUrl: (platform) => `${url(platform)}.sha256` },
      {
        kind: 'go-build',
        module: 'k8s.io/kubernetes',
        version: `v${kubernetesVersion}`,
        package: `k8s.io/kubernetes/cmd/${name}`,
        ldflags: kubernetesLdflags,
        stagingVersion: kubernetesStaging,
        estimateSeconds,
      },
    ],
  };
}

function github(repository: string, tag: string): string {
  return `https://github.com/${repository}/releases/download/${tag}`;
}

const etcd: Program = {
  name: 'etcd',
  version: '3.6.8',
  variable: 'UNDERSTUDY_ETCD_PATH',
  // 3.4, which Debian has, fills the API server's log with "Too large resource version".
  onPath: { versionArgs: ['--version'], fits: (output) => output.includes('etcd Version: 3.6.') },
  sources: [
    {
      kind: 'download',
      url: ({ os, arch }) =>
        os === 'linux' ? `${github('etcd-io/etcd', 'v3.6.8')}/etcd-v3.6.8-linux-${arch}.tar.gz` : undefined,
      checksumUrl: () => `${github('etcd-io/etcd', 'v3.6.8')}/SHA256SUMS`,
      archiveMember: ({ arch }) => `etcd-v3.6.8-linux-${arch}/etcd`,
    },
    {
      kind: 'go-build',
      module: 'go.etcd.io/etcd/server/v3',
      version: 'v3.6.8',
      package: 'go.etcd.io/etcd/server/v3',
      estimateSeconds: 17,
    },
  ],
};

/** It has no binary releases, only images. */
const kubeStateMetrics: Program = {
  name: 'kube-state-metrics',
  version: '2.15.0',
  variable: 'UNDERSTUDY_KUBE_STATE_METRICS_PATH',
  onPath: { versionArgs: ['version'], fits: (output) => /v2\.1[5-9]\./.test(output) },
  sources: [
    {
      kind: 'go-build',
      module: 'k8s.io/kube-state-metrics/v2',
      version: 'v2.15.0',
      package: 'k8s.io/kube-state-metrics/v2',
      ldflags: '-X github.com/prometheus/common/version.Version=v2.15.0',
      estimateSeconds: 69,
    },
  ],
};

const coredns: Program = {
  name: 'coredns',
  version: '1.14.7',
  variable: 'UNDERSTUDY_COREDNS_PATH',
  onPath: { versionArgs: ['-version'], fits: (output) => /CoreDNS-1\.1[2-9]\./.test(output) },
  sources: [
    {
      kind: 'download',
      url: ({ os, arch }) => `${github('coredns/coredns', 'v1.14.7')}/coredns_1.14.7_${os}_${arch}.tgz`,
      checksumUrl: ({ os, arch }) =>
        `${github('coredns/coredns', 'v1.14.7')}/coredns_1.14.7_${os}_${arch}.tgz.sha256`,
      archiveMember: () => 'coredns',
    },
    {
      kind: 'go-install',
      package: 'github.com/coredns/coredns',
      version: 'v1.14.7',
      estimateSeconds: 98,
    },
  ],
};

function fromPrometheus(
  name: 'prometheus' | 'alertmanager',
  version: string,
  debianPackage: string,
  onPathVersion: RegExp,
): Program {
  const release = github(`prometheus/${name}`, `v${version}`);
  return {
    name,
    version,
    variable: `UNDERSTUDY_${name.toUpperCase()}_PATH`,
    onPath: { versionArgs: ['--version'], fits: (output) => onPathVersion.test(output) },
    sources: [
      { kind: 'debian', packages: [debianPackage], member: `usr/bin/${debianPackage}` },
      {
        kind: 'download',
        url: ({ os, arch }) => `${release}/${name}-${version}.${os}-${arch}.tar.gz`,
        checksumUrl: () => `${release}/sha256sums.txt`,
        archiveMember: ({ os, arch }) => `${name}-${version}.${os}-${arch}/${name}`,
      },
    ],
  };
}

const prometheus = fromPrometheus('prometheus', '2.42.0', 'prometheus', /version (2\.(4[2-9]|5\d)|3)\./);
const alertmanager = fromPrometheus(
  'alertmanager',
  '0.25.0',
  'prometheus-alertmanager',
  /version 0\.(2[5-9]|3\d)\./,
);

/**
 * Debian's packages come first for what runs containers: small, signed, and what the range is tested with. The projects' own
 * releases serve every other Linux.
 */
const containerd: Program = {
  name: 'containerd',
  version: '1.6.20',
  variable: 'UNDERSTUDY_CONTAINERD_PATH',
  sources: [
    { kind: 'debian', packages: ['containerd'], member: 'usr/bin/containerd' },
    {
      kind: 'download',
      url: ({ os, arch }) =>
        os === 'linux'
          ? `${github('containerd/containerd', 'v1.6.20')}/containerd-1.6.20-linux-${arch}.tar.gz`
          : undefined,
      checksumUrl: ({ arch }) =>
        `${github('containerd/containerd', 'v1.6.20')}/containerd-1.6.20-linux-${arch}.tar.gz.sha256sum`,
      archiveMember: () => 'bin/containerd',
    },
  ],
};

const runc: Program = {
  name: 'runc',
  version: '1.1.5',
  variable: 'UNDERSTUDY_RUNC_PATH',
  onPath: { versionArgs: ['--version'], fits: (output) => /runc version 1\.[1-9]/.test(output) },
  sources: [
    { kind: 'debian', packages: ['runc', 'libseccomp2'], member: 'usr/sbin/runc' },
    {
      kind: 'download',
      url: ({ os, arch }) =>
        os === 'linux' ? `${github('opencontainers/runc', 'v1.1.5')}/runc.${arch}` : undefined,
      checksumUrl: () => `${github('opencontainers/runc', 'v1.1.5')}/runc.sha256sum`,
    },
  ],
};

/** The folder of network plugins, found by the one that every pod needs. */
const cniPlugins: Program = {
  name: 'cni-plugins',
  version: '1.1.1',
  variable: 'UNDERSTUDY_CNI_BRIDGE_PATH',
  sources: [
    { kind: 'debian', packages: ['containernetworking-plugins'], member: 'usr/lib/cni/bridge' },
    {
      kind: 'download',
      url: ({ os, arch }) =>
        os === 'linux'
          ? `${github('containernetworking/plugins', 'v1.1.1')}/cni-plugins-linux-${arch}-v1.1.1.tgz`
          : undefined,
      checksumUrl: ({ arch }) =>
        `${github('containernetworking/plugins', 'v1.1.1')}/cni-plugins-linux-${arch}-v1.1.1.tgz.sha256`,
      archiveMember: () => 'bridge',
    },
  ],
};

/** There are no binary releases; nearly every distribution has it installed. */
const iptables: Program = {
  name: 'iptables',
  version: '1.8.9',
  variable: 'UNDERSTUDY_IPTABLES_PATH',
  onPath: { versionArgs: ['--version'], fits: (output) => /iptables v1\.8\./.test(output) },
  sources: [
    {
      kind: 'debian',
      packages: [
        'iptables',
        'libip4tc2',
        'libip6tc2',
        'libmnl0',
        'libnetfilter-conntrack3',
        'libnfnetlink0',
        'libnftnl11',
        'libxtables12',
      ],
      member: 'usr/sbin/xtables-nft-multi',
    },
  ],
};

/** Everything the range needs, in the order in which building shares most of the compiler's cache. */
export const rangePrograms = {
  kubeApiserver: kubernetes('kube-apiserver', 167),
  kubeControllerManager: kubernetes('kube-controller-manager', 52),
  kubeScheduler: kubernetes('kube-scheduler', 4),
  kubelet: kubernetes('kubelet', 16),
  kubeProxy: kubernetes('kube-proxy', 7),
  etcd,
  kubeStateMetrics,
  coredns,
  containerd,
  runc,
  cniPlugins,
  iptables,
  prometheus,
  alertmanager,
} as const satisfies Record<string, Program>;

/** Built only when somebody asks for them. */
export const optionalRangePrograms = {
  /** Fake nodes, for clusters of thousands of pods. */
  kwok: {
    name: 'kwok',
    version: '0.7.0',
    variable: 'UNDERSTUDY_KWOK_PATH',
    sources: [
      { kind: 'go-install', package: 'sigs.k8s.io/kwok/cmd/kwok', version: 'v0.7.0', estimateSeconds: 187 },
    ],
  },
  metricsServer: {
    name: 'metrics-server',
    version: '0.9.0',
    variable: 'UNDERSTUDY_METRICS_SERVER_PATH',
    sources: [
      {
        kind: 'go-build',
        module: 'sigs.k8s.io/metrics-server',
        version: 'v0.9.0',
        package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
        estimateSeconds: 310,
      },
    ],
  },
} as const satisfies Record<string, Program>;

/** What the range needs at level `api`: no node's programs, but kwok, which pretends nodes. */
export const apiLevelPrograms = {
  kubeApiserver: rangePrograms.kubeApiserver,
  kubeControllerManager: rangePrograms.kubeControllerManager,
  kubeScheduler: rangePrograms.kubeScheduler,
  etcd,
  kwok: optionalRangePrograms.kwok,
  kubeStateMetrics,
  prometheus,
  alertmanager,
} as const satisfies Record<string, Program>;
