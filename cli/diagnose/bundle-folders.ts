import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UnderstudyError } from '#domain/errors.ts';

async function isBundle(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []); // Not a folder, or not one of ours to read.
  return names.includes('bundle.json') || names.includes('bundle.json.gz');
}

/** Folders of a folder that are evidence bundles, in the order of their names. Throws `not-found` without any. */
export async function bundleFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw new UnderstudyError('not-found', `${folder}: not a folder that can be read (${messageOf(error)})`, {
      cause: error,
    });
  });
  const folders = entries.filter((entry) => !entry.isFile()).map(({ name }) => join(folder, name));
  const are = await Promise.all(folders.map(isBundle));
  const bundles = folders.filter((_folder, index) => are[index] === true).sort();
  if (bundles.length > 0) return bundles;
  throw new UnderstudyError('not-found', `${folder}: no folder in it holds a bundle.json`);
}
