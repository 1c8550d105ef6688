import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder, and its parents, that only its owner may enter. */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** Replaces a file whole, readable for its owner alone: a reader sees the old text or the new. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const filling = `${file}.${process.pid}.filling`;
  await writeFile(filling, text, { mode: 0o600 });
  await rename(filling, file);
}
