import pc from 'picocolors';
import type { Configuration } from '#domain/configuration.ts';
import { textsIn } from './texts.ts';

export type Language = NonNullable<Configuration['language']>;

/** One thing that takes a while. */
export type ProgressTask = {
  /** What is being done just now: `12 MB`. Shown beside the time. */
  detail(text: string): void;
  /** From now on it takes about this long: another way is tried. */
  expect(estimateMs: number): void;
  done(text?: string): void;
  failed(text: string): void;
};

/** Tells a person what is going on: one updating line a task on a terminal, plain lines everywhere else. */
export type Progress = {
  readonly language: Language;
  task(title: string, options?: { estimateMs?: number }): ProgressTask;
  /** A line of its own, above the tasks. */
  note(text: string): void;
  /** Ends the updating; tasks still open leave their last line. */
  close(): void;
};

/** Says nothing, for tests and quiet commands. */
export const silentProgress: Progress = {
  language: 'en',
  task: () => ({
    detail: () => undefined,
    expect: () => undefined,
    done: () => undefined,
    failed: () => undefined,
  }),
  note: () => undefined,
  close: () => undefined,
};

/** Where progress goes: standard error or output. */
export type ProgressStream = { write(text: string): unknown; isTTY?: boolean; columns?: number };

type Open = {
  title: string;
  startedMs: number;
  /** Counted from the start of the task. */
  estimateMs: number | undefined;
  detail: string;
};

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const redrawMs = 120;
const plainLineMs = 10_000;
/** How many times its estimate something takes when the estimate is not held to any more. */
const muchLonger = 1.25;
const defaultColumns = 80;

/** Progress on a stream: redrawn lines when it is a terminal, otherwise a line at start and end and every ten seconds between. */
export function createProgress(options: { stream: ProgressStream; language?: Language }): Progress {
  const { stream, language = 'en' } = options;
  return stream.isTTY === true ? onTerminal(stream, language) : inPlainLines(stream, language);
}

function inPlainLines(stream: ProgressStream, language: Language): Progress {
  const open = new Set<NodeJS.Timeout>();
  const write = (text: string) => stream.write(`${text}\n`);
  return {
    language,
    note: write,
    task: (title, { estimateMs } = {}) => {
      const state: Open = { title, startedMs: performance.now(), estimateMs, detail: '' };
      write(`${title} …${estimateMs === undefined ? '' : ` (${textsIn(language).about(estimateMs)})`}`);
      const timer = setInterval(() => write(`${title} … ${elapsedAndLeft(state, language)}`), plainLineMs);
      open.add(timer.unref());
      const end = (mark: string) => (text?: string) => {
        clearInterval(timer);
        open.delete(timer);
        write(`${mark} ${ended(state, text, language)}`);
      };
      return {
        ...changing(state),
        expect: (ms) => {
          changing(state).expect(ms);
          write(`${title} … ${elapsedAndLeft(state, language)}`);
        },
        done: end('✓'),
        failed: end('✗'),
      };
    },
    close: () => {
      for (const timer of open) clearInterval(timer);
    },
  };
}

function onTerminal(stream: ProgressStream, language: Language): Progress {
  const open = new Set<Open>();
  let drawnLines = 0;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (above: string) => {
    const erase = drawnLines === 0 ? '' : `\u001b[${drawnLines}A\u001b[0J`;
    const mark = pc.cyan(spinner[frame % spinner.length] ?? '');
    const lines = [...open].map(
      (state) => `${mark} ${fitted(`${state.title}  ${elapsedAndLeft(state, language)}`, stream)}\n`,
    );
    stream.write(`${erase}${above}${lines.join('')}`);
    drawnLines = lines.length;
  };
  const tick = () => {
    frame += 1;
    draw('');
  };
  const stopWhenIdle = () => {
    if (open.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    language,
    note: (text) => draw(`${text}\n`),
    task: (title, { estimateMs } = {}) => {
      const state: Open = { title, startedMs: performance.now(), estimateMs, detail: '' };
      open.add(state);
      timer ??= setInterval(tick, redrawMs).unref();
      draw('');
      const end = (mark: string) => (text?: string) => {
        open.delete(state);
        draw(`${mark} ${ended(state, text, language)}\n`);
        stopWhenIdle();
      };
      return {
        ...changing(state),
        done: end(pc.green('✓')),
        failed: end(pc.yellow('✗')),
      };
    },
    close: () => {
      clearInterval(timer);
      open.clear();
    },
  };
}

function changing(state: Open): Pick<ProgressTask, 'detail' | 'expect'> {
  return {
    detail: (text) => {
      state.detail = text;
    },
    expect: (estimateMs) => {
      state.estimateMs = performance.now() - state.startedMs + estimateMs;
    },
  };
}

function elapsedAndLeft(state: Open, language: Language): string {
  const elapsedMs = performance.now() - state.startedMs;
  const texts = textsIn(language);
  const left = state.estimateMs === undefined ? '' : timeLeft(state.estimateMs, elapsedMs, texts);
  return [texts.duration(elapsedMs), left, state.detail].filter((part) => part !== '').join(' · ');
}

/** An estimate that was wrong by much is no estimate any more, and it is said. */
function timeLeft(estimateMs: number, elapsedMs: number, texts: ReturnType<typeof textsIn>): string {
  if (elapsedMs < estimateMs) return texts.left(estimateMs - elapsedMs);
  return elapsedMs < estimateMs * muchLonger ? texts.anyMoment : texts.longerThanUsual;
}

function ended(state: Open, text: string | undefined, language: Language): string {
  const took = textsIn(language).duration(performance.now() - state.startedMs);
  return `${state.title}${text === undefined ? '' : `: ${text}`} (${took})`;
}

/** A line that wraps cannot be redrawn in place. Wide (CJK) characters take two columns. */
function fitted(text: string, stream: ProgressStream): string {
  // A terminal that does not know its width says 0.
  let columns = (stream.columns || defaultColumns) - 4;
  let end = 0;
  for (const character of text) {
    columns -= (character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1;
    if (columns < 0) return `${text.slice(0, end)}…`;
    end += character.length;
  }
  return text;
}
