import { UnderstudyError } from '#domain/errors.ts';
import { formatDuration } from './duration.ts';
import type { Terminal } from './terminal.ts';
import { readableColumns } from './views/layout.ts';
import type { Style } from './views/style.ts';
import type { Language, Words } from './words/words.ts';

/** `ndjson`: one JSON value a line, for what is long or comes bit by bit. */
export const outputForms = ['table', 'json', 'ndjson'] as const;
export type OutputForm = (typeof outputForms)[number];

/** What every command works with. */
export type CliContext = {
  readonly terminal: Terminal;
  readonly words: Words;
  readonly language: Language;
  /** Form of the data on stdout. */
  readonly output: OutputForm;
  readonly verbose: boolean;
  /** From --timeout. */
  readonly timeoutMs: number | undefined;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly cwd: string;
  /** Aborted by Ctrl-C, by SIGTERM, and when the time of --timeout is over. */
  readonly signal: AbortSignal;
  /** What the shell calls this program, for examples that can be pasted. */
  readonly programName: string;
};

/** Prints data: as JSON where that was asked for, as text for people otherwise. */
export function printData(context: CliContext, data: unknown, text: () => string): void {
  const { terminal, output } = context;
  if (output === 'table') terminal.out(text());
  else if (output === 'json') terminal.out(JSON.stringify(data, undefined, 2));
  else for (const one of Array.isArray(data) ? data : [data]) terminal.out(JSON.stringify(one));
}

/** Layout for what goes to stdout. */
export function outputStyle(context: CliContext): Style {
  return styleWith(context, context.terminal.paint.out);
}

/** Layout for messages, which go to stderr. */
export function messageStyle(context: CliContext): Style {
  return styleWith(context, context.terminal.paint.messages);
}

function styleWith({ words, language, terminal }: CliContext, paint: Style['paint']): Style {
  return { words, language, paint, columns: readableColumns(terminal.columns) };
}

/** The signal, aborted with a `timeout` error too when the work takes too long; --timeout wins over the default. */
export function withDeadline(context: CliContext, defaultMs: number): AbortSignal {
  // Then it is in the context's signal already.
  if (context.timeoutMs !== undefined) return context.signal;
  return AbortSignal.any([context.signal, deadlineSignal(defaultMs, context.words)]);
}

/** A signal that aborts with a `timeout` error; it does not keep the process alive. */
export function deadlineSignal(timeoutMs: number, words: Words): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort(
      new UnderstudyError('timeout', words.error.timeout(formatDuration(timeoutMs, words.units))),
    );
  }, timeoutMs).unref();
  return controller.signal;
}

/** `understudy incident ls`, as it can be pasted here. */
export function commandLine(context: CliContext, ...words: readonly string[]): string {
  return [context.programName, ...words].join(' ');
}
