import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterAddresses, NodeAddresses } from './addresses.ts';
import { adminKubeconfigPath, certificatePaths, writeCertificates } from './certificates.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import { manifestUrl } from './manifests.ts';
import type { ControlPlanePorts } from './ports.ts';
import type { ProcessSpec } from './processes.ts';
import { apiServerIsReady, listens } from './readiness.ts';

/** Paths of the programs that a control plane consists of. */
export type ControlPlanePrograms = {
  etcd: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  kubeScheduler: string;
};

export type ControlPlane = {
  apiServerUrl: string;
  caPath: string;
  caPem: string;
  adminKubeconfig: string;
  /** Controllers and name resolution need the API server, which needs etcd. */
  processes: { etcd: ProcessSpec; apiServer: ProcessSpec; controllers: ProcessSpec[] };
};

export type ControlPlaneContext = {
  clusterName: string;
  layout: Layout;
  addresses: ClusterAddresses;
  ports: ControlPlanePorts;
  programs: ControlPlanePrograms;
};

/** Issues every certificate, writes kubeconfigs and configuration, and says how to start the control plane. */
export async function prepareControlPlane(
  context: ControlPlaneContext,
  nodes: readonly NodeAddresses[],
): Promise<ControlPlane> {
  const { layout, addresses, ports } = context;
  for (const folder of [layout.certificates, layout.kubeconfigs, layout.etcd, dirname(layout.auditLog)]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  for (const folder of [layout.logs, layout.config]) await mkdir(folder, { recursive: true });
  const apiServerUrl = `https://${addresses.bridgeAddress}:${ports.api}`;
  const cluster = { name: context.clusterName, server: apiServerUrl };
  const caPem = await writeCertificates(layout, addresses, nodes, cluster);
  return {
    apiServerUrl,
    caPath: certificatePaths(layout, 'cluster-ca').certificate,
    caPem,
    adminKubeconfig: adminKubeconfigPath(layout),
    processes: {
      etcd: etcd(context),
      apiServer: apiServer(context),
      controllers: [controllerManager(context), scheduler(context)],
    },
  };
}

function etcd({ layout, addresses, ports, programs }: ControlPlaneContext): ProcessSpec {
  const client = `https://${addresses.loopback}:${ports.etcd}`;
  const peer = `https://${addresses.loopback}:${ports.etcdPeer}`;
  const { certificate, key } = certificatePaths(layout, 'etcd');
  const ca = certificatePaths(layout, 'etcd-ca').certificate;
  return {
    name: 'etcd',
    command: programs.etcd,
    args: [
      '--name=range',
      `--data-dir=${layout.etcd}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=range=${peer}`,
      ...[`--cert-file=${certificate}`, `--key-file=${key}`, `--trusted-ca-file=${ca}`, '--client-cert-auth'],
      ...[`--peer-cert-file=${certificate}`, `--peer-key-file=${key}`],
      ...[`--peer-trusted-ca-file=${ca}`, '--peer-client-cert-auth'],
      // Survives every kill of a process; only a power cut can cost a practice cluster its state, and it is rebuilt in seconds.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    isReady: () => listens(addresses.loopback, ports.etcd),
    readyTimeoutMs: 20_000,
    stopGraceMs: 5000,
  };
}

function apiServer({ layout, addresses, ports, programs }: ControlPlaneContext): ProcessSpec {
  const own = certificatePaths(layout, 'kube-apiserver');
  const etcdClient = certificatePaths(layout, 'etcd-client');
  const kubeletClient = certificatePaths(layout, 'kubelet-client');
  const frontProxy = certificatePaths(layout, 'front-proxy-client');
  const clusterCa = certificatePaths(layout, 'cluster-ca').certificate;
  return {
    name: 'kube-apiserver',
    command: programs.kubeApiserver,
    args: [
      // On the bridge only: reachable from this machine and from pods, not from the network.
      `--bind-address=${addresses.bridgeAddress}`,
      `--advertise-address=${addresses.bridgeAddress}`,
      // A loopback address is nobody's way to the API server from a pod.
      ...(addresses.bridgeAddress === addresses.loopback ? ['--endpoint-reconciler-type=none'] : []),
      `--secure-port=${ports.api}`,
      `--service-cluster-ip-range=${addresses.serviceCidr}`,
      `--etcd-servers=https://${addresses.loopback}:${ports.etcd}`,
      `--etcd-cafile=${certificatePaths(layout, 'etcd-ca').certificate}`,
      ...[`--etcd-certfile=${etcdClient.certificate}`, `--etcd-keyfile=${etcdClient.key}`],
      ...[`--tls-cert-file=${own.certificate}`, `--tls-private-key-file=${own.key}`],
      `--client-ca-file=${clusterCa}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${join(layout.pki, 'service-accounts.pub')}`,
      `--service-account-signing-key-file=${join(layout.pki, 'service-accounts.key')}`,
      `--kubelet-client-certificate=${kubeletClient.certificate}`,
      `--kubelet-client-key=${kubeletClient.key}`,
      `--kubelet-certificate-authority=${clusterCa}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--requestheader-client-ca-file=${certificatePaths(layout, 'front-proxy-ca').certificate}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
      ...[`--proxy-client-cert-file=${frontProxy.certificate}`, `--proxy-client-key-file=${frontProxy.key}`],
      '--enable-aggregator-routing=true',
      `--audit-policy-file=${fileURLToPath(manifestUrl('audit-policy'))}`,
      `--audit-log-path=${layout.auditLog}`,
      ...['--audit-log-maxsize=200', '--audit-log-maxbackup=4'],
      '--profiling=false',
    ],
    isReady: () => apiServerIsReady(loadKubeconfig(adminKubeconfigPath(layout))),
    readyTimeoutMs: 120_000,
  };
}

function kubeconfigFlags(path: string): string[] {
  return [
    `--kubeconfig=${path}`,
    `--authentication-kubeconfig=${path}`,
    `--authorization-kubeconfig=${path}`,
  ];
}

function controllerManager({ layout, addresses, ports, programs }: ControlPlaneContext): ProcessSpec {
  const ca = certificatePaths(layout, 'cluster-ca');
  return {
    name: 'kube-controller-manager',
    command: programs.kubeControllerManager,
    args: [
      ...kubeconfigFlags(join(layout.kubeconfigs, 'kube-controller-manager.kubeconfig')),
      ...[`--bind-address=${addresses.loopback}`, `--secure-port=${ports.controllerManager}`],
      `--cert-dir=${join(layout.config, 'kube-controller-manager')}`,
      '--leader-elect=false',
      '--use-service-account-credentials',
      `--root-ca-file=${ca.certificate}`,
      `--service-account-private-key-file=${join(layout.pki, 'service-accounts.key')}`,
      ...[`--cluster-signing-cert-file=${ca.certificate}`, `--cluster-signing-key-file=${ca.key}`],
    ],
  };
}

function scheduler({ layout, addresses, ports, programs }: ControlPlaneContext): ProcessSpec {
  return {
    name: 'kube-scheduler',
    command: programs.kubeScheduler,
    args: [
      ...kubeconfigFlags(join(layout.kubeconfigs, 'kube-scheduler.kubeconfig')),
      ...[`--bind-address=${addresses.loopback}`, `--secure-port=${ports.scheduler}`],
      `--cert-dir=${join(layout.config, 'kube-scheduler')}`,
      '--leader-elect=false',
    ],
  };
}
