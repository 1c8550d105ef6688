import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ExitCode } from '../exit-codes.ts';
import { runCli } from '../program.ts';

export type Ran = { readonly code: ExitCode; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly environment?: Readonly<NodeJS.ProcessEnv>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** As if a person sat at a terminal; the stream is what the person types. */
  readonly person?: PassThrough;
  /** Told of everything that is written, as it is written. */
  readonly onOutput?: (soFar: string) => void;
};

function collector(isTTY: boolean, onChange: (text: string) => void) {
  let text = '';
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    onChange(text);
  });
  return { stream, text: () => text };
}

/** Runs a command line in this process, without a terminal unless there is a person. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const isTTY = options.person !== undefined;
  const stdin = Object.assign(options.person ?? new PassThrough(), { isTTY });
  if (options.person === undefined) stdin.end(options.stdin ?? '');
  const told = { out: '', err: '' };
  const tell = (part: 'out' | 'err') => (text: string) => {
    told[part] = text;
    options.onOutput?.(told.out + told.err);
  };
  const stdout = collector(isTTY, tell('out'));
  const stderr = collector(isTTY, tell('err'));
  const code = await runCli(argv, {
    streams: { stdin, stdout: stdout.stream, stderr: stderr.stream },
    environment: { NO_COLOR: '1', ...options.environment },
    cwd: options.cwd ?? tmpdir(),
    signal: options.signal ?? new AbortController().signal,
    interrupt: () => undefined,
  });
  // What was written last has still to pass the stream.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

/** A folder that is gone after the test; `files` are written into it. */
export async function temporaryFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'understudy-cli-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text, { mode: 0o600 });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
