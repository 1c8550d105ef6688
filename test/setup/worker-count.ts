/** What a test file with its share of the real servers takes at its highest. */
const fileBytes = 2.5 * 1024 ** 3;
const most = 4;

/**
 * How many test files may run at once. One more than there are cores, for they wait for real servers most of the time; as
 * far as there is memory for.
 */
export function workerCount({ cores, memoryBytes }: { cores: number; memoryBytes: number }): number {
  return Math.max(1, Math.min(cores + 1, most, Math.floor(memoryBytes / fileBytes)));
}
