import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { identityOf, isRunning, processIdentitySchema } from '#machine/process-identity.ts';
import { processesOfRange } from './range-processes.ts';

/**
 * The ranges of this machine, one file each: which process runs it, and where its state is. It is a lock (one process per
 * range) and a register (what belongs to the machine is put back by the last range to leave).
 */
const registryFolder = '/run/understudy/ranges';
const sharedFoldersPath = '/run/understudy/created-folders.json';

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

/**
 * Takes the range for this process. Throws `already-running` when a live process has it, this one included.
 */
export async function claimRange(rangeId: string, rangeName: string, stateFolder: string): Promise<void> {
  const owner = await ownerOf(rangeId);
  if (owner !== undefined) throw alreadyRunning(owner);
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new UnderstudyError('internal', 'cannot read this process in /proc');
  const registration: Registration = { rangeId, rangeName, stateFolder, ...identity };
  await mkdir(registryFolder, { recursive: true });
  const path = registrationPath(rangeId);
  await rm(path, { force: true }); // a dead owner's
  try {
    await writeFile(path, JSON.stringify(registration), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const winner = await ownerOf(rangeId);
    throw winner === undefined ? error : alreadyRunning(winner);
  }
  await createInsistedFolders();
}

function alreadyRunning(owner: Registration): UnderstudyError {
  return new UnderstudyError(
    'already-running',
    `the practice range "${owner.rangeName}" in ${owner.stateFolder} is already running in process ${owner.pid}; use it, or stop that process first`,
    { details: { pid: owner.pid } },
  );
}

/** Gives the range back; the last range to leave removes what the machine did not have before the first came. */
export async function releaseRange(rangeId: string): Promise<void> {
  await rm(registrationPath(rangeId), { force: true });
  for (const other of await registeredIds()) {
    if ((await ownerOf(other)) !== undefined || (await processesOfRange(other)).length > 0) return;
    await rm(registrationPath(other), { force: true });
  }
  const created = await readFile(sharedFoldersPath, 'utf8').catch(() => '[]');
  // A folder that somebody filled meanwhile is theirs: rmdir leaves it.
  for (const folder of z.array(z.string()).parse(JSON.parse(created)))
    await rmdir(folder).catch(() => undefined);
  await rm(sharedFoldersPath, { force: true });
  await rmdir(registryFolder).catch(() => undefined);
  await rmdir('/run/understudy').catch(() => undefined);
}

async function registeredIds(): Promise<string[]> {
  const names = await readdir(registryFolder).catch((): string[] => []);
  return names.map((name) => name.replace(/\.json$/, ''));
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
