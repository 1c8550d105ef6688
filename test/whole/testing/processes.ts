import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  identityOf,
  isRunning,
  type ProcessIdentity,
  processIdentitySchema,
} from '#machine/process-identity.ts';
import { runFolder } from '#machine/state-folder.ts';
import { untilSo } from './until-so.ts';

/** What may die, by the names of their pid files. */
export const victims = ['worker', 'server', 'temporal', 'postgresql', 'actions'] as const;
export type Victim = (typeof victims)[number];

/** When somebody was sent SIGKILL, and when he was seen to be gone. */
export type Death = { readonly sentMs: number; readonly goneMs: number; readonly who: ProcessIdentity };

async function identityFrom(stateFolder: string, victim: Victim): Promise<ProcessIdentity | undefined> {
  const file = join(runFolder(stateFolder), `${victim}.pid`);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined || text === '') return undefined;
  const noted = processIdentitySchema.parse(JSON.parse(text));
  return isRunning(noted) ? noted : undefined;
}

/** The process that runs now; one that is just being started again is waited for. */
export function runningNow(stateFolder: string, victim: Victim): Promise<ProcessIdentity> {
  return untilSo(`${victim} runs`, () => identityFrom(stateFolder, victim));
}

/** kill -9, for exactly this process. Answers once it is gone. */
export async function killHard(who: ProcessIdentity): Promise<Death> {
  if (identityOf(who.pid)?.startedAs !== who.startedAs)
    throw new Error(`${who.pid} has died before its time`);
  const sentMs = Date.now();
  process.kill(who.pid, 'SIGKILL');
  while (isRunning(who)) await sleep(1);
  return { sentMs, goneMs: Date.now(), who };
}

/**
 * Keeps a process down while something else happens: whatever the supervisor puts in its place is killed at once, before it can
 * have done any work.
 */
export async function whileDown<T>(stateFolder: string, victim: Victim, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  async function keepDown(): Promise<void> {
    while (!isOver) {
      const who = await identityFrom(stateFolder, victim);
      if (who !== undefined && isRunning(who)) await killHard(who);
      await sleep(20);
    }
  }
  await killHard(await runningNow(stateFolder, victim));
  const keeping = keepDown();
  try {
    return await work();
  } finally {
    isOver = true;
    await keeping;
  }
}

/** Resolves when the supervisor has put another process in its place. */
export async function untilReplaced(stateFolder: string, victim: Victim, death: Death): Promise<void> {
  await untilSo(`${victim} is back`, async () => {
    const now = await identityFrom(stateFolder, victim);
    return now !== undefined && now.pid !== death.who.pid;
  });
}
