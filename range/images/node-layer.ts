import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { UnderstudyError } from '#domain/errors.ts';
import type { ImageFile } from './build-image.ts';
import { hostArchitecture, pauseExecutable } from './pause-executable.ts';

const run = promisify(execFile);

/** Where the Node binary lies in images with {@link nodeLayer}. */
export const nodePathInImage = '/usr/local/bin/node';

/** What every image has below its programs: users, name lookup order, and a world-writable /tmp. */
const skeleton: readonly ImageFile[] = [
  { path: '/tmp', folder: true, mode: 0o1777 },
  {
    path: '/etc/passwd',
    content: 'root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
  },
  { path: '/etc/group', content: 'root:x:0:\nnobody:x:65534:\n' },
  { path: '/etc/nsswitch.conf', content: 'hosts: files dns\n' },
];

// Before glibc 2.34, getaddrinfo opens these at run time, so the linker does not list them.
const openedAtRunTime = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'];

/** The paths in what `ldd` prints: `name => /path (0x…)`, and `/path (0x…)` for the dynamic linker itself. */
export function librariesIn(lddOutput: string): string[] {
  return [...lddOutput.matchAll(/(?:^|=>)\s*(\/\S+)\s+\(0x/gm)].flatMap((match) => match[1] ?? []);
}

async function sharedLibraries(binary: string): Promise<string[]> {
  const { stdout } = await run('ldd', [binary]).catch((error: unknown) => {
    throw new UnderstudyError(
      'program-missing',
      'ldd could not list the libraries of Node; install libc-bin',
      {
        cause: error,
      },
    );
  });
  const linked = librariesIn(stdout);
  const libc = linked.find((path) => path.includes('libc.so'));
  if (libc === undefined) return linked;
  const extras = openedAtRunTime.map((name) => join(dirname(libc), name));
  const present = await Promise.all(
    extras.map(async (path) => (await stat(path).catch(() => null)) !== null),
  );
  return [...new Set([...linked, ...extras.filter((_, index) => present[index])])];
}

/**
 * A layer with this machine's Node and every shared library that it links to, at the paths where the dynamic linker looks
 * for them: enough to run a JavaScript or TypeScript service without a registry or an image engine.
 */
export async function nodeLayer(binary: string = process.execPath): Promise<readonly ImageFile[]> {
  const libraries = await sharedLibraries(binary);
  const files = await Promise.all(
    libraries.map(async (path): Promise<ImageFile> => ({ path, source: await realpath(path), mode: 0o755 })),
  );
  return [...skeleton, { path: nodePathInImage, source: await realpath(binary), mode: 0o755 }, ...files];
}

/** The image of the container that holds a pod's namespaces open. */
export const pauseImageRef = 'understudy.local/pause:1';

export function pauseImage(): { ref: string; entrypoint: string[]; layers: ImageFile[][] } {
  const content = pauseExecutable(hostArchitecture());
  return { ref: pauseImageRef, entrypoint: ['/pause'], layers: [[{ path: '/pause', content, mode: 0o755 }]] };
}
