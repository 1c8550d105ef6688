import { appendFileSync, copyFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { messageOf } from '#domain/errors.ts';

const maxLogBytes = 20 * 1024 * 1024;
const lookEveryMs = 60_000;

function isTooLarge(file: string, maxBytes: number): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maxBytes;
}

/** Before its writer starts: moves a log that has grown over 20 MB to `<name>.1`. */
export function keepLogSmall(file: string): void {
  if (isTooLarge(file, maxLogBytes)) renameSync(file, `${file}.1`);
}

/**
 * While its writer has it open for appending: copies a log that has grown over `maxBytes` to `<name>.1` and empties it, since
 * the writer would go on in a file that was moved. What is written between the two is lost. Where the copy cannot be made
 * (a full disk) the log is emptied all the same, and says so.
 */
export function cutOpenLog(file: string, maxBytes = maxLogBytes): void {
  if (!isTooLarge(file, maxBytes)) return;
  let lost: unknown;
  try {
    copyFileSync(file, `${file}.1`);
  } catch (error) {
    lost = error;
  }
  truncateSync(file);
  if (lost !== undefined) appendFileSync(file, `earlier lines could not be kept: ${messageOf(lost)}\n`);
}

/** Cuts an open log again and again, until it is told to stop: a process that runs for months fills no disk. */
export function keepCutting(file: string): () => void {
  const timer = setInterval(() => cutOpenLog(file), lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
