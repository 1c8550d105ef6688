import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { processIdHeader } from '#domain/configuration.ts';
import { freePort, type HeldPort, isPortFree } from '#machine/ports.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { processSettingsVariable } from '#machine/process-settings.ts';
import { defaultCacheFolder } from '#machine/program-cache.ts';
import {
  type SupervisedChange,
  type SupervisedProcess,
  startSupervised,
} from '#machine/supervised-process.ts';

/** Our own processes, by the file that each starts with. */
const entries = {
  server: '../../server/main.ts',
  worker: '../../activities/worker.ts',
  actions: '../../activities/actions-worker.ts',
} as const;
export type OwnProcess = keyof typeof entries;

/**
 * Where a machine has much memory, V8 lets the space for new objects grow to 64 MB twice, in every thread, and the rest to four
 * times what is in use. The actions process does little, and does it seldom: there memory comes before speed.
 */
export const memoryFlags: Readonly<Record<OwnProcess, readonly string[]>> = {
  server: ['--max-semi-space-size=8', '--max-old-space-size=2047'],
  worker: ['--max-semi-space-size=4', '--max-old-space-size=2047'],
  actions: ['--optimize-for-size', '--max-old-space-size=2047'],
};

/** Variables of the caller that our processes may see: where programs and certificates are, and how to log. */
const passedVariables = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'XDG_CACHE_HOME',
  'UNDERSTUDY_LOG_LEVEL',
] as const;

function environment(settingsFile: string): NodeJS.ProcessEnv {
  const passed = passedVariables.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(passed),
    // What was compiled once is taken from there: sooner, and without the TypeScript compiler's 15 MB.
    NODE_COMPILE_CACHE: join(defaultCacheFolder(process.env), 'compiled'),
    // glibc keeps freed memory in an arena for each thread, and Temporal's core has many threads.
    MALLOC_ARENA_MAX: '2',
    [processSettingsVariable]: settingsFile,
  };
}

/** Whether `/readyz` on loopback says 200 and it is this very process that says so, not whoever else has the port. */
export async function answersReady(port: number, pid: number): Promise<boolean> {
  const answer = await request(`http://127.0.0.1:${port}/readyz`, {
    headersTimeout: 2_000,
    bodyTimeout: 2_000,
  });
  await answer.body.dump();
  return answer.statusCode === 200 && answer.headers[processIdHeader] === String(pid);
}

/**
 * Starts one of our processes and keeps it running. Its settings go into a file that only the owner may read: arguments
 * are for all to see. The shell's KUBECONFIG and credentials do not reach it.
 */
export async function startOwnProcess(options: {
  readonly name: OwnProcess;
  readonly stateFolder: string;
  /** With the port that it is to listen on. */
  readonly settings: (port: number) => object;
  /** Where it answers `/readyz`; held until now, and let go for it. */
  readonly port: HeldPort;
  readonly onChange?: (change: SupervisedChange) => void;
}): Promise<SupervisedProcess> {
  const { name, stateFolder } = options;
  const settingsFile = join(stateFolder, 'run', `${name}.settings.json`);
  let { port } = options.port;
  const writeSettings = () => writePrivateFile(settingsFile, JSON.stringify(options.settings(port)));
  await writeSettings();
  await options.port.release();
  return startSupervised({
    name,
    command: process.execPath,
    args: [...memoryFlags[name], fileURLToPath(new URL(entries[name], import.meta.url))],
    env: environment(settingsFile),
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    logFile: join(stateFolder, 'log', `${name}.log`),
    pidFile: join(stateFolder, 'run', `${name}.pid`),
    // The worker bundles the workflows first, which takes a busy machine a minute.
    readyTimeoutMs: 180_000,
    isReady: (pid) => answersReady(port, pid),
    beforeRestart: async () => {
      // While it was down another program may have taken its port for good. The server's is known to others and stays.
      if (name === 'server' || (await isPortFree(port))) return;
      port = await freePort();
      await writeSettings();
    },
    ...(options.onChange === undefined ? {} : { onChange: options.onChange }),
  });
}
