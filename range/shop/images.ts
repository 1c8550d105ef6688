import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage, type ImageFile } from '../images/build-image.ts';
import { nodeLayer, nodePathInImage } from '../images/node-layer.ts';
import { blueprint, type ServiceName, serviceNames, visitorsBlueprint } from './blueprint.ts';
import { imageRef } from './manifests.ts';
import { registryArguments, registryImageRef } from './registry-manifest.ts';

const appFolder = fileURLToPath(new URL('app', import.meta.url));
const registryFolder = fileURLToPath(new URL('registry', import.meta.url));
const releasesFolder = fileURLToPath(new URL('releases', import.meta.url));

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
 * Builds every image of the shop into `cacheFolder` and answers their index files, for `Cluster.importImage`. All share
 * the layers with Node and with the base code; a release adds a layer with the files that it changed.
 */
export async function buildShopImages(cacheFolder: string): Promise<string[]> {
  const node = await nodeLayer();
  const base = [node, await filesBelow(appFolder)];
  const build = (service: ServiceName | 'visitors', version: string, added: ImageFile[][]): Promise<string> =>
    buildImage(
      {
        ref: imageRef(service, version),
        entrypoint: [nodePathInImage, '/app/main.ts'],
        arguments: [service],
        env: { VERSION: version, NODE_ENV: 'production' },
        workingDirectory: '/app',
        layers: [...base, ...added],
      },
      cacheFolder,
    );
  const built: string[] = [];
  for (const service of serviceNames) built.push(await build(service, blueprint[service].version, []));
  for (const { service, version } of releases)
    built.push(
      await build(service, version, [await filesBelow(join(releasesFolder, `${service}-${version}`))]),
    );
  built.push(await build('visitors', visitorsBlueprint.version, []));
  built.push(await registryImage(node, cacheFolder));
  return built;
}

async function registryImage(node: readonly ImageFile[], cacheFolder: string): Promise<string> {
  return buildImage(
    {
      ref: registryImageRef,
      entrypoint: [nodePathInImage, '/app/main.ts'],
      arguments: registryArguments,
      layers: [node, await filesBelow(registryFolder)],
    },
    cacheFolder,
  );
}
