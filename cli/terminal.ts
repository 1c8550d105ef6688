import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { createPaint, type Paint } from './paint.ts';

export type InputStream = Readable & { isTTY?: boolean };
export type OutputStream = Writable & { isTTY?: boolean; columns?: number };
export type Streams = {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
};

/** Where data and messages go, and where a person answers. */
export type Terminal = {
  /** A block of data on stdout; a line break is added. */
  out(text: string): void;
  /** A message on stderr, left out with --quiet. */
  say(text: string): void;
  /** An error or warning on stderr: never left out. */
  complain(text: string): void;
  /** For what goes to stdout, for what goes to stderr. */
  readonly paint: { readonly out: Paint; readonly messages: Paint };
  /** Columns to lay out for; undefined where the output is no terminal and nothing needs to be cut. */
  readonly columns: number | undefined;
  /** True where a person can be asked. */
  readonly interactive: boolean;
  /** Asks on stderr and answers with the typed line; undefined when the input ended. Aborts with the signal's reason. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** stderr itself, for lines that are redrawn. */
  readonly messages: OutputStream;
  readonly quiet: boolean;
  /** All of stdin as text. */
  readAll(): Promise<string>;
  /** Aborted when the reader of stdout is gone (`… | head`): nobody watches any more. */
  readonly audienceLeft: AbortSignal;
};

export type TerminalOptions = {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly color: boolean;
  readonly input: boolean;
  readonly quiet: boolean;
  /** Ctrl-C while a question is open; the terminal is in raw mode then and sends no signal itself. */
  readonly interrupt: () => void;
};

/** Columns of a terminal that says nothing of its width. */
const usualColumns = 100;

export function createTerminal(streams: Streams, options: TerminalOptions): Terminal {
  const { stdin, stdout, stderr } = streams;
  const audience = new AbortController();
  // Without a listener a closed pipe would be an uncaught exception.
  stdout.on('error', (error: NodeJS.ErrnoException) => audience.abort(error));
  stderr.on('error', () => undefined);
  const write = (stream: OutputStream, text: string): void => {
    if (!stream.destroyed && stream.writable) stream.write(`${text}\n`);
  };
  const complain = (text: string): void => write(stderr, text);
  return {
    out: (text) => write(stdout, text),
    say: (text) => {
      if (!options.quiet) complain(text);
    },
    complain,
    paint: {
      out: createPaint(usesColor(stdout, options)),
      messages: createPaint(usesColor(stderr, options)),
    },
    // A terminal that does not know its width says 0.
    columns: stdout.isTTY === true ? stdout.columns || usualColumns : undefined,
    interactive: options.input && stdin.isTTY === true && stderr.isTTY === true,
    ask: (question, signal) => ask(streams, question, signal, options.interrupt),
    messages: stderr,
    quiet: options.quiet,
    readAll: () => readAll(stdin),
    audienceLeft: audience.signal,
  };
}

/** The rule of no-color.org: any value that is not empty counts. */
function usesColor(stream: OutputStream, { color, environment }: TerminalOptions): boolean {
  const refused = (environment.NO_COLOR ?? '') !== '' || environment.TERM === 'dumb';
  return color && stream.isTTY === true && !refused;
}

async function ask(
  { stdin, stderr }: Streams,
  question: string,
  signal: AbortSignal,
  interrupt: () => void,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const lines = createInterface({ input: stdin, output: stderr });
  lines.on('SIGINT', interrupt);
  const ended = new Promise<undefined>((resolve) => {
    lines.once('close', () => resolve(undefined));
  });
  try {
    return await Promise.race([lines.question(question, { signal }), ended]);
  } finally {
    lines.close();
  }
}

async function readAll(stdin: InputStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
