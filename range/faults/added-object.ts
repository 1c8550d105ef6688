import { ApiException, type KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { ignoreMissing } from '../shop/put-object.ts';

/** An object that a fault puts beside the shop's own, whole. */
export type AddedObject = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
};

/** A second time it changes nothing. */
export async function addObject(config: KubeConfig, object: AddedObject): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config);
  try {
    await api.create(object, undefined, undefined, 'kubectl-create');
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 409) throw error;
  }
}

/** Takes it away; one that is gone is no error. */
export async function removeObject(config: KubeConfig, object: AddedObject): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config);
  await ignoreMissing(api.delete(object).then(() => undefined));
}
