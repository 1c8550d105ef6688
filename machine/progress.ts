import type { Configuration } from '#domain/configuration.ts';

export type Language = NonNullable<Configuration['language']>;

/** One thing that takes a while. */
export type ProgressTask = {
  /** What is being done just now: `12 of 80 MB`. Shown beside the time. */
  detail(text: string): void;
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
  task: () => ({ detail: () => undefined, done: () => undefined, failed: () => undefined }),
  note: () => undefined,
  close: () => undefined,
};
