import { readFile } from 'node:fs/promises';
import { type KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const folder = new URL('./manifests/', import.meta.url);

export type ManifestName =
  | 'accounts'
  | 'application-access'
  | 'cluster-dns'
  | 'audit-policy'
  | 'kwok-node'
  | 'kwok-stages';

/** Path of a manifest file, for programs that read it themselves. */
export function manifestUrl(name: ManifestName): URL {
  return new URL(`${name}.yaml`, folder);
}

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().exactOptional() }),
});
export type ManifestObject = z.infer<typeof objectSchema>;

/** The objects of a YAML text with one or more documents. */
export function parseManifest(text: string): ManifestObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((value) => value !== null && value !== undefined)
    .map((value) => objectSchema.parse(value));
}

/** The objects of one of our manifests, with `${name}` replaced from `values`. */
export async function readManifest(
  name: ManifestName,
  values: Readonly<Record<string, string | number>> = {},
): Promise<ManifestObject[]> {
  const text = await readFile(manifestUrl(name), 'utf8');
  return parseManifest(text.replaceAll(/\$\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole)));
}

const fieldManager = 'understudy-range';

/**
 * Creates or updates these objects in order, by server-side apply, so that repeating it changes nothing. Fields that
 * somebody else took over are taken back.
 */
export async function applyObjects(config: KubeConfig, objects: readonly ManifestObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config);
  for (const object of objects) {
    await api.patch(object, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
  }
}
