import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, identityOf } from '#machine/process-identity.ts';

/** How PostgreSQL is told to end at once but cleanly ("fast shutdown"). */
export const fastShutdown = { signal: 'SIGINT', timeoutMs: 20_000 } as const;

/**
 * Ends a server that still has this data folder (a kill -9 of ours leaves it running), and removes a `postmaster.pid`
 * whose process is somebody else by now: after a reboot the number may belong to anything of the same user, and
 * PostgreSQL would refuse to start.
 */
export async function clearLeftover(dataFolder: string): Promise<void> {
  const pidFile = join(dataFolder, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  const pid = Number(text?.split('\n')[0]);
  if (text === undefined || !Number.isInteger(pid) || pid <= 0) return;
  // Only Linux tells where a process works; elsewhere PostgreSQL's own judgement has to do.
  if (process.platform !== 'linux') return;
  const identity = identityOf(pid);
  if (identity !== undefined && (await worksIn(pid, dataFolder))) await endProcess(identity, fastShutdown);
  else await rm(pidFile, { force: true });
}

async function worksIn(pid: number, folder: string): Promise<boolean> {
  return (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === folder;
}
