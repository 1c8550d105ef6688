import { ApiException, CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { applyObjects } from './manifests.ts';

/** The ConfigMap by which a practice cluster can be told from any other. */
export const marker = { namespace: 'kube-system', name: 'understudy-range' } as const;

/** Marks a cluster as a practice cluster. Only for clusters that we made, or whose owner said so. */
export async function writeMarker(
  config: KubeConfig,
  facts: { rangeId: string; rangeName: string },
): Promise<void> {
  await applyObjects(config, [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...marker }, data: { ...facts } },
  ]);
}

/**
 * Makes sure that a kubeconfig leads to a practice cluster, before anything there is broken on purpose or approved without
 * a person. Answers the range's id. Needs an account that may read ConfigMaps in kube-system (`admin` or `reader`).
 *
 * Throws `not-the-range` when the cluster has no marker, or another range's where `expectedRangeId` is given; a cluster that
 * cannot be asked, or does not let us ask, is refused the same way.
 */
export async function assertIsRange(kubeconfigPath: string, expectedRangeId?: string): Promise<string> {
  const config = loadKubeconfig(kubeconfigPath);
  const server = config.getCurrentCluster()?.server ?? 'an unnamed server';
  const rangeId = await readMarker(config, server);
  if (expectedRangeId !== undefined && rangeId !== expectedRangeId) {
    throw refusal(server, `it is the practice range ${rangeId}, not ${expectedRangeId}`);
  }
  return rangeId;
}

async function readMarker(config: KubeConfig, server: string): Promise<string> {
  const configMap = await config
    .makeApiClient(CoreV1Api)
    .readNamespacedConfigMap({ ...marker })
    .catch((error: unknown) => {
      throw refusal(server, reasonOf(error), error);
    });
  const rangeId = configMap.data?.rangeId;
  if (rangeId === undefined || rangeId === '') throw refusal(server, 'its marker names no range');
  return rangeId;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof ApiException)) return `it could not be asked (${messageOf(error)})`;
  if (error.code === 404) return `it has no ConfigMap ${marker.namespace}/${marker.name}`;
  return `it answered ${error.code} when asked for ConfigMap ${marker.namespace}/${marker.name}`;
}

function refusal(server: string, reason: string, cause?: unknown): UnderstudyError {
  return new UnderstudyError(
    'not-the-range',
    `${server} is not the practice range: ${reason}. Faults and automatic approval are for the practice range only`,
    { cause, details: { server } },
  );
}
