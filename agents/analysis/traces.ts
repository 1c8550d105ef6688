import type { Span } from '#domain/tools/traces.ts';
import { baselineOf, median, quantile } from './robust-score.ts';
import { type SpanNode, spanNodes } from './span-nodes.ts';

/**
 * Where failures and time in traces come from. A failure begins in the deepest span that failed without a failed child. What requests take
 * longer than before is laid to the services by what their own time grew, as in Nezha's and TraceRCA's comparison with
 * traces of quiet times (Li et al., IWQoS 2021; Yu et al., FSE 2023).
 */

const peerAttributes = [
  'peer.service',
  'server.address',
  'net.peer.name',
  'db.name',
  'messaging.destination.name',
];

/** Who a span calls, as far as it says so. */
function peerOf({ attributes }: Span): string | undefined {
  return peerAttributes
    .map((name) => attributes[name])
    .find((value): value is string => typeof value === 'string');
}

const operationOf = ({ service, name }: Span) => `${service}\n${name}`;

/** The services that an operation's spans mostly lead to, from spans whose callee was recorded. */
function calleesOf(nodes: readonly SpanNode[]): Map<string, string> {
  const callees = new Map<string, string>();
  for (const { span, children } of nodes) {
    const [other] = children.filter((child) => child.span.service !== span.service);
    if (other !== undefined && children.length === 1) callees.set(operationOf(span), other.span.service);
  }
  return callees;
}

const canceled =
  /context cancell?ed|cancell?ed by (the )?(client|caller)|client (closed|disconnected)|^cancell?ed$/i;

/** Its caller gave up: whatever is wrong, it is not what this span did. gRPC's code for it is 1, and nginx's 499. */
function wasGivenUp({ attributes }: Span): boolean {
  const code =
    attributes['rpc.grpc.status_code'] ??
    attributes['http.status_code'] ??
    attributes['http.response.status_code'];
  if (['1', '499'].includes(String(code))) return true;
  return Object.values(attributes).some((value) => typeof value === 'string' && canceled.test(value));
}

const hasFailed = (span: Span) => span.status === 'error' && !wasGivenUp(span);

/** The service in which a failed span's failure began; undefined where a child of it failed. */
function originOf(node: SpanNode, usualCallees: ReadonlyMap<string, string>): string | undefined {
  const { span, children } = node;
  if (!hasFailed(span) || children.some((child) => hasFailed(child.span))) return undefined;
  // A call that failed, and of which the called one knows nothing, did not get there.
  const missing = children.length === 0 ? (usualCallees.get(operationOf(span)) ?? peerOf(span)) : undefined;
  return missing ?? span.service;
}

/** What the traces say of one service. */
export type TraceFinding = {
  readonly service: string;
  /** Part of the traces in which a failure began there, before and now. */
  readonly failingBefore: number;
  readonly failing: number;
  /** Part of an operation's work that ended early there, beyond what did before. */
  readonly cutShort: number;
  /** Milliseconds per trace that its own time grew by. */
  readonly slowerMs: number;
  /** Part of all that grew. */
  readonly slowerPart: number;
  /** Spans per trace, before and now: below the half it is not reached any more. */
  readonly callsBefore: number;
  readonly calls: number;
  /** The span that shows it best. */
  readonly example: Span | undefined;
};

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  return new Map([...Map.groupBy(items, keyOf)].map(([key, same]) => [key, same.length]));
}

function originsIn(nodes: readonly SpanNode[], usualCallees: ReadonlyMap<string, string>) {
  return nodes.flatMap((node) => {
    const service = originOf(node, usualCallees);
    return service === undefined ? [] : [{ service, node }];
  });
}

/** Most of an operation's own time is noise below this. */
const leastMs = 0.5;
const leastPart = 0.1;
/** A shift within this part of the usual spread is chance. */
const chancePart = 0.75;
const tail = 0.9;

/** True where an operation's own time, or that of its slowest, grew by more than it varies anyway. */
function hasGrown(before: readonly number[], now: readonly number[]): boolean {
  const usual = baselineOf(before, 'either');
  if (usual === undefined) return false;
  const least = Math.max(leastMs, usual.median * leastPart, usual.spread * chancePart);
  const tailBefore = quantile(before, tail);
  const tailLeast = Math.max(least, tailBefore * leastPart, tailBefore - usual.median);
  return median(now) - usual.median > least || quantile(now, tail) - tailBefore > tailLeast;
}

/** An operation's own time: how much it grew by a call, and how often it is called in a trace. */
type Growth = {
  readonly service: string;
  /** Whom it only waits for, where it is a call. */
  readonly callee: string | undefined;
  readonly moreMs: number;
  readonly calls: number;
};

function growths(
  before: readonly SpanNode[],
  now: readonly SpanNode[],
  traces: number,
  usualCallees: ReadonlyMap<string, string>,
): Growth[] {
  const usual = Map.groupBy(before, ({ span }) => operationOf(span));
  return [...Map.groupBy(now, ({ span }) => operationOf(span))].flatMap(([operation, same]) => {
    const service = same[0]?.span.service;
    if (service === undefined) return [];
    const quiet = (usual.get(operation) ?? []).map(({ selfMs }) => selfMs);
    const times = same.map(({ selfMs }) => selfMs);
    const grown = hasGrown(quiet, times);
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const moreMs = grown ? Math.max(0, mean - median(quiet)) : 0;
    return [{ service, callee: usualCallees.get(operation), moreMs, calls: same.length / traces }];
  });
}

/** How much all calls of a service grew by, whomever they go to, where they go to more than one. */
function commonGrowth(calls: readonly Growth[]): number {
  const byCallee = [...Map.groupBy(calls, ({ callee }) => callee).values()];
  if (byCallee.length < 2) return 0;
  return Math.min(...byCallee.map((same) => Math.max(...same.map(({ moreMs }) => moreMs))));
}

/**
 * How much longer than in quiet times each service's own work takes, per trace. What a call waits beyond the work that its
 * callee tells of is the way's or the callee's; where all calls of a caller wait so, the caller is the one that is slow.
 */
function slowerBy(all: readonly Growth[]): Map<string, number> {
  const grown = new Map<string, number>();
  const add = (service: string, ms: number) => grown.set(service, (grown.get(service) ?? 0) + ms);
  for (const [service, own] of Map.groupBy(all, (growth) => growth.service)) {
    const calls = own.filter(({ callee }) => callee !== undefined);
    const common = commonGrowth(calls);
    for (const { callee, moreMs, calls: often } of own) {
      if (callee === undefined) add(service, moreMs * often);
      else {
        add(service, Math.min(common, moreMs) * often);
        add(callee, Math.max(0, moreMs - common) * often);
      }
    }
  }
  return grown;
}

const fewestSpans = 5;
/** An operation that mostly makes so many calls is meant to. */
const mostlyPart = 0.6;

type Counts = { readonly usual: number; readonly part: number };

/** How many calls an operation's spans mostly make, and how many of them do so. */
function usualCalls(nodes: readonly SpanNode[]): Counts | undefined {
  if (nodes.length < fewestSpans) return undefined;
  const counts = countBy(nodes, ({ children }) => String(children.length));
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most === undefined ? undefined : { usual: Number(most[0]), part: most[1] / nodes.length };
}

/**
 * Work that ended before all its calls were made: an operation that mostly makes n calls made fewer, and none of those that
 * it made was cut short itself. Code that gives up says so even where no span has a status.
 */
function cutShortIn(before: readonly SpanNode[], now: readonly SpanNode[]): Map<string, number> {
  const quiet = Map.groupBy(before, ({ span }) => operationOf(span));
  const short = new Set<SpanNode>();
  const judged: {
    readonly service: string;
    readonly same: readonly SpanNode[];
    readonly earlier: readonly SpanNode[];
    readonly usual: number;
  }[] = [];
  for (const [operation, same] of Map.groupBy(now, ({ span }) => operationOf(span))) {
    const earlier = quiet.get(operation) ?? [];
    const calls = usualCalls(earlier) ?? usualCalls(same);
    if (calls === undefined || calls.usual === 0 || calls.part < mostlyPart || same.length < fewestSpans)
      continue;
    for (const node of same) if (node.children.length < calls.usual) short.add(node);
    judged.push({ service: same[0]?.span.service ?? '', same, earlier, usual: calls.usual });
  }
  const parts = new Map<string, number>();
  for (const { service, same, earlier, usual } of judged) {
    const own = same.filter((node) => short.has(node) && !node.children.some((child) => short.has(child)));
    const usualPart =
      earlier.length < fewestSpans
        ? 0
        : earlier.filter(({ children }) => children.length < usual).length / earlier.length;
    const more = own.length < 2 ? 0 : own.length / same.length - usualPart;
    parts.set(service, Math.max(parts.get(service) ?? 0, more));
  }
  return parts;
}

const tracesOf = (nodes: readonly SpanNode[]) => new Set(nodes.map(({ span }) => span.traceId)).size;

function exampleOf(
  service: string,
  now: readonly SpanNode[],
  origins: ReturnType<typeof originsIn>,
): Span | undefined {
  const failed = origins.find((origin) => origin.service === service)?.node.span;
  if (failed !== undefined) return failed;
  return now
    .filter(({ span }) => span.service === service)
    .reduce<SpanNode | undefined>(
      (most, node) => (most === undefined || node.selfMs > most.selfMs ? node : most),
      undefined,
    )?.span;
}

/** What changed in the traces, by service. Both parts may be samples: only shares and times per trace are compared. */
export function traceFindings(beforeSpans: readonly Span[], nowSpans: readonly Span[]): TraceFinding[] {
  const before = spanNodes(beforeSpans);
  const now = spanNodes(nowSpans);
  const [tracesBefore, traces] = [Math.max(1, tracesOf(before)), Math.max(1, tracesOf(now))];
  const usualCallees = calleesOf([...before, ...now]);
  const [originsBefore, origins] = [originsIn(before, usualCallees), originsIn(now, usualCallees)];
  const failedBefore = countBy(originsBefore, ({ service }) => service);
  const failed = countBy(origins, ({ service }) => service);
  const grown = slowerBy(growths(before, now, traces, usualCallees));
  const all = [...grown.values()].reduce((sum, ms) => sum + Math.max(0, ms), 0);
  const cutShort = cutShortIn(before, now);
  const callsBefore = countBy(before, ({ span }) => span.service);
  const calls = countBy(now, ({ span }) => span.service);
  const services = new Set([...callsBefore.keys(), ...calls.keys(), ...failed.keys()]);
  return [...services].map((service) => {
    const slowerMs = Math.max(0, grown.get(service) ?? 0);
    return {
      service,
      failingBefore: (failedBefore.get(service) ?? 0) / tracesBefore,
      failing: (failed.get(service) ?? 0) / traces,
      cutShort: cutShort.get(service) ?? 0,
      slowerMs,
      slowerPart: all === 0 ? 0 : slowerMs / all,
      callsBefore: (callsBefore.get(service) ?? 0) / tracesBefore,
      calls: (calls.get(service) ?? 0) / traces,
      example: exampleOf(service, now, origins),
    };
  });
}

/** Milliseconds that a trace takes, the middle of all. */
export function usualTraceMs(spans: readonly Span[]): number {
  const roots = spanNodes(spans).filter(({ parent }) => parent === undefined);
  return median(roots.map(({ span }) => span.durationMs));
}

/** A hundredth of the traces failing is 1, on the scale of strengths; every doubling adds 1. */
const failingUnit = 0.01;
/** A tenth more time is 1. */
const slowerUnit = 0.1;
const fewestFailing = 0.002;

/** So much of an operation's work that ends early is 1. */
const cutShortUnit = 0.08;

export function failingStrength({ failing, failingBefore, cutShort }: TraceFinding): number {
  const more = failing - failingBefore;
  const failed = more < fewestFailing || failing < 2 * failingBefore ? 0 : Math.log2(1 + more / failingUnit);
  return Math.max(failed, Math.log2(1 + Math.max(0, cutShort) / cutShortUnit));
}

export function slowerStrength({ slowerMs, slowerPart }: TraceFinding, usualMs: number): number {
  if (!(usualMs > 0)) return 0;
  return slowerPart * Math.log2(1 + slowerMs / usualMs / slowerUnit);
}
