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

  const deployments = async (): Promise<V1Deployment[]> => {
    const lists = namespaces.map((namespace) => apps.listNamespacedDeployment({ namespace }));
    return (await Promise.all(lists)).flatMap((list) => list.items);
  };

  const unfinished = async (): Promise<string[]> => {
    const registries = await apps.listNamespacedDaemonSet({ namespace: registryNamespace });
    const waiting = [
      ...(await deployments()).filter((deployment) => !isComplete(deployment)),
      ...registries.items.filter((registry) => !isEverywhere(registry)),
    ];
    return waiting.map((each) => each.metadata?.name ?? '');
  };

  const waitReady: Shop['waitReady'] = ({ timeoutMs = 120_000, signal } = {}) =>
    waitUntil(
      'the shop',
      async () => {
        const names = await unfinished();
        if (names.length > 0) throw new Error(`waiting for ${names.join(', ')}`);
        return true;
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

  const others = async (): Promise<string[]> => {
    const found = await core.listNamespace({ labelSelector: shopSelector });
    return found.items
      .map(({ metadata }) => metadata?.name ?? '')
      .filter((name) => !namespaces.includes(name));
  };

  const removeOthers = async (): Promise<void> => {
    for (const name of await others()) await ignoreMissing(core.deleteNamespace({ name }));
    await waitUntil('the removal of the shop under other names', async () => (await others()).length === 0, {
      timeoutMs: removalTimeoutMs,
    });
  };

  return {
    names,
    manifests,
    apply,
    waitReady,
    removeOthers,
    async restore() {
      await apply();
      await waitReady();
      await forgetForeignRevisions();
    },
  };
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
