import {
  type KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Container,
  type V1PodSpec,
} from '@kubernetes/client-node';
import type { ServiceName } from '../shop/blueprint.ts';
import { changeCause, configName, imageRef, versionLabel } from '../shop/manifests.ts';
import type { ShopNames } from '../shop/names.ts';

/** A change to one object, as somebody sends it (strategic merge patch). */
export type ClusterChange = {
  /** The field manager: the pipeline, or a person with kubectl. */
  by: 'ci-deploy' | 'kubectl-edit' | 'kubectl-scale';
  object: { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } };
  patch: {
    metadata?: Record<string, unknown>;
    spec?: Record<string, unknown>;
    data?: Record<string, string>;
  };
};

/** Applied a second time it changes nothing. */
export async function applyChange(config: KubeConfig, { by, object, patch }: ClusterChange): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config);
  const body = { ...object, ...patch, metadata: { ...patch.metadata, ...object.metadata } };
  await api.patch(body, undefined, undefined, by, undefined, PatchStrategy.StrategicMergePatch);
}

function deploymentOf(names: ShopNames, service: ServiceName): ClusterChange['object'] {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: names.services[service], namespace: names.namespace },
  };
}

type Rollout = {
  /** Fields of the service's container. */
  container?: Partial<V1Container>;
  /** Fields of the pod beside its containers. */
  pod?: Omit<Partial<V1PodSpec>, 'containers'>;
  /** The note that the pipeline leaves. */
  cause: string;
  version?: string;
};

/** A rollout by the pipeline. */
export function rollOut(names: ShopNames, service: ServiceName, rollout: Rollout): ClusterChange {
  const { container, pod, cause, version } = rollout;
  const labels = version === undefined ? {} : { labels: { [versionLabel]: version } };
  const containers = container === undefined ? [] : [{ name: names.services[service], ...container }];
  const spec = { ...pod, ...(containers.length === 0 ? {} : { containers }) };
  return {
    by: 'ci-deploy',
    object: deploymentOf(names, service),
    patch: {
      metadata: { ...labels, annotations: { 'kubernetes.io/change-cause': cause } },
      spec: { template: { metadata: labels, spec } },
    },
  };
}

/** The pipeline delivers another version of a service. */
export function release(names: ShopNames, service: ServiceName, version: string): ClusterChange {
  const container = { image: imageRef(service, version) };
  return rollOut(names, service, {
    container,
    cause: changeCause(names.services[service], version),
    version,
  });
}

/** Somebody sets the number of replicas. */
export function scaleTo(names: ShopNames, service: ServiceName, replicas: number): ClusterChange {
  return { by: 'kubectl-scale', object: deploymentOf(names, service), patch: { spec: { replicas } } };
}

/** Somebody edits a Service. */
export function editService(
  names: ShopNames,
  service: ServiceName,
  spec: Record<string, unknown>,
): ClusterChange {
  const metadata = { name: names.services[service], namespace: names.namespace };
  return { by: 'kubectl-edit', object: { apiVersion: 'v1', kind: 'Service', metadata }, patch: { spec } };
}

/** Somebody edits a service's settings by hand, and starts its pods anew. */
export function editSettings(
  names: ShopNames,
  service: ServiceName,
  data: Record<string, string>,
): readonly ClusterChange[] {
  const { namespace } = names;
  const restart = { annotations: { 'kubectl.kubernetes.io/restartedAt': new Date(0).toISOString() } };
  return [
    {
      by: 'kubectl-edit',
      object: {
        ...{ apiVersion: 'v1', kind: 'ConfigMap' },
        metadata: { name: configName(names, service), namespace },
      },
      patch: { data },
    },
    {
      by: 'kubectl-edit',
      object: deploymentOf(names, service),
      patch: { spec: { template: { metadata: restart } } },
    },
  ];
}

/** Somebody labels the shop's namespace. */
export function labelNamespace(names: ShopNames, labels: Record<string, string>): ClusterChange {
  return {
    by: 'kubectl-edit',
    object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: names.namespace } },
    patch: { metadata: { labels } },
  };
}
