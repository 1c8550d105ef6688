import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';

/** System commands live in these too, though an ordinary user's PATH may not say so. */
const extraFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The absolute path of a command on PATH (and in the system's sbin folders), or `undefined`. */
export async function findCommand(
  name: string,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  alsoIn: readonly string[] = [],
): Promise<string | undefined> {
  const folders = [...(env.PATH ?? '').split(delimiter), ...extraFolders, ...alsoIn];
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (await isExecutableFile(path)) return path;
  }
  return undefined;
}

async function isExecutableFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** What a short command printed on both streams, or `undefined` when it failed or took over 10 s. */
export function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  execFile(command, [...args], { timeout: 10_000 }, (error, stdout, stderr) =>
    resolve(error === null ? `${stdout}${stderr}` : undefined),
  );
  return promise;
}

export type RunOptions = {
  cwd?: string;
  env?: Readonly<NodeJS.ProcessEnv>;
  signal?: AbortSignal;
  /** Run as this user; only root can. */
  user?: { uid: number; gid: number };
  /** Called with each line of error output, as it comes. */
  onErrorLine?: (line: string) => void;
};

const maxOutputBytes = 64 * 1024 * 1024;
const errorTailLength = 2_000;

/**
 * Runs a command to its end, however long it takes, and answers its standard output.
 * Throws `internal` with the last of its error output when it fails, or the signal's reason when it was ended by it.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile(
    command,
    [...args],
    {
      maxBuffer: maxOutputBytes,
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.user ?? {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (options.signal?.aborted) return reject(options.signal.reason);
      const said = stderr.trim().slice(-errorTailLength) || error.message;
      reject(new UnderstudyError('internal', `${[command, ...args].join(' ')}: ${said}`, { cause: error }));
    },
  );
  child.stdin?.end();
  if (options.onErrorLine !== undefined) eachLine(child.stderr, options.onErrorLine);
  return promise;
}

function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.on('data', (chunk: string | Buffer) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}
