import { randomBytes } from 'node:crypto';

/** Where a request stands in its trace (W3C Trace Context), and the id that its log lines share. */
export type Trace = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  sampled: string;
  requestId: string;
};

const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Continues the trace of an incoming request, or begins one. */
export function traceOf(headers: Readonly<Record<string, string | string[] | undefined>>): Trace {
  const parent = traceparentPattern.exec(String(headers.traceparent ?? ''));
  const requestId = headers['x-request-id'];
  return {
    traceId: parent?.[1] ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    ...(parent?.[2] === undefined ? {} : { parentSpanId: parent[2] }),
    sampled: parent?.[3] ?? '01',
    requestId: typeof requestId === 'string' && requestId !== '' ? requestId : randomBytes(6).toString('hex'),
  };
}

/** The headers that carry a trace on to the next service. */
export function traceHeaders(trace: Trace): Record<string, string> {
  return {
    traceparent: `00-${trace.traceId}-${trace.spanId}-${trace.sampled}`,
    'x-request-id': trace.requestId,
  };
}
