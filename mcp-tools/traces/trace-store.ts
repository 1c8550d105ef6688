import type { TopologyEdge } from '#domain/tools/topology.ts';
import type { Span } from '#domain/tools/traces.ts';
import type { CallCost } from '../back-ends/json-back-end.ts';
import type { TimeWindow } from '../back-ends/window.ts';

/** What to look for in a store of traces. */
export type TraceRequest = TimeWindow & {
  /** Traces that this service takes part in; absent: of every service, fewer of each. */
  readonly service: string | undefined;
  readonly onlyErrors: boolean;
};

export type TracesFound = {
  /** Spans of whole traces, each trace's together. */
  readonly traces: readonly (readonly Span[])[];
  /** The store held more than was asked for. */
  readonly truncated: boolean;
  readonly gaps: readonly string[];
  readonly hint?: string;
};

/** One store of traces, behind its query API. All throw UnderstudyError. */
export type TraceStore = {
  readonly find: (request: TraceRequest, signal: AbortSignal) => Promise<TracesFound>;
  /** Call edges that the store has added up by itself; absent where it has no such thing. */
  readonly edges?: (window: TimeWindow, signal: AbortSignal) => Promise<readonly TopologyEdge[]>;
};

/** What one tool call may ask of a store of traces, all its requests together. */
export type TraceLimits = {
  readonly timeoutMs: number;
  readonly maxQueries: number;
  readonly maxBytes: number;
  readonly concurrency: number;
  /** Traces that are looked for in one search. */
  readonly tracesPerSearch: number;
  /** Services that are looked at where none is named. */
  readonly maxServices: number;
  readonly maxRangeMs: number;
};

export const defaultTraceLimits: TraceLimits = {
  timeoutMs: 15_000,
  maxQueries: 120,
  maxBytes: 32 * 1024 * 1024,
  concurrency: 4,
  tracesPerSearch: 60,
  maxServices: 25,
  maxRangeMs: 24 * 3_600_000,
};

export type TraceStoreOptions = {
  readonly url: string;
  /** File with the value of the `Authorization` header. */
  readonly authorizationFile?: string | undefined;
  readonly limits?: Partial<TraceLimits>;
  /** Told after each call what it has cost the store. */
  readonly recordCost?: (cost: CallCost) => void;
};
