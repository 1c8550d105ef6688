import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

type Image = { repository: string; tag: string; digest: string; mediaType: string; builtMs: number };

function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  let here: unknown = value;
  for (const key of path)
    here = typeof here === 'object' && here !== null ? Reflect.get(here, key) : undefined;
  return typeof here === 'string' ? here : '';
}

/** The image that an index file names. */
async function readIndex(file: string): Promise<Image> {
  const index: unknown = JSON.parse(await readFile(file, 'utf8'));
  const ref = textAt(index, 'manifests', 0, 'annotations', 'io.containerd.image.name');
  const [, repository = '', tag = ''] = /^[^/]+\/(.+):([^:/]+)$/.exec(ref) ?? [];
  return {
    repository,
    tag,
    digest: textAt(index, 'manifests', 0, 'digest'),
    mediaType: textAt(index, 'manifests', 0, 'mediaType'),
    builtMs: (await stat(file)).mtimeMs,
  };
}

/** The manifest that `reference` (a tag or a digest) names in a repository; a tag means the image built last. */
export async function findManifest(
  folder: string,
  repository: string,
  reference: string,
): Promise<{ digest: string; mediaType: string } | undefined> {
  const indexes = join(folder, 'indexes');
  const files = (await readdir(indexes)).filter((name) => name.endsWith('.json'));
  const images = await Promise.all(files.map((name) => readIndex(join(indexes, name))));
  return images
    .filter((image) => image.repository === repository)
    .toSorted((a, b) => b.builtMs - a.builtMs)
    .find(({ digest, tag }) => digest === reference || tag === reference);
}

/** Where a blob lies; undefined for what is no digest. */
export function blobFile(folder: string, digest: string): string | undefined {
  return /^sha256:[0-9a-f]{64}$/.test(digest) ? join(folder, 'blobs', ...digest.split(':')) : undefined;
}
