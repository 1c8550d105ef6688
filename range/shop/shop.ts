import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  KubernetesObjectApi,
  type V1DaemonSet,
  type V1Deployment,
  type V1ReplicaSet,
} from '@kubernetes/client-node';
import { waitUntil } from '../cluster/readiness.ts';
import { type ShopObject, shopManifests, shopSelector } from './manifests.ts';
import type { ShopNames } from './names.ts';
import { ignoreMissing, putObject, revisionKey } from './put-object.ts';
import { registryManifests, registryNamespace } from './registry-manifest.ts';

/** The shop in a cluster. */
export type Shop = {
  names: ShopNames;
  /** As it should be; what a pipeline would have in its repository. */
  manifests: readonly ShopObject[];
  /** Creates what is missing and puts what is there back to its manifest; changes nothing where nothing differs. */
  apply(): Promise<void>;
  /** Waits until every Deployment runs its current template with all its replicas, and nothing else. */
  waitReady(options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<void>;
  /** Deletes copies of the shop under other names, and waits until they are gone. */
  removeOthers(): Promise<void>;
  /** {@link apply}, {@link waitReady}, and forgets revisions that are not the shop's own. */
  restore(): Promise<void>;
};

const readyTimeoutMs = 120_000;
const removalTimeoutMs = 60_000;

/** `imagesFolder`: where the images were built, which the registry serves. */
export function createShop(config: KubeConfig, names: ShopNames, imagesFolder: string): Shop {
  const objects = KubernetesObjectApi.makeApiClient(config);
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const manifests = [...registryManifests(imagesFolder), ...shopManifests(names)];
  const namespaces = [names.namespace, names.visitorsNamespace];

  const apply = async (): Promise<void> => {
    for (const manifest of manifests) await putObject(objects, manifest);
  };
  const waitReady: Shop['waitReady'] = ({ timeoutMs = readyTimeoutMs, signal } = {}) =>
    waitUntil(
      'the shop',
      async () => {
        const waiting = await unfinished(apps, namespaces);
        if (waiting.length > 0) throw new Error(`waiting for ${waiting.join(', ')}`);
        return true;
      },
      { timeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
  return {
    names,
    manifests,
    apply,
    waitReady,
    removeOthers: () => removeNamespacesBut(core, namespaces),
    async restore() {
      await apply();
      await waitReady();
      for (const namespace of namespaces) await forgetForeignRevisions(apps, namespace);
    },
  };
}

/** Names of what does not run everywhere yet as it should. */
async function unfinished(apps: AppsV1Api, namespaces: readonly string[]): Promise<string[]> {
  const registries = await apps.listNamespacedDaemonSet({ namespace: registryNamespace });
  const lists = namespaces.map((namespace) => apps.listNamespacedDeployment({ namespace }));
  const deployments = (await Promise.all(lists)).flatMap(({ items }) => items);
  const waiting = [
    ...deployments.filter((deployment) => !isComplete(deployment)),
    ...registries.items.filter((registry) => !isEverywhere(registry)),
  ];
  return waiting.map(({ metadata }) => metadata?.name ?? '');
}

async function forgetForeignRevisions(apps: AppsV1Api, namespace: string): Promise<void> {
  const deployments = await apps.listNamespacedDeployment({ namespace });
  const { items } = await apps.listNamespacedReplicaSet({ namespace });
  const foreign = items.filter((set) => set.spec?.replicas === 0 && !isCurrent(set, deployments.items));
  for (const { metadata } of foreign)
    await ignoreMissing(apps.deleteNamespacedReplicaSet({ namespace, name: metadata?.name ?? '' }));
}

async function removeNamespacesBut(core: CoreV1Api, kept: readonly string[]): Promise<void> {
  const others = async (): Promise<string[]> => {
    const { items } = await core.listNamespace({ labelSelector: shopSelector });
    return items.map(({ metadata }) => metadata?.name ?? '').filter((name) => !kept.includes(name));
  };
  for (const name of await others()) await ignoreMissing(core.deleteNamespace({ name }));
  await waitUntil('the removal of the shop under other names', async () => (await others()).length === 0, {
    timeoutMs: removalTimeoutMs,
  });
}

/** Whether a Deployment runs its current template with all its replicas, and nothing else. */
export function isComplete({ metadata, spec, status }: V1Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  return (
    status?.observedGeneration === metadata?.generation &&
    status?.updatedReplicas === wanted &&
    status?.availableReplicas === wanted &&
    status?.replicas === wanted
  );
}

function isEverywhere({ metadata, status }: V1DaemonSet): boolean {
  return (
    status?.observedGeneration === metadata?.generation &&
    status?.numberReady === status?.desiredNumberScheduled &&
    status?.updatedNumberScheduled === status?.desiredNumberScheduled
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
