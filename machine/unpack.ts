import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, realpathSync } from 'node:fs';
import { mkdir, realpath, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { UnderstudyError } from '#domain/errors.ts';
import { findCommand } from './system-command.ts';

/** Unpacks a .tar.gz into a folder: files, folders and symbolic links that stay inside. Throws `bad-input` on a path that leads out. */
export async function unpackTarGz(archive: Readable, folder: string): Promise<void> {
  await unpackTar(archive, createGunzip(), folder);
}

/**
 * The same of a .tar.xz, which needs the machine's `xz`. Throws `program-missing` without it, `bad-input` where the archive
 * is damaged.
 */
export async function unpackTarXz(archivePath: string, folder: string): Promise<void> {
  const command = await findCommand('xz');
  if (command === undefined) {
    const fix = 'install xz (xz-utils on Debian), or unpack the archive yourself';
    throw new UnderstudyError('program-missing', `${archivePath}: there is no xz here; ${fix}`);
  }
  const child = spawn(command, ['-dc', archivePath], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [, code] = await Promise.all([unpackTar(child.stdout, new PassThrough(), folder), ended]);
  if (code !== 0) {
    throw new UnderstudyError('bad-input', `${archivePath}: ${Buffer.concat(said).toString().trim()}`);
  }
}

async function unpackTar(archive: Readable, decompress: Duplex, folder: string): Promise<void> {
  // Nothing is waited for here: an entry that comes before anybody asks for it is lost, and what follows never comes.
  mkdirSync(folder, { recursive: true });
  const root = realpathSync(folder);
  const entries = extract();
  const unpacking = (async () => {
    for await (const entry of entries) {
      const { name, type, mode, linkname } = entry.header;
      const path = await truePath(root, inside(root, name));
      if (type === 'directory') await mkdir(path, { recursive: true });
      else await mkdir(dirname(path), { recursive: true });
      if (type === 'file') await pipeline(entry, createWriteStream(path, { mode: (mode ?? 0o644) & 0o755 }));
      else if (type === 'symlink' && typeof linkname === 'string') {
        const target = await truePath(root, inside(root, resolve(dirname(path), linkname)));
        // As it was checked: a name with `..` behind what is no link yet could lead elsewhere later.
        await symlink(relative(dirname(path), target) || '.', path);
      }
      entry.resume();
    }
  })();
  await Promise.all([pipeline(archive, decompress, entries), unpacking]);
}

/**
 * Where a path of an archive really leads, over the links that the archive has made by now: each may stay inside, and all of
 * them together lead out.
 */
async function truePath(root: string, path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return inside(root, real);
  return path === root ? root : join(await truePath(root, dirname(path)), basename(path));
}

function inside(folder: string, name: string): string {
  const path = resolve(folder, name);
  if (path !== folder && !path.startsWith(`${folder}${sep}`)) {
    throw new UnderstudyError('bad-input', `the archive holds a path that leads out of it: ${name}`);
  }
  return path;
}
