import { join } from 'node:path';
import {
  type SupervisedChange,
  type SupervisedProcess,
  startSupervised,
} from '#machine/supervised-process.ts';
import { rangeIdVariable } from './range-processes.ts';
import { systemPath } from './run.ts';

export type ProcessSpec = {
  name: string;
  command: string;
  args: readonly string[];
  /** Added to a bare environment; nothing of the caller's is passed on. */
  env?: Readonly<Record<string, string>>;
  /** Asked until it says yes, at the start and after every restart. Default: ready as soon as it runs. */
  isReady?: () => Promise<boolean>;
  readyTimeoutMs?: number;
  /** How long it may take to end by itself. Default: it is killed, since what it knows is in etcd. */
  stopGraceMs?: number;
};

/** The supervised processes of one range. */
export type ProcessGroup = {
  /** Starts a process and waits until it is ready; from then on it is started again whenever it ends. */
  start(spec: ProcessSpec): Promise<void>;
  /** Resolves when it is gone. Does nothing for a name that was not started. */
  stop(name: string): Promise<void>;
  stopAll(): Promise<void>;
  running(): { name: string; pid: number }[];
};

export type ProcessObserver = (name: string, change: SupervisedChange) => void;

/** Logs go to `<folder>/<name>.log`, process ids with start times to `<folder>/<name>.pid`. */
export function createProcessGroup(folder: string, rangeId: string, observe?: ProcessObserver): ProcessGroup {
  const started = new Map<string, SupervisedProcess>();
  const stop = async (name: string): Promise<void> => {
    const process = started.get(name);
    started.delete(name);
    await process?.stop();
  };
  return {
    start: async ({ name, command, args, env, isReady, readyTimeoutMs, stopGraceMs }) => {
      const process = await startSupervised({
        name,
        command,
        args,
        env: { PATH: systemPath, ...env, [rangeIdVariable]: rangeId },
        logFile: join(folder, `${name}.log`),
        pidFile: join(folder, `${name}.pid`),
        ...(isReady === undefined ? {} : { isReady }),
        ...(readyTimeoutMs === undefined ? {} : { readyTimeoutMs }),
        ...(stopGraceMs === undefined ? { stopSignal: 'SIGKILL' } : { stopTimeoutMs: stopGraceMs }),
        ...(observe === undefined ? {} : { onChange: (change) => observe(name, change) }),
      });
      started.set(name, process);
    },
    stop,
    stopAll: async () => {
      await Promise.all([...started.keys()].map(stop));
    },
    running: () =>
      [...started.values()].flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }])),
  };
}
