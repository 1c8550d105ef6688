import type { Span } from '#domain/tools/traces.ts';
import { namesOfService } from './service-names.ts';
import type { TraceRequest } from './trace-store.ts';

type Trace = readonly Span[];

function rootOf(trace: Trace): Span | undefined {
  const ids = new Set(trace.map(({ spanId }) => spanId));
  return trace.find(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId)) ?? trace[0];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

type Weighed = {
  readonly trace: Trace;
  readonly failed: boolean;
  readonly slowness: number;
  readonly id: string;
};

/** How many times as long as usual, for what it does: a report that always takes a minute is not slow. */
function weighed(traces: readonly Trace[]): Weighed[] {
  const durations = new Map<string, number[]>();
  const keyed = traces.flatMap((trace) => {
    const root = rootOf(trace);
    if (root === undefined) return [];
    const key = `${root.service}\n${root.name}`;
    durations.set(key, [...(durations.get(key) ?? []), root.durationMs]);
    return [{ trace, root, key }];
  });
  return keyed.map(({ trace, root, key }) => ({
    trace,
    failed: trace.some(({ status }) => status === 'error'),
    slowness: root.durationMs / Math.max(median(durations.get(key) ?? []), 0.001),
    id: root.traceId,
  }));
}

/** Traces of several searches, each once, in a fixed order: failed ones first, then those that took longer than usual. */
export function worstFirst(traces: readonly Trace[]): Trace[] {
  const byId = new Map<string, Trace>();
  for (const trace of traces) {
    const id = trace[0]?.traceId;
    if (id === undefined) continue;
    // A search may bring a part of a trace that another brings whole.
    if ((byId.get(id)?.length ?? 0) < trace.length) byId.set(id, trace);
  }
  return weighed([...byId.values()])
    .toSorted(
      (a, b) => Number(b.failed) - Number(a.failed) || b.slowness - a.slowness || (a.id < b.id ? -1 : 1),
    )
    .map(({ trace }) => trace.toSorted(byStart));
}

/** By text within a millisecond alone: two spans may be written with different precision. */
function byStart(a: Span, b: Span): number {
  return Date.parse(a.start) - Date.parse(b.start) || (a.start < b.start ? -1 : a.start > b.start ? 1 : 0);
}

export function startsWithin(
  { start }: Span,
  { fromMs, toMs }: Pick<TraceRequest, 'fromMs' | 'toMs'>,
): boolean {
  const ms = Date.parse(start);
  return ms >= fromMs && ms <= toMs;
}

/**
 * What `traces_window` gives of traces, wherever they are kept. A trace fits as a whole: why a call of a service failed is told by
 * the spans of those that it called.
 */
export function spansThatFit(traces: readonly Trace[], request: TraceRequest): Span[] {
  const { service, onlyErrors } = request;
  const known = [...new Set(traces.flatMap((trace) => trace.map((span) => span.service)))];
  const names = service === undefined ? undefined : new Set(namesOfService(service, known));
  const isMeant = (span: Span): boolean =>
    (names === undefined || names.has(span.service)) && (!onlyErrors || span.status === 'error');
  const within = traces.map((trace) => trace.filter((span) => startsWithin(span, request)));
  return worstFirst(within.filter((trace) => trace.some(isMeant))).flat();
}
