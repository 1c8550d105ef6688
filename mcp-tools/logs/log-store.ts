import type { Emitter } from '#domain/tools/emitter.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import type { CallCost } from '../back-ends/json-back-end.ts';
import type { TimeWindow } from '../back-ends/window.ts';

/** What is read of a store of logs. */
export type StoreRead = TimeWindow & {
  /** The cluster that is meant, where the store tells them apart. */
  readonly cluster: string | undefined;
  readonly emitter: Emitter;
  /** Literal part of the line, case ignored. */
  readonly contains?: string | undefined;
  /** Only lines that hold a word of trouble, for logs that are too long to be read whole. */
  readonly graveOnly?: boolean;
  /** The newest ones, where there are more. */
  readonly mostLines: number;
};

export type StoreLines = {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  readonly truncated: boolean;
  readonly gaps: readonly string[];
  /** What to try when nothing was found. */
  readonly hint?: string;
};

/** A store of logs, behind its query API. All throw UnderstudyError. */
export type LogStore = {
  readonly name: string;
  readonly read: (read: StoreRead, signal: AbortSignal) => Promise<StoreLines>;
  /** In the store's own language; the newest lines of the window. */
  readonly query: (
    query: string,
    read: TimeWindow & { readonly mostLines: number },
    signal: AbortSignal,
  ) => Promise<StoreLines>;
};

/** What one tool call may ask of a store, all its requests together. */
export type LogStoreLimits = {
  readonly timeoutMs: number;
  readonly maxQueries: number;
  readonly maxBytes: number;
  readonly maxRangeMs: number;
};

export const defaultLogStoreLimits: LogStoreLimits = {
  timeoutMs: 20_000,
  maxQueries: 40,
  maxBytes: 48 * 1024 * 1024,
  maxRangeMs: 24 * 3_600_000,
};

export type LogStoreOptions = {
  readonly url: string;
  readonly authorizationFile?: string | undefined;
  readonly limits?: Partial<LogStoreLimits>;
  /** Told after each call what it has cost the store. */
  readonly recordCost?: (cost: CallCost) => void;
};

/**
 * Words that a line of trouble holds, in lower case; a filter that lets too much through, so that little is lost. What
 * the lines say is judged when they are here.
 */
export const graveWords = [
  ...['warn', 'error', 'err', 'fail', 'fatal', 'panic', 'critical', 'severe', 'emerg', 'alert', 'exception'],
  ...['traceback', 'unhandled', 'uncaught', 'refused', 'timeout', 'timed out', 'denied', 'killed', 'abort'],
] as const;
