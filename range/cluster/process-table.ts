import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** The environment variable by which every process of a range can be told from all others. */
export const rangeIdVariable = 'UNDERSTUDY_RANGE_ID';

/** A process that cannot be confused with a later one of the same number: its start, in clock ticks since boot. */
export type ProcessIdentity = { pid: number; startTicks: number };

/** The process's start and state from `/proc/<pid>/stat`; undefined when there is none, or only its corpse. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The command's name stands in brackets and may hold spaces and brackets itself: fields count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startTicks: Number(fields[19]) };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.startTicks === identity.startTicks;
}

/** Every process whose environment carries this range's id: what was started for it, and what those started. */
export async function processesOfRange(rangeId: string): Promise<ProcessIdentity[]> {
  const entries = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    entries.map(async (pid) => {
      if (pid === process.pid) return undefined;
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(`${rangeIdVariable}=${rangeId}`) ? identityOf(pid) : undefined;
    }),
  );
  return found.filter((identity) => identity !== undefined);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Sends SIGKILL to these processes and waits until they are gone; answers those that are not after `timeoutMs`. */
export async function killAll(
  identities: readonly ProcessIdentity[],
  timeoutMs = 5000,
): Promise<ProcessIdentity[]> {
  const deadline = Date.now() + timeoutMs;
  let left = await stillAlive(identities);
  for (const identity of left) send(identity.pid, 'SIGKILL');
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(20);
    left = await stillAlive(left);
  }
  return left;
}

async function stillAlive(identities: readonly ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const alive = await Promise.all(identities.map(isAlive));
  return identities.filter((_, index) => alive[index]);
}
