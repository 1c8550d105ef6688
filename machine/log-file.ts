import { renameSync, statSync } from 'node:fs';

const maxLogBytes = 20 * 1024 * 1024;

/** Moves a log that has grown over 20 MB to `<name>.1`, so that a log takes 40 MB at most for each start of its writer. */
export function keepLogSmall(file: string): void {
  const sizeBytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes > maxLogBytes) renameSync(file, `${file}.1`);
}
