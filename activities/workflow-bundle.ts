import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const bundler = fileURLToPath(new URL('bundle-workflows.ts', import.meta.url));

/** All that workflows are made of: they import nothing else, and packages are as the lock says. */
const rooms = ['workflows', 'domain'];
const lock = 'package-lock.json';

/** A hash of the workflows' sources and of the packages that they use; tests do not count. */
export async function sourcesHash(root: string): Promise<string> {
  const hash = createHash('sha256').update(process.version);
  for (const name of [lock, ...(await Promise.all(rooms.map((room) => filesOf(root, room)))).flat()]) {
    hash.update(`\0${name}\0`).update(await readFile(join(root, name)));
  }
  return hash.digest('hex').slice(0, 32);
}

async function filesOf(root: string, room: string): Promise<string[]> {
  const names = await readdir(join(root, room), { recursive: true });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(room, name))
    .toSorted();
}

/**
 * The workflows' code in one file, as Temporal's worker runs it; made when it is not in the folder yet. The bundler runs in a
 * process of its own: it takes more memory than all the rest of a worker together, and a worker would keep it.
 * Throws with the bundler's own words where it fails.
 */
export async function workflowBundle(folder: string): Promise<{ readonly codePath: string }> {
  const name = `${await sourcesHash(repository)}.js`;
  const codePath = join(folder, name);
  if (existsSync(codePath)) return { codePath };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const half = `${codePath}.${process.pid}`;
  await promisify(execFile)(process.execPath, [bundler, half]);
  // Whole or not there at all.
  await rename(half, codePath);
  const others = (await readdir(folder)).filter((other) => other.endsWith('.js') && other !== name);
  await Promise.all(others.map((other) => rm(join(folder, other), { force: true })));
  return { codePath };
}
