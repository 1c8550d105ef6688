import { existsSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { tryFileLock } from './file-lock.ts';
import { ensurePrivateFolder, writePrivateFile } from './private-file.ts';
import { identityOf, isRunning, processIdentitySchema } from './process-identity.ts';

/** Everything that an instance of Understudy keeps on this machine; one instance a folder. */
export type StateFolder = {
  /** Absolute. */
  path: string;
  /** Tells other terminals what runs here and where; see {@link readRuntime}. */
  writeRuntime(details: Readonly<Record<string, unknown>>): Promise<void>;
  /** Lets the next instance in. */
  release(): void;
};

type Where = { env?: Readonly<NodeJS.ProcessEnv>; workingFolder?: string };

/**
 * Where the state is: UNDERSTUDY_HOME, or the nearest `.understudy` in the working folder and those above it, or the
 * one to be made in the working folder.
 */
export function stateFolderPath(where: Where = {}): string {
  const own = (where.env ?? process.env).UNDERSTUDY_HOME;
  if (own !== undefined && own !== '') return resolve(own);
  const start = resolve(where.workingFolder ?? process.cwd());
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, folderName))) return join(folder, folderName);
    if (folder === dirname(folder)) return join(start, folderName);
  }
}

/**
 * Takes the state folder for this process, making it when it is not there (mode 0700).
 * Throws `already-running` when an instance has it, saying which.
 */
export async function openStateFolder(where: Where = {}): Promise<StateFolder> {
  const path = stateFolderPath(where);
  await ensurePrivateFolder(path);
  const lock = await tryFileLock(join(path, 'instance.lock'));
  if (lock === undefined) throw await alreadyRunning(path);
  const runtimeFile = join(path, runtimeName);
  const writeRuntime = (details: Readonly<Record<string, unknown>>) =>
    writePrivateFile(
      runtimeFile,
      JSON.stringify({ ...details, ...identityOf(process.pid), startedAt: startedAt() }, undefined, 2),
    );
  await writeRuntime({});
  return {
    path,
    writeRuntime,
    release: () => {
      rmSync(runtimeFile, { force: true });
      lock.release();
    },
  };
}

/**
 * What the instance that runs in this folder said about itself, in the shape asked for.
 * `undefined` when none runs, or when it has not said that much yet.
 */
export async function readRuntime<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await readFile(join(path, runtimeName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const json: unknown = JSON.parse(text);
  const identity = processIdentitySchema.safeParse(json);
  if (!identity.success || !isRunning(identity.data)) return undefined;
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** Where the pid files of everything that runs for a state folder are. */
export function runFolder(stateFolder: string): string {
  return join(stateFolder, 'run');
}

const folderName = '.understudy';
const runtimeName = 'runtime.json';
const whoSchema = z.object({ pid: z.int(), startedAt: z.string() });

async function alreadyRunning(path: string): Promise<UnderstudyError> {
  const who = await readRuntime(path, whoSchema);
  const which = who === undefined ? '' : ` (process ${who.pid}, since ${who.startedAt})`;
  return new UnderstudyError(
    'already-running',
    `Understudy already runs in ${path}${which}: stop it first, or set UNDERSTUDY_HOME to another folder for a second one`,
    who === undefined ? {} : { details: { pid: who.pid } },
  );
}

function startedAt(): string {
  return new Date(performance.timeOrigin).toISOString();
}
