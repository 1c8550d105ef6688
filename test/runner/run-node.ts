import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcess, identityOf } from '#machine/process-identity.ts';
import { descendantsOf } from './process-tree.ts';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** How long a process that is told to end may take, and then those that it leaves. */
const graceMs = 60_000;
const leftGraceMs = 5_000;

export type RunOptions = {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends it, and whatever it has started. */
  readonly signal?: AbortSignal;
};

/**
 * Runs a script of the project under this Node, with its output on ours, and answers its exit code. A signal that ends us
 * ends it first, with all that it has started, so that the last line is still printed and nothing is left running.
 */
export async function runNode(command: readonly string[], options: RunOptions = {}): Promise<number> {
  const [script = '', ...args] = command;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(process.execPath, [join(repository, script), ...args], {
    cwd: repository,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  let ending: Promise<void> | undefined;
  const end = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined) ending ??= endWithAll(child.pid, signal);
  };
  const onAbort = (): void => end('SIGTERM');
  process.on('SIGINT', end).on('SIGTERM', end);
  options.signal?.addEventListener('abort', onAbort);
  child.once('error', reject);
  child.once('exit', (code) => resolve(code ?? 1));
  if (options.signal?.aborted === true) onAbort();
  try {
    const code = await promise;
    await ending;
    return ending === undefined ? code : Math.max(code, 1);
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** Who is whose child is asked first: what a dead process has started is nobody's any more. */
async function endWithAll(pid: number, signal: NodeJS.Signals): Promise<void> {
  const root = identityOf(pid);
  const others = descendantsOf(pid).flatMap((each) => identityOf(each) ?? []);
  if (root !== undefined) await endProcess(root, { signal, timeoutMs: graceMs });
  await Promise.all(others.map((each) => endProcess(each, { signal: 'SIGTERM', timeoutMs: leftGraceMs })));
}
