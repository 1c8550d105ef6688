import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock that is held; the kernel lets go of it when the process ends, however it ends. */
export type FileLock = { release(): void };

/**
 * Takes a lock, or answers `undefined` when another process (or another caller in this one) has it.
 *
 * The lock is SQLite's exclusive lock on an empty file: Node has no flock of its own, and a lock that the kernel drops
 * with its owner needs no guessing whether the owner of a left-behind lock file is still alive.
 */
export async function tryFileLock(file: string): Promise<FileLock | undefined> {
  await mkdir(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    // Nothing is ever written, so there is nothing to keep a journal of.
    database.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

/** Waits for the lock, does the work, lets go. `onWait` is called once, when it was not free at once. */
export async function withFileLock<T>(
  file: string,
  options: { signal?: AbortSignal; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  let lock = await tryFileLock(file);
  if (lock === undefined) options.onWait?.();
  while (lock === undefined) {
    await sleep(pollMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
    lock = await tryFileLock(file);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const pollMs = 200;
const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
