import { toMs } from '#domain/time.ts';
import type { Span } from '#domain/tools/traces.ts';

/**
 * Spans as trees. The time of a span that none of its children takes is its own (self time; Sigelman et al., "Dapper",
 * Google 2010). What is recorded is never whole: parents are missing, ids come twice, clocks of hosts disagree.
 */
export type SpanNode = {
  readonly span: Span;
  readonly children: readonly SpanNode[];
  readonly parent: Span | undefined;
  readonly selfMs: number;
};

type Interval = readonly [number, number];

function covered(intervals: readonly Interval[]): number {
  let end = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const [from, to] of intervals.toSorted(([a], [b]) => a - b)) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}

/** A child's time within its parent. Clocks of hosts differ: one that lies outside though it would fit is moved inside. */
function within(parent: Interval, child: Interval): Interval {
  const length = Math.min(child[1] - child[0], parent[1] - parent[0]);
  const from = Math.min(Math.max(child[0], parent[0]), parent[1] - length);
  return [from, from + length];
}

const intervalOf = ({ start, durationMs }: Span): Interval => [toMs(start), toMs(start) + durationMs];

function selfOf(span: Span, children: readonly Span[]): number {
  const own = intervalOf(span);
  return Math.max(0, span.durationMs - covered(children.map((child) => within(own, intervalOf(child)))));
}

/** Spans whose ancestors lead back to them; each span is walked over once, however deep they are nested. */
function spansInRings(spans: readonly Span[], parentOf: (span: Span) => Span | undefined): Set<Span> {
  const rings = new Set<Span>();
  const walked = new Set<Span>();
  for (const start of spans) {
    const path: Span[] = [];
    const onPath = new Set<Span>();
    let at: Span | undefined = start;
    while (at !== undefined && !walked.has(at) && !onPath.has(at)) {
      path.push(at);
      onPath.add(at);
      at = parentOf(at);
    }
    if (at !== undefined && onPath.has(at)) for (const span of path.slice(path.indexOf(at))) rings.add(span);
    for (const span of path) walked.add(span);
  }
  return rings;
}

/** Every span with its children. Of two spans with one id the first counts; spans that are their own ancestors have no parent. */
export function spanNodes(spans: readonly Span[]): SpanNode[] {
  const byId = new Map<string, Span>();
  for (const span of spans) {
    const id = `${span.traceId} ${span.spanId}`;
    if (!byId.has(id)) byId.set(id, span);
  }
  const unique = [...byId.values()];
  const told = ({ traceId, parentSpanId }: Span) =>
    parentSpanId === undefined ? undefined : byId.get(`${traceId} ${parentSpanId}`);
  const rings = spansInRings(unique, told);
  const parents = new Map(unique.map((span) => [span, rings.has(span) ? undefined : told(span)]));
  const children = Map.groupBy(unique, (span) => parents.get(span));
  const nodes = new Map(
    unique.map((span) => {
      const node: SpanNode & { children: SpanNode[] } = {
        span,
        children: [],
        parent: parents.get(span),
        selfMs: selfOf(span, children.get(span) ?? []),
      };
      return [span, node] as const;
    }),
  );
  for (const node of nodes.values()) {
    if (node.parent !== undefined) nodes.get(node.parent)?.children.push(node);
  }
  return [...nodes.values()];
}
