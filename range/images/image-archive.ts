import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { UnderstudyError } from '#domain/errors.ts';
import { addEntry, blobPath, cacheFolderOf, imageIndexSchema, imageManifestSchema } from './build-image.ts';

/** An image as `buildImage` left it: its name, the digest of its manifest, and every blob it consists of. */
export type StoredImage = {
  ref: string;
  /** `sha256:<hex>` of the manifest; the container runtime names the image's target by it. */
  digest: string;
  blobDigests: readonly string[];
  indexPath: string;
};

/** Reads what an index file written by `buildImage` names. */
export async function readImage(indexPath: string): Promise<StoredImage> {
  const index = imageIndexSchema.parse(JSON.parse(await readFile(indexPath, 'utf8')));
  const manifestDescriptor = index.manifests[0];
  const ref = manifestDescriptor?.annotations?.['io.containerd.image.name'];
  if (manifestDescriptor === undefined || ref === undefined) {
    throw new UnderstudyError('bad-input', `${indexPath} names no image; make it with buildImage`);
  }
  const { digest } = manifestDescriptor;
  const text = await readFile(blobPath(cacheFolderOf(indexPath), digest), 'utf8');
  const manifest = imageManifestSchema.parse(JSON.parse(text));
  const layers = manifest.layers.map((layer) => layer.digest);
  return { ref, digest, blobDigests: [...layers, manifest.config.digest, digest], indexPath };
}

/**
 * An OCI archive (tar) of the image as a stream, for the container runtime's import. Blobs in `alreadyThere` are left
 * out: the runtime has them, and the biggest of them is the Node binary.
 */
export function archiveOf(image: StoredImage, alreadyThere: ReadonlySet<string> = new Set()): Readable {
  const archive = pack();
  writeArchive(archive, image, alreadyThere).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(archive); // tar-stream's own streams are not Node's
}

async function writeArchive(
  archive: ReturnType<typeof pack>,
  image: StoredImage,
  alreadyThere: ReadonlySet<string>,
): Promise<void> {
  const cacheFolder = cacheFolderOf(image.indexPath);
  const layout = Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await addEntry(archive, { name: 'oci-layout', size: layout.length }, layout);
  const index = await readFile(image.indexPath);
  await addEntry(archive, { name: 'index.json', size: index.length }, index);
  for (const digest of new Set(image.blobDigests)) {
    if (alreadyThere.has(digest)) continue;
    const path = blobPath(cacheFolder, digest);
    const name = `blobs/${digest.replace(':', '/')}`;
    const { size } = await stat(path);
    await addEntry(archive, { name, size }, createReadStream(path));
  }
  archive.finalize();
}
