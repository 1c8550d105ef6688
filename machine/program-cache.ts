import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { tryFileLock } from './file-lock.ts';
import { thisPlatform } from './platform.ts';
import type { FindProgramOptions, FoundProgram, Made, Program } from './program.ts';

/** The programs that were fetched or built for this user: `<cache>/programs/<name>/<version>/<os>-<arch>/`. */
export type ProgramCache = {
  /** Held while a program is made. */
  lockFile(program: Program): string;
  /** The program, if it is there and its files are what was written. */
  read(program: Program): Promise<FoundProgram | undefined>;
  /** Fills a folder beside the entry and moves it into place when it is complete, so that an entry is whole or absent. */
  write(
    program: Program,
    how: FoundProgram['how'],
    fill: (folder: string) => Promise<Made>,
  ): Promise<FoundProgram>;
  /** Where Go builds happen; dropped when all are done. */
  buildFolder: string;
  /** Held while a build uses {@link buildFolder}. */
  buildLockFile: string;
  dropBuildFolder(): Promise<void>;
};

const manifestSchema = z.object({
  how: z.enum(['download', 'debian', 'built']),
  member: z.string(),
  libraryFolders: z.array(z.string()),
  files: z.array(
    z.object({ path: z.string(), sizeBytes: z.int(), modifiedMs: z.number(), sha256: z.string() }),
  ),
});
type Manifest = z.infer<typeof manifestSchema>;
const manifestName = 'manifest.json';

export function programCache(options: FindProgramOptions): ProgramCache {
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder(options.env ?? process.env);
  const { os, arch } = thisPlatform();
  const parentOf = (program: Program) => join(cacheFolder, 'programs', program.name, program.version);
  const entryOf = (program: Program) => join(parentOf(program), `${os}-${arch}`);
  const buildFolder = join(cacheFolder, 'build');
  const buildLockFile = join(cacheFolder, 'build.lock');

  return {
    lockFile: (program) => `${entryOf(program)}.lock`,

    read: async (program) => {
      const entry = entryOf(program);
      const manifest = await readManifest(entry);
      if (manifest === undefined || !(await isWhole(entry, manifest))) return undefined;
      return foundIn(program, entry, manifest, 'cache');
    },

    write: async (program, how, fill) => {
      const entry = entryOf(program);
      const filling = `${entry}.${randomUUID()}.filling`;
      await removeLeftovers(parentOf(program), `${os}-${arch}.`);
      await mkdir(filling, { recursive: true });
      try {
        const made = await fill(filling);
        const manifest = manifestSchema.parse({
          how,
          member: made.member,
          libraryFolders: made.libraryFolders ?? [],
          files: await listFiles(filling, made.changeable ?? []),
        });
        await writeFile(join(filling, manifestName), JSON.stringify(manifest));
        await rm(entry, { recursive: true, force: true });
        await rename(filling, entry);
        return foundIn(program, entry, manifest, how);
      } finally {
        await rm(filling, { recursive: true, force: true });
      }
    },

    buildFolder,
    buildLockFile,
    dropBuildFolder: async () => {
      const lock = await tryFileLock(buildLockFile);
      if (lock === undefined) return;
      try {
        await rm(buildFolder, { recursive: true, force: true });
      } finally {
        lock.release();
      }
    },
  };
}

/** `$XDG_CACHE_HOME/understudy`, or `~/.cache/understudy`. */
export function defaultCacheFolder(env: Readonly<NodeJS.ProcessEnv>): string {
  const base = env.XDG_CACHE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'understudy');
}

/** SHA-256 of a file's bytes, in hex. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function foundIn(
  program: Program,
  entry: string,
  manifest: Manifest,
  how: FoundProgram['how'],
): FoundProgram {
  const libraries = manifest.libraryFolders.map((folder) => join(entry, folder)).join(':');
  return {
    name: program.name,
    path: join(entry, manifest.member),
    how,
    root: entry,
    env: libraries === '' ? {} : { LD_LIBRARY_PATH: libraries },
  };
}

async function readManifest(entry: string): Promise<Manifest | undefined> {
  const text = await readFile(join(entry, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    // Not written by us, or by another version: as good as absent, and made anew.
    return undefined;
  }
}

/** Size and time are enough when they are unchanged (hashing 500 MB at every start is not); otherwise the content decides. */
async function isWhole(entry: string, manifest: Manifest): Promise<boolean> {
  for (const file of manifest.files) {
    const path = join(entry, file.path);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined || found.size !== file.sizeBytes) return false;
    if (found.mtimeMs !== file.modifiedMs && (await sha256OfFile(path)) !== file.sha256) return false;
  }
  return manifest.files.some((file) => file.path === manifest.member);
}

async function listFiles(folder: string, changeable: readonly string[]): Promise<Manifest['files']> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Manifest['files'] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if (changeable.includes(path.slice(folder.length + 1))) continue;
    const { size, mtimeMs } = await lstat(path);
    files.push({
      path: path.slice(folder.length + 1),
      sizeBytes: size,
      modifiedMs: mtimeMs,
      sha256: await sha256OfFile(path),
    });
  }
  return files;
}

/** What a killed process was filling. Only the holder of the program's lock comes here. */
async function removeLeftovers(parent: string, prefix: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    if (name.startsWith(prefix) && name.endsWith('.filling')) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}
