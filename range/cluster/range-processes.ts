import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity, sendSignal } from '#machine/process-identity.ts';

/**
 * The environment variable by which every process of a range can be told from all others: also those that its programs
 * started, and one that was started just before a kill -9, when its process id was not yet written down.
 */
export const rangeIdVariable = 'UNDERSTUDY_RANGE_ID';

/** Every process, except this one, whose environment carries the range's id. */
export async function processesOfRange(rangeId: string): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const ours = environment.split('\0').includes(`${rangeIdVariable}=${rangeId}`);
      return ours && pid !== process.pid ? identityOf(pid) : undefined;
    }),
  );
  return found.filter((identity) => identity !== undefined);
}

const pollMs = 20;

/** Sends SIGKILL to these processes and waits until they are gone; answers those that are not after `timeoutMs`. */
export async function killAll(
  identities: readonly ProcessIdentity[],
  timeoutMs = 5000,
): Promise<ProcessIdentity[]> {
  const deadline = performance.now() + timeoutMs;
  let left = identities.filter(isRunning);
  for (const { pid } of left) sendSignal(pid, 'SIGKILL');
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(pollMs);
    left = left.filter(isRunning);
  }
  return left;
}
