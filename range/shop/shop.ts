import {
  ApiException,
  AppsV1Api,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1Deployment,
  type V1ReplicaSet,
} from '@kubernetes/client-node';
import { waitUntil } from '../cluster/readiness.ts';
import { type ShopNames, type ShopObject, shopManifests } from './manifests.ts';

/** The shop in a cluster. */
export type Shop = {
  names: ShopNames;
  /** As it should be; what a pipeline would have in its repository. */
  manifests: readonly ShopObject[];
  /** Creates what is missing and puts what is there back to its manifest; changes nothing where nothing differs. */
  apply(): Promise<void>;
  /** Waits until every Deployment runs its current template with all its replicas, and nothing else. */
  waitReady(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** {@link apply}, {@link waitReady}, and forgets revisions that are not the shop's own. */
  restore(): Promise<void>;
};

const fieldManager = 'helm';
const revisionKey = 'deployment.kubernetes.io/revision';
const writeAttempts = 5;

export function createShop(config: KubeConfig, names: ShopNames): Shop {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const apps = config.makeApiClient(AppsV1Api);
  const manifests = shopManifests(names);
  const namespaces = [names.namespace, names.visitorsNamespace];

  const apply = async (): Promise<void> => {
    for (const manifest of manifests) await put(objects, manifest);
  };

  const deployments = async (): Promise<V1Deployment[]> => {
    const lists = namespaces.map((namespace) => apps.listNamespacedDeployment({ namespace }));
    return (await Promise.all(lists)).flatMap((list) => list.items);
  };

  const waitReady: Shop['waitReady'] = ({ timeoutMs = 120_000, signal } = {}) =>
    waitUntil(
      'the shop',
      async () => {
        const found = await deployments();
        const unfinished = found.filter((deployment) => !isComplete(deployment));
        if (unfinished.length === 0) return found.length > 0;
        throw new Error(`not complete: ${unfinished.map((each) => each.metadata?.name).join(', ')}`);
      },
      { timeoutMs, ...(signal === undefined ? {} : { signal }) },
    );

  const forgetForeignRevisions = async (): Promise<void> => {
    const current = await deployments();
    for (const namespace of namespaces) {
      const { items } = await apps.listNamespacedReplicaSet({ namespace });
      const foreign = items.filter((set) => set.spec?.replicas === 0 && !isCurrent(set, current));
      for (const { metadata } of foreign)
        await ignoreMissing(apps.deleteNamespacedReplicaSet({ namespace, name: metadata?.name ?? '' }));
    }
  };

  return {
    names,
    manifests,
    apply,
    waitReady,
    async restore() {
      await apply();
      await waitReady();
      await forgetForeignRevisions();
    },
  };
}

/** Creates or replaces. A replacement is complete: fields that somebody added are gone afterwards. */
async function put(api: KubernetesObjectApi, manifest: ShopObject): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const live = await readObject(api, manifest);
      if (live === undefined) await api.create(manifest, undefined, undefined, fieldManager);
      else await api.replace(replacementOf(manifest, live), undefined, undefined, fieldManager);
      return;
    } catch (error) {
      // A controller wrote its status in between: look again.
      if (!isStatus(error, 409) || attempt === writeAttempts) throw error;
    }
  }
}

function replacementOf(manifest: ShopObject, live: KubernetesObject): KubernetesObject {
  const revision = live.metadata?.annotations?.[revisionKey];
  const resourceVersion = live.metadata?.resourceVersion;
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(revision === undefined
        ? {}
        : { annotations: { ...manifest.metadata.annotations, [revisionKey]: revision } }),
    },
  };
}

async function readObject(
  api: KubernetesObjectApi,
  { apiVersion, kind, metadata }: ShopObject,
): Promise<KubernetesObject | undefined> {
  try {
    return await api.read({ apiVersion, kind, metadata: { namespace: 'default', ...metadata } });
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

function isStatus(error: unknown, code: number): boolean {
  return error instanceof ApiException && error.code === code;
}

async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
}

function isComplete({ metadata, spec, status }: V1Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  return (
    status?.observedGeneration === metadata?.generation &&
    status?.updatedReplicas === wanted &&
    status?.availableReplicas === wanted &&
    status?.replicas === wanted
  );
}

function isCurrent(set: V1ReplicaSet, deployments: readonly V1Deployment[]): boolean {
  const owner = set.metadata?.ownerReferences?.find((reference) => reference.controller);
  const deployment = deployments.find((each) => each.metadata?.uid === owner?.uid);
  return (
    deployment === undefined ||
    deployment.metadata?.annotations?.[revisionKey] === set.metadata?.annotations?.[revisionKey]
  );
}
