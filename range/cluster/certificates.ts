import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivateFile } from '#machine/private-file.ts';
import type { ClusterAddresses, NodeAddresses } from './addresses.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import type { Layout } from './layout.ts';
import { type KeyPairPem, type LeafRequest, openPki } from './pki.ts';

export function adminKubeconfigPath(layout: Layout): string {
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

/**
 * Issues every certificate of a range anew and writes it down, with a kubeconfig for each program that talks to the API server.
 * Answers the cluster authority's certificate.
 */
export async function writeCertificates(
  layout: Layout,
  addresses: ClusterAddresses,
  nodes: readonly NodeAddresses[],
  cluster: { name: string; server: string },
): Promise<string> {
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
  await Promise.all(
    kubeconfigRequests(nodes).map(async ({ file, ...request }) => {
      const credential = await pki.cluster.issue({ ...request, usage: 'client' });
      const path = join(layout.kubeconfigs, `${file}.kubeconfig`);
      await writeKubeconfig(path, { ...cluster, caPem }, { name: request.commonName, credential });
    }),
  );
  return caPem;
}
