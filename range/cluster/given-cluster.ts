import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { errorCodeOf, UnderstudyError } from '#domain/errors.ts';
import { ensurePrivateFolder, writePrivateFile } from '#machine/private-file.ts';
import { openNamespaces, setUpAccounts } from './accounts.ts';
import { rangeIdOf } from './addresses.ts';
import type { Cluster } from './cluster.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { layoutOf } from './layout.ts';
import { assertIsRange, writeMarker } from './marker.ts';

export type GivenOptions = {
  /** A kubeconfig of a kind, minikube, k3d or other test cluster; its account must be allowed to create roles. */
  kubeconfig: string;
  context: string;
  /** Where the accounts' kubeconfigs are kept. */
  stateFolder: string;
  rangeName: string;
  /** Somebody said explicitly that things may be broken on purpose in this cluster: it gets the marker if it has none. */
  markAsRange: boolean;
};

/**
 * Uses a test cluster that somebody else runs. Creates our accounts in it; `stop` leaves it as it is then. Images go there by
 * that tool's own way (`kind load image-archive`, `minikube image load`): `importImage` throws `not-supported`.
 *
 * Throws `not-the-range` when the cluster has no marker and `markAsRange` is false, `configuration` when the kubeconfig lacks
 * the context or the cluster's certificate authority.
 */
export async function attachGivenCluster(options: GivenOptions): Promise<Cluster> {
  const chosen = loadKubeconfig(options.kubeconfig, options.context);
  const cluster = chosen.getCurrentCluster();
  const user = chosen.getCurrentUser();
  if (cluster === null || user === null) {
    throw new UnderstudyError('configuration', `context "${options.context}" names no cluster or no user`);
  }
  const layout = layoutOf(options.stateFolder);
  await ensurePrivateFolder(layout.kubeconfigs);
  // A copy with this one context, so that somebody's "kubectl config use-context" cannot move the range elsewhere.
  const admin = new KubeConfig();
  admin.loadFromClusterAndUser(cluster, user);
  const adminPath = join(layout.kubeconfigs, 'admin.kubeconfig');
  await writePrivateFile(adminPath, admin.exportConfig());

  const rangeId = await markedId(admin, adminPath, options);
  const caPem = await authorityOf(cluster, options.context);
  const caPath = join(layout.kubeconfigs, 'cluster-ca.crt');
  await writePrivateFile(caPath, caPem);
  const { server } = cluster;
  const files = await setUpAccounts(admin, { name: options.rangeName, server, caPem }, layout.kubeconfigs);
  const nodes = await nodesOf(admin);
  return {
    name: options.rangeName,
    rangeId,
    level: 'given',
    kubeconfigs: { admin: adminPath, ...files.kubeconfigs },
    apiServerUrl: server,
    caPath,
    prometheusTokenPath: files.prometheusTokenPath,
    nodes,
    nodeNames: nodes.map((node) => node.name),
    openNamespaces: (names) => openNamespaces(admin, names),
    importImage: () => Promise.reject(cannotImport(options.context)),
    processes: () => [],
    stop: () => Promise.resolve(),
  };
}

async function markedId(admin: KubeConfig, adminPath: string, options: GivenOptions): Promise<string> {
  try {
    return await assertIsRange(adminPath);
  } catch (error) {
    if (!options.markAsRange || errorCodeOf(error) !== 'not-the-range') throw error;
    const rangeId = rangeIdOf(options.stateFolder, options.rangeName);
    await writeMarker(admin, { rangeId, rangeName: options.rangeName });
    return rangeId;
  }
}

async function authorityOf(cluster: { caData?: string; caFile?: string }, context: string): Promise<string> {
  if (cluster.caData !== undefined) return Buffer.from(cluster.caData, 'base64').toString('utf8');
  if (cluster.caFile !== undefined) return readFile(cluster.caFile, 'utf8');
  throw new UnderstudyError(
    'configuration',
    `context "${context}" has no certificate authority; the range does not talk to a cluster whose identity it cannot check`,
  );
}

async function nodesOf(admin: KubeConfig): Promise<{ name: string; ip: string }[]> {
  const list = await admin.makeApiClient(CoreV1Api).listNode();
  return list.items.map((node) => ({
    name: node.metadata?.name ?? '',
    ip: node.status?.addresses?.find((address) => address.type === 'InternalIP')?.address ?? '',
  }));
}

function cannotImport(context: string): UnderstudyError {
  return new UnderstudyError(
    'not-supported',
    `images cannot be put on the nodes of "${context}" from here; load them with that cluster's own tool (kind load image-archive, minikube image load, k3d image import)`,
  );
}
