import { ApiException, type KubernetesObject, type KubernetesObjectApi } from '@kubernetes/client-node';
import type { ShopObject } from './manifests.ts';

/** Who is noted as the writer: the shop is delivered as a chart. */
const fieldManager = 'helm';
export const revisionKey = 'deployment.kubernetes.io/revision';
const writeAttempts = 5;

/** Creates or replaces an object. A replacement is complete: fields that somebody added are gone afterwards. */
export async function putObject(api: KubernetesObjectApi, manifest: ShopObject): Promise<void> {
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

/** The object as it is, or undefined where there is none. */
export async function readObject(
  api: KubernetesObjectApi,
  { apiVersion, kind, metadata }: Pick<ShopObject, 'apiVersion' | 'kind' | 'metadata'>,
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

export async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
}
