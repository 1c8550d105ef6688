import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { tryFileLock } from '#machine/file-lock.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { identityOf, isRunning, processIdentitySchema } from '#machine/process-identity.ts';
import type { RangeLevel } from './level.ts';
import { processesOfRange } from './range-processes.ts';

/**
 * The ranges of this machine, one file each: which process runs it, and where its state is. It is a lock (one process per
 * range) and a register (what belongs to the machine is put back by the last range to leave).
 */
const registryFolder = join(runtimeFolder(), 'ranges');
const sharedFoldersPath = join(runtimeFolder(), 'created-folders.json');

/** Gone after a restart of the machine; of each user but root their own. */
function runtimeFolder(): string {
  const user = process.getuid?.() ?? 0;
  if (user === 0) return '/run/understudy';
  const own = process.env.XDG_RUNTIME_DIR ?? '';
  return own === '' ? join(tmpdir(), `understudy-${user}`) : join(own, 'understudy');
}

/**
 * Folders that the kubelet and the network plugins insist on. Inside a node something of its own is mounted over them; on
 * the machine they only have to exist, and stay empty.
 */
const insistedFolders = ['/var/lib/kubelet', '/var/lib/cni'];

const registrationSchema = processIdentitySchema.extend({
  rangeId: z.string(),
  rangeName: z.string(),
  stateFolder: z.string(),
});
export type Registration = z.infer<typeof registrationSchema>;

function registrationPath(rangeId: string): string {
  return join(registryFolder, `${rangeId}.json`);
}

/** Who runs this range, if anybody does; a file that a killed process left behind counts as nobody. */
export async function ownerOf(rangeId: string): Promise<Registration | undefined> {
  const text = await readFile(registrationPath(rangeId), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const registration = registrationSchema.safeParse(JSON.parse(text));
  if (!registration.success) return undefined;
  return isRunning(registration.data) ? registration.data : undefined;
}

/** A range that this process runs, until it lets go; the kernel lets go when the process is killed. */
export type RangeClaim = {
  /** Gives the range back; the last range to leave removes what the machine did not have before the first came. */
  release(): Promise<void>;
};

/** Takes the range for this process. Throws `already-running` when a live process has it, this one included. */
export async function claimRange(
  rangeId: string,
  rangeName: string,
  stateFolder: string,
  level: RangeLevel = 'full',
): Promise<RangeClaim> {
  const lockFile = join(registryFolder, `${rangeId}.lock`);
  const lock = await tryFileLock(lockFile);
  if (lock === undefined) throw alreadyRunning(rangeName, stateFolder, await ownerOf(rangeId));
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new UnderstudyError('internal', 'cannot read this process in /proc');
  const registration: Registration = { rangeId, rangeName, stateFolder, ...identity };
  await writePrivateFile(registrationPath(rangeId), JSON.stringify(registration));
  if (level === 'full') await createInsistedFolders();
  return {
    release: async () => {
      await rm(registrationPath(rangeId), { force: true });
      await rm(lockFile, { force: true });
      lock.release();
      await leaveMachine();
    },
  };
}

function alreadyRunning(
  rangeName: string,
  stateFolder: string,
  owner: Registration | undefined,
): UnderstudyError {
  const which = owner === undefined ? 'another process' : `process ${owner.pid}`;
  return new UnderstudyError(
    'already-running',
    `the practice range "${rangeName}" in ${stateFolder} is already running in ${which}; use it, or stop that process first`,
    owner === undefined ? {} : { details: { pid: owner.pid } },
  );
}

/** Removes what all ranges of the machine share, unless one of them still needs it. */
async function leaveMachine(): Promise<void> {
  for (const other of await registeredIds()) {
    if ((await ownerOf(other)) !== undefined || (await processesOfRange(other)).length > 0) return;
    // A killed one's: its registration, its lock, and what SQLite keeps beside the lock.
    for (const end of ['json', 'lock', 'lock-journal']) {
      await rm(join(registryFolder, `${other}.${end}`), { force: true });
    }
  }
  const created = await readFile(sharedFoldersPath, 'utf8').catch(() => '[]');
  // A folder that somebody filled meanwhile is theirs: rmdir leaves it.
  for (const folder of z.array(z.string()).parse(JSON.parse(created)))
    await rmdir(folder).catch(() => undefined);
  await rm(sharedFoldersPath, { force: true });
  await rmdir(registryFolder).catch(() => undefined);
  await rmdir(runtimeFolder()).catch(() => undefined);
}

async function registeredIds(): Promise<string[]> {
  const names = await readdir(registryFolder).catch((): string[] => []);
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

async function createInsistedFolders(): Promise<void> {
  const known = await readFile(sharedFoldersPath, 'utf8').catch(() => '[]');
  const created = new Set(z.array(z.string()).parse(JSON.parse(known)));
  for (const folder of insistedFolders) {
    if ((await stat(folder).catch(() => undefined)) === undefined) created.add(folder);
  }
  // Recorded before they are made: what a kill leaves between the two is an entry, not an orphan.
  await writeFile(`${sharedFoldersPath}.new`, JSON.stringify([...created]));
  await rename(`${sharedFoldersPath}.new`, sharedFoldersPath);
  for (const folder of insistedFolders) await mkdir(folder, { recursive: true });
}
