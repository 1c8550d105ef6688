import type { Span } from '#domain/tools/traces.ts';

/** A span as a trace store tells it, before it is put into our form. */
export type RawSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  /** Nanoseconds since the epoch. */
  readonly startNs: bigint;
  readonly durationMs: number;
  readonly status: 'ok' | 'error' | undefined;
  readonly attributes: Attributes;
  /** Of the process that made it. */
  readonly resource: Attributes;
  /** Things noted in the course of it, exceptions among them. */
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[];
};
export type Attributes = Readonly<Record<string, unknown>>;

const mostAttributes = 64;
const longestValue = 1_000;

/** Of the process: where it runs and which release it is. The rest (SDK, host, command line) tells nothing of a call. */
const tellingResource = /^(?:k8s\.|service\.|deployment\.|cloud\.(?:region|availability_zone)$|host\.name$)/;
/** Marks that are told by `status` already, or that a store adds for itself. */
const markers = /^(?:error|otel\.status_code|otel\.library\.|otel\.scope\.|internal\.|sampler\.)/;

function cut(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > longestValue ? `${value.slice(0, longestValue)}…` : value;
  return value;
}

function exceptionOf(span: RawSpan): Attributes {
  const exception = span.events.find(
    ({ name, attributes }) => name === 'exception' || attributes['exception.type'] !== undefined,
  );
  if (exception === undefined) return {};
  const fields = Object.entries(exception.attributes).filter(([key]) => key.startsWith('exception.'));
  return Object.fromEntries(fields);
}

/** RFC 3339 with microseconds: calls within one trace are shorter than a millisecond. */
function instantOfNs(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000n)).toISOString();
  const micros = String((ns / 1_000n) % 1_000n).padStart(3, '0');
  return `${whole.slice(0, -1)}${micros}Z`;
}

function podOf(resource: Attributes): string | undefined {
  const pod = resource['k8s.pod.name'];
  return typeof pod === 'string' && pod !== '' ? pod : undefined;
}

export function spanOf(span: RawSpan): Span {
  const resource = Object.entries(span.resource).filter(([key]) => tellingResource.test(key));
  const own = Object.entries(span.attributes).filter(([key]) => !markers.test(key));
  const entries = [...own, ...Object.entries(exceptionOf(span)), ...resource];
  const pod = podOf(span.resource);
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    service: span.service,
    ...(pod === undefined ? {} : { pod }),
    name: span.name,
    start: instantOfNs(span.startNs),
    durationMs: span.durationMs,
    ...(span.status === undefined ? {} : { status: span.status }),
    attributes: Object.fromEntries(entries.slice(0, mostAttributes).map(([key, value]) => [key, cut(value)])),
  };
}
