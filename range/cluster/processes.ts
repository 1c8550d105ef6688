import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rangeIdVariable } from './process-table.ts';
import { systemPath } from './run.ts';

export type ProcessSpec = {
  name: string;
  command: string;
  args: readonly string[];
  /** Added to a bare environment; nothing of the caller's is passed on. */
  env?: Readonly<Record<string, string>>;
};

/** A set of processes that are started again when they end, until they are told to stop. */
export type ProcessGroup = {
  start(spec: ProcessSpec): void;
  /** SIGTERM, and SIGKILL after `graceMs`; `graceMs` 0 means SIGKILL at once. Resolves when the process is gone. */
  stop(name: string, graceMs: number): Promise<void>;
  /** SIGKILL for all that are left. */
  stopAll(): Promise<void>;
  running(): { name: string; pid: number }[];
};

type Entry = {
  spec: ProcessSpec;
  child: ChildProcess | undefined;
  stopping: AbortController;
  loop: Promise<void>;
};

const restartDelayMs = { first: 200, longest: 5000, steadyAfter: 30_000 };
const rotateAboveBytes = 20 * 1024 * 1024;

/** Logs go to `<folder>/<name>.log`, process ids to `<folder>/<name>.pid`. */
export function createProcessGroup(folder: string, rangeId: string): ProcessGroup {
  const entries = new Map<string, Entry>();

  const supervise = async (entry: Entry): Promise<void> => {
    let delayMs = restartDelayMs.first;
    while (!entry.stopping.signal.aborted) {
      const startedAt = Date.now();
      entry.child = launch(entry.spec, folder, rangeId);
      await ended(entry.child);
      delayMs = Date.now() - startedAt > restartDelayMs.steadyAfter ? restartDelayMs.first : delayMs * 2;
      await pause(Math.min(delayMs, restartDelayMs.longest), entry.stopping.signal);
    }
    rmSync(join(folder, `${entry.spec.name}.pid`), { force: true });
  };

  const stop = async (name: string, graceMs: number): Promise<void> => {
    const entry = entries.get(name);
    if (entry === undefined) return;
    entry.stopping.abort();
    const kill = setTimeout(() => entry.child?.kill('SIGKILL'), graceMs);
    if (graceMs > 0) entry.child?.kill('SIGTERM');
    await entry.loop;
    clearTimeout(kill);
    entries.delete(name);
  };

  return {
    start: (spec) => {
      const entry: Entry = {
        spec,
        child: undefined,
        stopping: new AbortController(),
        loop: Promise.resolve(),
      };
      entry.loop = supervise(entry);
      entries.set(spec.name, entry);
    },
    stop,
    stopAll: async () => {
      await Promise.all([...entries.keys()].map((name) => stop(name, 0)));
    },
    running: () =>
      [...entries.values()].flatMap(({ spec, child }) =>
        child?.pid === undefined || child.exitCode !== null ? [] : [{ name: spec.name, pid: child.pid }],
      ),
  };
}

function launch(spec: ProcessSpec, folder: string, rangeId: string): ChildProcess {
  const logPath = join(folder, `${spec.name}.log`);
  rotate(logPath);
  const log = openSync(logPath, 'a');
  try {
    const child = spawn(spec.command, [...spec.args], {
      detached: true, // the terminal's Ctrl-C is ours to handle: it must not reach these
      stdio: ['ignore', log, log],
      env: { PATH: systemPath, ...spec.env, [rangeIdVariable]: rangeId },
    });
    if (child.pid !== undefined) writeFileSync(join(folder, `${spec.name}.pid`), String(child.pid));
    return child;
  } finally {
    closeSync(log);
  }
}

function rotate(logPath: string): void {
  const sizeBytes = statSync(logPath, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes > rotateAboveBytes) renameSync(logPath, `${logPath}.old`);
}

async function ended(child: ChildProcess): Promise<void> {
  await once(child, 'exit').catch(() => undefined); // rejects when it could not be started at all
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => undefined); // rejects when it is time to stop
}
