import { execFile } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnderstudyError } from '#domain/errors.ts';

export type RunOptions = {
  timeoutMs?: number;
  env?: Readonly<Record<string, string>>;
  /** Fed to the command's standard input. */
  input?: Readable;
};

const defaultTimeoutMs = 30_000;
const maxOutputBytes = 16 * 1024 * 1024;

/**
 * Runs a system command with an argument list and answers what it printed. Throws `program-missing` when there is no such
 * command, `internal` with the end of its error output otherwise.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    command,
    [...args],
    {
      timeout: options.timeoutMs ?? defaultTimeoutMs,
      maxBuffer: maxOutputBytes,
      // Never the caller's whole environment: a KUBECONFIG in it is none of the range's business.
      env: options.env ?? { PATH: systemPath },
    },
    (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(failure(command, args, error, stderr)),
  );
  if (options.input === undefined) child.stdin?.end();
  // When the command dies first, the broken pipe is not the news: the command's own failure is.
  else if (child.stdin !== null) pipeline(options.input, child.stdin).catch(() => undefined);
  return promise;
}

/** Where system commands are looked for: `ip` is in an sbin folder that an ordinary PATH may lack. */
export const systemPath = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
].join(':');

function failure(command: string, args: readonly string[], error: Error, stderr: string): UnderstudyError {
  if ('code' in error && error.code === 'ENOENT') {
    return new UnderstudyError(
      'program-missing',
      `${command} is not installed; the practice range needs it`,
      {
        cause: error,
      },
    );
  }
  const said = stderr.trim().slice(-500) || error.message;
  return new UnderstudyError('internal', `${[command, ...args.slice(0, 8)].join(' ')} failed: ${said}`, {
    cause: error,
  });
}
