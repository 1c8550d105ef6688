import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePrivateFile } from '#machine/private-file.ts';
import type { ClusterAddresses, NodeAddresses } from './addresses.ts';
import { loadKubeconfig, writeKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import { manifestUrl } from './manifests.ts';
import { type KeyPairPem, type LeafRequest, openPki } from './pki.ts';
import type { ControlPlanePorts } from './ports.ts';
import type { ProcessSpec } from './processes.ts';
import { apiServerIsReady, listens } from './readiness.ts';

/** Paths of the programs that a control plane consists of. */
export type ControlPlanePrograms = {
  etcd: string;
  kubeApiserver: string;
  kubeControllerManager: string;
  kubeScheduler: string;
  coredns: string;
};

export type ControlPlane = {
  apiServerUrl: string;
  caPath: string;
  caPem: string;
  adminKubeconfig: string;
  /** `rest` needs the API server, which needs etcd. */
  processes: { etcd: ProcessSpec; apiServer: ProcessSpec; rest: ProcessSpec[] };
};

type Context = {
  clusterName: string;
  layout: Layout;
  addresses: ClusterAddresses;
  ports: ControlPlanePorts;
  programs: ControlPlanePrograms;
};

/** Issues every certificate, writes kubeconfigs and configuration, and says how to start the control plane. */
export async function prepareControlPlane(
  context: Context,
  nodes: readonly NodeAddresses[],
): Promise<ControlPlane> {
  const { layout, addresses, ports } = context;
  for (const folder of [layout.certificates, layout.kubeconfigs, layout.etcd, dirname(layout.auditLog)]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  for (const folder of [layout.logs, layout.config]) await mkdir(folder, { recursive: true });
  const caPem = await writeCertificates(context, nodes);
  await writeFile(join(layout.config, 'Corefile'), corefile(context));
  const apiServerUrl = `https://${addresses.bridgeAddress}:${ports.api}`;
  return {
    apiServerUrl,
    caPath: certificatePaths(layout, 'cluster-ca').certificate,
    caPem,
    adminKubeconfig: adminKubeconfigPath(layout),
    processes: {
      etcd: etcd(context),
      apiServer: apiServer(context),
      rest: [controllerManager(context), scheduler(context), coredns(context)],
    },
  };
}

function adminKubeconfigPath(layout: Layout): string {
  return join(layout.kubeconfigs, 'admin.kubeconfig');
}

/** Where a certificate and its key lie. */
export function certificatePaths(layout: Layout, name: string): { certificate: string; key: string } {
  const folder = name.endsWith('-ca') ? layout.pki : layout.certificates;
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

type CertificateRequest = LeafRequest & { file: string; authority: 'cluster' | 'etcd' | 'frontProxy' };

function certificateRequests(
  addresses: ClusterAddresses,
  nodes: readonly NodeAddresses[],
): CertificateRequest[] {
  const serviceName = 'kubernetes.default.svc.cluster.local';
  return [
    { file: 'etcd', authority: 'etcd', usage: 'both', commonName: 'etcd', ipAddresses: [addresses.loopback] },
    { file: 'etcd-client', authority: 'etcd', usage: 'client', commonName: 'kube-apiserver' },
    {
      file: 'front-proxy-client',
      authority: 'frontProxy',
      usage: 'client',
      commonName: 'front-proxy-client',
    },
    {
      file: 'kube-apiserver',
      authority: 'cluster',
      usage: 'server',
      commonName: 'kube-apiserver',
      ipAddresses: [addresses.bridgeAddress, addresses.apiServiceIp, '127.0.0.1'],
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', serviceName],
    },
    {
      file: 'kubelet-client',
      authority: 'cluster',
      usage: 'client',
      commonName: 'kube-apiserver-kubelet-client',
      organization: 'system:masters',
    },
    ...nodes.map(
      (node): CertificateRequest => ({
        file: `${node.name}-kubelet`,
        authority: 'cluster',
        usage: 'server',
        commonName: `system:node:${node.name}`,
        organization: 'system:nodes',
        ipAddresses: [node.ip],
        dnsNames: [node.name],
      }),
    ),
  ];
}

type KubeconfigRequest = { file: string; commonName: string; organization?: string };

function kubeconfigRequests(nodes: readonly NodeAddresses[]): KubeconfigRequest[] {
  return [
    { file: 'admin', commonName: 'range-admin', organization: 'system:masters' },
    { file: 'kube-controller-manager', commonName: 'system:kube-controller-manager' },
    { file: 'kube-scheduler', commonName: 'system:kube-scheduler' },
    { file: 'kube-proxy', commonName: 'system:kube-proxy' },
    { file: 'coredns', commonName: 'understudy-range-dns' },
    ...nodes.map((node) => ({
      file: node.name,
      commonName: `system:node:${node.name}`,
      organization: 'system:nodes',
    })),
  ];
}

async function writeCertificates(context: Context, nodes: readonly NodeAddresses[]): Promise<string> {
  const { layout, addresses, ports, clusterName } = context;
  const pki = await openPki(layout.pki);
  const store = async (file: string, pair: KeyPairPem): Promise<void> => {
    const paths = certificatePaths(layout, file);
    await writeFile(paths.certificate, pair.certificatePem);
    await writePrivateFile(paths.key, pair.privateKeyPem);
  };
  await Promise.all(
    certificateRequests(addresses, nodes).map(async ({ file, authority, ...request }) =>
      store(file, await pki[authority].issue(request)),
    ),
  );
  const caPem = pki.cluster.certificatePem;
  const cluster = { name: clusterName, server: `https://${addresses.bridgeAddress}:${ports.api}`, caPem };
  await Promise.all(
    kubeconfigRequests(nodes).map(async ({ file, ...request }) => {
      const credential = await pki.cluster.issue({ ...request, usage: 'client' });
      const path = join(layout.kubeconfigs, `${file}.kubeconfig`);
      await writeKubeconfig(path, cluster, { name: request.commonName, credential });
    }),
  );
  return caPem;
}

function etcd({ layout, addresses, ports, programs }: Context): ProcessSpec {
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

function apiServer({ layout, addresses, ports, programs }: Context): ProcessSpec {
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

function controllerManager({ layout, addresses, ports, programs }: Context): ProcessSpec {
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

function scheduler({ layout, addresses, ports, programs }: Context): ProcessSpec {
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

function coredns({ layout, addresses, ports, programs }: Context): ProcessSpec {
  return {
    name: 'coredns',
    command: programs.coredns,
    args: ['-conf', join(layout.config, 'Corefile')],
    isReady: () => listens(addresses.bridgeAddress, ports.dns),
    readyTimeoutMs: 30_000,
  };
}

/**
 * Two blocks, because "template" comes before "kubernetes" in CoreDNS's fixed order of plugins and would answer everything in a
 * shared one. Names outside the cluster do not exist: pods have no way out.
 */
function corefile({ layout, addresses, ports }: Context): string {
  const kubeconfig = join(layout.kubeconfigs, 'coredns.kubeconfig');
  return `cluster.local:${ports.dns} in-addr.arpa:${ports.dns} {
    bind ${addresses.bridgeAddress}
    errors
    kubernetes cluster.local in-addr.arpa {
        kubeconfig ${JSON.stringify(kubeconfig)}
        pods insecure
        ttl 5
    }
    cache 5
}
.:${ports.dns} {
    bind ${addresses.bridgeAddress}
    template ANY ANY . {
        rcode NXDOMAIN
    }
}
`;
}
