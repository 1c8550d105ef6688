import type { Span } from '#domain/tools/traces.ts';

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
    .map(({ trace }) => trace.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0)));
}
