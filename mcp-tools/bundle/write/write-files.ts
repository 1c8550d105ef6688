import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import type { Files } from './answers.ts';

/** Writes a bundle into a new or empty folder, readable by its owner alone. Throws `conflict` where something is in it. */
export async function writeBundleFiles(folder: string, files: Files): Promise<void> {
  const root = resolve(folder);
  await mkdir(root, { recursive: true, mode: 0o700 });
  if ((await readdir(root)).length > 0) {
    throw new UnderstudyError('conflict', `${root}: there is something in it; name a new folder`);
  }
  for (const [path, text] of files) {
    const file = join(root, path);
    // Names are made safe where they become paths; nothing is written outside whatever they are.
    if (!file.startsWith(`${root}${sep}`))
      throw new UnderstudyError('internal', `${path} leads out of the bundle`);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
}
