import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { z } from 'zod';
import { hostArchitecture } from './pause-executable.ts';

/** One file of a layer; `path` is absolute inside the image. Modes default to 0644, and to the source's own bits. */
export type ImageFile = { path: string; mode?: number } & (
  | { source: string }
  | { content: string | Buffer }
  | { linkTo: string }
  | { folder: true }
);

export type ImageRequest = {
  /** Name and tag, for example `shop.local/checkout:1.4.2`. */
  ref: string;
  entrypoint: readonly string[];
  arguments?: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingDirectory?: string;
  /** Lowest first. Equal layers are stored once, however many images use them. */
  layers: readonly (readonly ImageFile[])[];
};

/** What an OCI descriptor says about a blob. */
const descriptorSchema = z.looseObject({ mediaType: z.string(), digest: z.string(), size: z.number() });
export const imageIndexSchema = z.looseObject({
  manifests: z.array(descriptorSchema.extend({ annotations: z.record(z.string(), z.string()).optional() })),
});
export const imageManifestSchema = z.looseObject({
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});
type Descriptor = z.infer<typeof descriptorSchema>;

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** Where a blob of the folder lies; `digest` is `sha256:<hex>`. */
export function blobPath(cacheFolder: string, digest: string): string {
  return join(cacheFolder, 'blobs', ...digest.split(':'));
}

/**
 * Writes an image into an OCI image layout: blobs by content under `cacheFolder`, and one index file for this image.
 *
 * Answers the path of the index file, which is all that `Cluster.importImage` needs; the archive is made while importing,
 * from the blobs that the node lacks, so that twenty versions of a service share one copy of Node on disk and on the wire.
 * The same request with the same file contents answers the same path and writes nothing.
 */
export async function buildImage(request: ImageRequest, cacheFolder: string): Promise<string> {
  await mkdir(join(cacheFolder, 'blobs', 'sha256'), { recursive: true });
  const layers: Descriptor[] = [];
  for (const files of request.layers) layers.push(await storeLayer(files, cacheFolder));
  const platform = { architecture: hostArchitecture(), os: 'linux' };
  const config = await storeJson(cacheFolder, mediaTypes.config, {
    ...platform,
    config: {
      Entrypoint: request.entrypoint,
      Cmd: request.arguments,
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...request.env }).map(
        ([k, v]) => `${k}=${v}`,
      ),
      WorkingDir: request.workingDirectory ?? '/',
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  });
  const manifest = await storeJson(cacheFolder, mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config,
    layers,
  });
  const annotations = { 'io.containerd.image.name': request.ref };
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...manifest, platform, annotations }],
  };
  const text = JSON.stringify(index);
  const path = join(cacheFolder, 'indexes', `${sha256(text)}.json`);
  await writeOnce(path, text);
  return path;
}

/** The folder of blobs that belongs to an index file of {@link buildImage}. */
export function cacheFolderOf(indexPath: string): string {
  return dirname(dirname(indexPath));
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function writeOnce(path: string, data: string | Buffer): Promise<void> {
  if (await exists(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, data);
  await rename(temporary, path);
}

async function storeJson(cacheFolder: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const data = Buffer.from(JSON.stringify(value));
  const digest = `sha256:${sha256(data)}`;
  await writeOnce(blobPath(cacheFolder, digest), data);
  return { mediaType, digest, size: data.length };
}

/** What decides whether a layer must be written again: names, modes, and for sources their size and time of change. */
async function layerKey(files: readonly ImageFile[]): Promise<string> {
  const facts = await Promise.all(
    files.map(async (file) => {
      if ('content' in file) return { ...file, content: sha256(file.content) };
      if (!('source' in file)) return file;
      const { size, mtimeMs, ino } = await stat(file.source);
      return { ...file, size, mtimeMs, ino };
    }),
  );
  return sha256(JSON.stringify(facts));
}

async function storeLayer(files: readonly ImageFile[], cacheFolder: string): Promise<Descriptor> {
  const remembered = join(cacheFolder, 'layers', `${await layerKey(files)}.json`);
  if (await exists(remembered)) {
    const descriptor = descriptorSchema.parse(JSON.parse(await readFile(remembered, 'utf8')));
    if (await exists(blobPath(cacheFolder, descriptor.digest))) return descriptor;
  }
  const descriptor = await writeLayer(files, cacheFolder);
  await writeOnce(remembered, JSON.stringify(descriptor));
  return descriptor;
}

async function writeLayer(files: readonly ImageFile[], cacheFolder: string): Promise<Descriptor> {
  const temporary = join(cacheFolder, 'blobs', randomUUID());
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = new PassThrough();
  measure.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    sizeBytes += chunk.length;
  });
  const archive = pack();
  try {
    await Promise.all([pipeline(archive, measure, createWriteStream(temporary)), addFiles(archive, files)]);
    const digest = `sha256:${hash.digest('hex')}`;
    await rename(temporary, blobPath(cacheFolder, digest));
    return { mediaType: mediaTypes.layer, digest, size: sizeBytes };
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Folders that no entry names, outermost first: an image without them has no parents with sane modes. */
function parentFolders(files: readonly ImageFile[]): string[] {
  const named = new Set(files.filter((file) => 'folder' in file).map((file) => file.path));
  const parents = new Set<string>();
  for (const file of files) {
    for (let folder = posix.dirname(file.path); folder !== '/'; folder = posix.dirname(folder)) {
      if (!named.has(folder)) parents.add(folder);
    }
  }
  return [...parents].sort();
}

async function addFiles(archive: Pack, files: readonly ImageFile[]): Promise<void> {
  const folders = parentFolders(files).map((path): ImageFile => ({ path, folder: true }));
  for (const file of [...folders, ...files]) await addFile(archive, file);
  archive.finalize();
}

// Times and owners are fixed, so that the same content is the same layer wherever and whenever it is built.
const fixed = { mtime: new Date(0), uid: 0, gid: 0 };

async function addFile(archive: Pack, file: ImageFile): Promise<void> {
  const name = file.path.slice(1);
  if ('folder' in file) return addEntry(archive, { name, type: 'directory', mode: file.mode ?? 0o755 });
  if ('linkTo' in file)
    return addEntry(archive, { name, type: 'symlink', mode: 0o777, linkname: file.linkTo });
  if ('content' in file) {
    const data = Buffer.from(file.content);
    return addEntry(archive, { name, mode: file.mode ?? 0o644, size: data.length }, data);
  }
  const { size, mode } = await stat(file.source);
  const own = (mode & 0o111) === 0 ? 0o644 : 0o755;
  return addEntry(archive, { name, mode: file.mode ?? own, size }, createReadStream(file.source));
}

/** Adds one entry to a tar stream and waits until it is taken, so that a slow reader holds the writer back. */
export async function addEntry(
  archive: Pack,
  header: {
    name: string;
    size?: number;
    mode?: number;
    type?: 'directory' | 'symlink' | 'file';
    linkname?: string;
  },
  body?: Buffer | Readable,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const settle = (error?: Error | null): void => (error ? reject(error) : resolve());
  if (body === undefined || Buffer.isBuffer(body)) {
    archive.entry({ ...header, ...fixed }, body ?? '', settle);
    return promise;
  }
  const entry = archive.entry({ ...header, ...fixed }, settle);
  await pipeline(body, entry);
  return promise;
}
