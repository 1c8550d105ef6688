import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage, type ImageFile, type ImageRequest } from '../images/build-image.ts';
import { nodeLayer, nodePathInImage } from '../images/node-layer.ts';
import { blueprint, type ServiceName, serviceNames, visitorsBlueprint } from './blueprint.ts';
import { imageRef } from './manifests.ts';
import { registryArguments, registryImageRef } from './registry-manifest.ts';

const appFolder = fileURLToPath(new URL('app', import.meta.url));
const registryFolder = fileURLToPath(new URL('registry', import.meta.url));
const releasesFolder = fileURLToPath(new URL('releases', import.meta.url));

const entrypoint: readonly string[] = [nodePathInImage, '/app/main.ts'];

/** A version of a service beside the one that the shop starts with: some files of its own, in `releases/`. */
export type Release = { service: ServiceName; version: string };

export const releases: readonly Release[] = [
  { service: 'checkout', version: '1.7.0' },
  { service: 'payment', version: '1.5.0' },
];

/** The files that an image's upper layer is made of: everything below `folder` but tests, at `/app`. */
export async function filesBelow(folder: string): Promise<ImageFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((source) => ({ path: join('/app', relative(folder, source)), source, mode: 0o644 }));
}

/**
 * Every image of the shop. All share the layers with Node and with the base code; a release adds a layer with the files that
 * it changed.
 */
export async function shopImages(): Promise<ImageRequest[]> {
  const node = await nodeLayer();
  const base = [node, await filesBelow(appFolder)];
  const imageOf = (
    service: ServiceName | 'visitors',
    version: string,
    changed: readonly ImageFile[][] = [],
  ): ImageRequest => ({
    ref: imageRef(service, version),
    entrypoint,
    arguments: [service],
    env: { VERSION: version, NODE_ENV: 'production' },
    workingDirectory: '/app',
    layers: [...base, ...changed],
  });
  const released = releases.map(async ({ service, version }) => {
    const changed = await filesBelow(join(releasesFolder, `${service}-${version}`));
    return imageOf(service, version, [changed]);
  });
  const registryLayers = [node, await filesBelow(registryFolder)];
  return [
    ...serviceNames.map((service) => imageOf(service, blueprint[service].version)),
    ...(await Promise.all(released)),
    imageOf('visitors', visitorsBlueprint.version),
    { ref: registryImageRef, entrypoint, arguments: registryArguments, layers: registryLayers },
  ];
}

/** References of all these images, without building them. */
export function shopImageRefs(): string[] {
  return [
    ...serviceNames.map((service) => imageRef(service, blueprint[service].version)),
    ...releases.map(({ service, version }) => imageRef(service, version)),
    imageRef('visitors', visitorsBlueprint.version),
    registryImageRef,
  ];
}

/** Builds every image of the shop into `cacheFolder` and answers their index files, for `Cluster.importImage`. */
export async function buildShopImages(cacheFolder: string): Promise<string[]> {
  const built: string[] = [];
  for (const image of await shopImages()) built.push(await buildImage(image, cacheFolder));
  return built;
}
