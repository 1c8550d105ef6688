import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { keepCutting, keepLogSmall } from './log-file.ts';
import { endProcess, identityOf, isRunning, processIdentitySchema, sendSignal } from './process-identity.ts';

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGKILL';

export type SupervisedOptions = {
  /** In messages. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment. */
  env: Readonly<NodeJS.ProcessEnv>;
  cwd?: string;
  /** Run as this user; only root can. */
  user?: { uid: number; gid: number };
  /** Both streams are appended to it. */
  logFile: string;
  /** Says which process runs, so that a later start finds what a killed one left. */
  pidFile: string;
  /** Asked every 50 ms, with the process's id, until it answers true; a rejection is a no. Default: ready as soon as it runs. */
  isReady?: (pid: number) => Promise<boolean>;
  /** How long it may take to be ready. Default 60 s. */
  readyTimeoutMs?: number;
  /** What ends it politely. Default SIGTERM. */
  stopSignal?: StopSignal;
  /** How long it may take to end before it is killed. Default 10 s. */
  stopTimeoutMs?: number;
  /** Before every start but the first: what a dead process left and would stop the next one. */
  beforeRestart?: () => Promise<void>;
  /** Told about deaths and returns. */
  onChange?: (change: SupervisedChange) => void;
};

export type SupervisedChange =
  | { kind: 'died'; code: number | null; signal: NodeJS.Signals | null; restartInMs: number }
  | { kind: 'back'; restarts: number }
  | { kind: 'not-ready'; reason: string };

export type SupervisedProcess = {
  readonly name: string;
  /** Of the process that runs now; `undefined` between two. */
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Ends it and keeps it ended: politely, then by force. May be called twice. */
  stop(): Promise<void>;
};

const readyPollMs = 50;
const firstRestartMs = 100;
const maxRestartMs = 10_000;
/** One that ran this long before it died starts again at the shortest delay. */
const steadyMs = 30_000;

/**
 * Starts a process and keeps it running: when it dies it is started again, at once and then with growing pauses (100 ms to 10 s).
 *
 * It is in a process group of its own, so that Ctrl-C in the terminal reaches us alone and we stop things in order. What an
 * earlier run left under the same pid file is ended first. Answers when it is ready; throws `unavailable` with the end
 * of its log when it ends or takes too long before it was ready once.
 */
export async function startSupervised(options: SupervisedOptions): Promise<SupervisedProcess> {
  await endLeftover(options.pidFile);
  const state: State = { child: undefined, stopping: false, restarts: 0, delayMs: firstRestartMs };
  const life = launch(options, state);
  try {
    await untilReady(options, life);
  } catch (error) {
    state.stopping = true;
    await endChild(options, life);
    throw error;
  }
  const watching = watch(options, state, life);
  const stopCutting = keepCutting(options.logFile);
  return {
    name: options.name,
    get pid() {
      return state.child?.pid;
    },
    get restarts() {
      return state.restarts;
    },
    stop: async () => {
      state.stopping = true;
      state.wake?.abort();
      if (state.child !== undefined) await endChild(options, state.child);
      await watching;
      stopCutting();
      rmSync(options.pidFile, { force: true });
    },
  };
}

/** Ends the process that an earlier run of ours left under this pid file, if it is still the same one. */
export async function endLeftover(pidFile: string): Promise<void> {
  const left = await readPidFile(pidFile);
  if (left !== undefined) await endProcess(left, { signal: left.stopSignal, timeoutMs: left.stopTimeoutMs });
  rmSync(pidFile, { force: true });
}

/** Ends everything that an earlier run of ours left under the pid files of a folder. */
export async function endLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const pidFiles = names.filter((name) => name.endsWith('.pid'));
  await Promise.all(pidFiles.map((name) => endLeftover(join(folder, name))));
}

/** What a start needs to know to end what an earlier one left. */
const pidFileSchema = processIdentitySchema.extend({
  stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL']),
  stopTimeoutMs: z.number(),
});

/** The process named by a pid file, when it still runs. */
async function readPidFile(pidFile: string): Promise<z.infer<typeof pidFileSchema> | undefined> {
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = pidFileSchema.safeParse(parseJson(text));
  return parsed.success && isRunning(parsed.data) ? parsed.data : undefined;
}

type State = {
  child: Life | undefined;
  stopping: boolean;
  restarts: number;
  delayMs: number;
  wake?: AbortController;
};
type Ended = { code: number | null; signal: NodeJS.Signals | null; error?: Error };
/** One run of the process. */
type Life = { process: ChildProcess; pid: number | undefined; ended: Promise<Ended>; startedMs: number };

function launch(options: SupervisedOptions, state: State): Life {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  keepLogSmall(options.logFile);
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(options.command, [...options.args], {
    detached: true,
    stdio: ['ignore', log, log],
    env: options.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.user ?? {}),
  });
  closeSync(log);
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  child.once('exit', (code, signal) => resolve({ code, signal }));
  child.once('error', (error) => resolve({ code: null, signal: null, error }));
  const life = { process: child, pid: child.pid, ended, startedMs: performance.now() };
  state.child = life;
  if (child.pid !== undefined) notePid(options, child.pid);
  return life;
}

/** Without a pause between the start and the note: a kill in between would leave a process that nobody knows. */
function notePid(options: SupervisedOptions, pid: number): void {
  const identity = identityOf(pid);
  if (identity === undefined) return;
  const note: z.infer<typeof pidFileSchema> = { ...identity, ...ending(options) };
  mkdirSync(dirname(options.pidFile), { recursive: true, mode: 0o700 });
  writeFileSync(options.pidFile, JSON.stringify(note), { mode: 0o600 });
}

async function watch(options: SupervisedOptions, state: State, first: Life): Promise<void> {
  let life = first;
  while (true) {
    const ended = await life.ended;
    state.child = undefined;
    if (state.stopping) return;
    // What it left in its group would hold its ports and files.
    if (life.pid !== undefined) sendSignal(-life.pid, 'SIGKILL');
    if (performance.now() - life.startedMs > steadyMs) state.delayMs = firstRestartMs;
    options.onChange?.({ kind: 'died', code: ended.code, signal: ended.signal, restartInMs: state.delayMs });
    await pause(state);
    if (!state.stopping) await prepareRestart(options);
    if (state.stopping) return;
    life = relaunch(options, state);
  }
}

/** A preparation that fails is told and not the end: the start itself decides. */
async function prepareRestart(options: SupervisedOptions): Promise<void> {
  await options.beforeRestart?.().catch((error: unknown) => {
    options.onChange?.({ kind: 'not-ready', reason: messageOf(error) });
  });
}

function relaunch(options: SupervisedOptions, state: State): Life {
  state.restarts += 1;
  const life = launch(options, state);
  const { restarts } = state;
  untilReady(options, life).then(
    () => options.onChange?.({ kind: 'back', restarts }),
    async (error: unknown) => {
      if (state.stopping) return;
      options.onChange?.({ kind: 'not-ready', reason: messageOf(error) });
      await endChild(options, life);
    },
  );
  return life;
}

async function pause(state: State): Promise<void> {
  state.wake = new AbortController();
  const delayMs = state.delayMs;
  state.delayMs = Math.min(delayMs * 2, maxRestartMs);
  // Rejects only when stop() wakes it, which the caller sees in `stopping`.
  await sleep(delayMs, undefined, { signal: state.wake.signal }).catch(() => undefined);
}

async function untilReady(options: SupervisedOptions, life: Life): Promise<void> {
  const deadline = performance.now() + (options.readyTimeoutMs ?? 60_000);
  const { pid } = life;
  const isReady = options.isReady ?? (async () => true);
  while (true) {
    const ended = await Promise.race([life.ended, sleep(readyPollMs)]);
    if (ended !== undefined) {
      throw notReady(options, `ended before it was ready (${describe(ended)})`, ended.error);
    }
    if (pid !== undefined && (await isReady(pid).catch(() => false))) return;
    if (performance.now() > deadline) throw notReady(options, 'did not become ready in time');
  }
}

function describe({ code, signal, error }: Ended): string {
  return error?.message ?? (signal === null ? `exit code ${code}` : `signal ${signal}`);
}

function notReady(options: SupervisedOptions, what: string, cause?: Error): UnderstudyError {
  const tail = readFileSync(options.logFile, 'utf8').trim().split('\n').slice(-8).join('\n');
  return new UnderstudyError(
    'unavailable',
    `${options.name} ${what}. The end of ${options.logFile}:\n${tail}`,
    cause === undefined ? {} : { cause },
  );
}

function ending(options: SupervisedOptions): { stopSignal: StopSignal; stopTimeoutMs: number } {
  return { stopSignal: options.stopSignal ?? 'SIGTERM', stopTimeoutMs: options.stopTimeoutMs ?? 10_000 };
}

async function endChild(options: SupervisedOptions, life: Life): Promise<void> {
  if (life.pid === undefined) return;
  const { stopSignal, stopTimeoutMs } = ending(options);
  sendSignal(life.pid, stopSignal);
  const over = await Promise.race([life.ended, sleep(stopTimeoutMs, 'late' as const, { ref: false })]);
  if (over !== 'late') return;
  sendSignal(-life.pid, 'SIGKILL');
  await life.ended;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
