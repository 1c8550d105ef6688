import { startWire, type WireRequest, type WireServer } from '../../back-ends/testing/wire-server.ts';
import { otlpOf, type SampleTrace } from './sample-traces.ts';

/**
 * Jaeger's query API at the wire, for tests, written after its documentation of `/api/traces`, `/api/services` and
 * `/api/dependencies`: what OTLP becomes in Jaeger's own form, the newest traces first, failures as `errors`.
 */
export function startJaegerWire(
  kept: readonly SampleTrace[],
  options: { readonly dependencies?: boolean } = {},
): Promise<WireServer> {
  return startWire((request) => {
    switch (request.path) {
      case '/api/services':
        return { body: { data: ['web', 'checkout', 'cart', 'jaeger-all-in-one'], total: 4, errors: null } };
      case '/api/traces':
        return search(request, kept);
      case '/api/dependencies': {
        const data =
          options.dependencies === true ? [{ parent: 'billing', child: 'ledger', callCount: 12 }] : [];
        return { body: { data, total: data.length, errors: null } };
      }
      default:
        return { body: '<!doctype html><title>Jaeger UI</title>', type: 'text/html' };
    }
  });
}

function search({ parameters }: WireRequest, kept: readonly SampleTrace[]) {
  if (!parameters.has('service')) {
    const errors = [{ code: 400, msg: "parameter 'service' is required" }];
    return { status: 400, body: { data: null, total: 0, errors } };
  }
  const startMs = Number(parameters.get('start')) / 1_000;
  const endMs = Number(parameters.get('end')) / 1_000;
  const tags = JSON.parse(parameters.get('tags') ?? '{}');
  const leastMs = Number(parameters.get('minDuration')?.replace(/us$/, '') ?? 0) / 1_000;
  const data = kept
    .filter((trace) => trace.startMs >= startMs && trace.startMs <= endMs)
    .filter(({ failed }) => failed || tags.error !== 'true')
    .filter(({ durationMs }) => durationMs >= leastMs)
    .toSorted((a, b) => b.startMs - a.startMs)
    .slice(0, Number(parameters.get('limit') ?? 20))
    .map(jaegerOf);
  return { body: { data, total: 0, limit: 0, offset: 0, errors: null } };
}

type Otlp = ReturnType<typeof otlpOf>;
type OtlpSpan = { traceId: string; spanId: string; parentSpanId?: string; name: string; kind: number } & {
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: readonly { key: string; value: Readonly<Record<string, unknown>> }[];
  status: { code?: number };
  events?: readonly { name: string; attributes: OtlpSpan['attributes'] }[];
};

const tagsOf = (attributes: OtlpSpan['attributes']) =>
  attributes.map(({ key, value }) => ({ key, type: 'string', value: value.stringValue }));

function jaegerOf(trace: SampleTrace) {
  const resources: Otlp['resourceSpans'] = otlpOf(trace).resourceSpans;
  const processes = resources.map(({ resource }, index) => {
    const attributes: OtlpSpan['attributes'] = resource.attributes;
    const service = attributes.find(({ key }) => key === 'service.name')?.value.stringValue;
    return [
      `p${index + 1}`,
      { serviceName: service, tags: tagsOf(attributes.filter(({ key }) => key !== 'service.name')) },
    ];
  });
  const spans = resources.flatMap(({ scopeSpans }, index) =>
    scopeSpans.flatMap((scope) =>
      (scope.spans as readonly OtlpSpan[]).map((span) => jaegerSpan(span, `p${index + 1}`)),
    ),
  );
  return { traceID: trace.traceId, spans, processes: Object.fromEntries(processes), warnings: null };
}

function jaegerSpan(span: OtlpSpan, processID: string) {
  const startTime = Number(BigInt(span.startTimeUnixNano) / 1_000n);
  const isError = span.status.code === 2;
  const { traceId: traceID, parentSpanId } = span;
  return {
    traceID,
    spanID: span.spanId,
    operationName: span.name,
    references: parentSpanId === undefined ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parentSpanId }],
    startTime,
    duration: Number(BigInt(span.endTimeUnixNano) / 1_000n) - startTime,
    tags: [
      ...tagsOf(span.attributes),
      { key: 'span.kind', type: 'string', value: span.kind === 2 ? 'server' : 'client' },
      ...(isError
        ? [
            { key: 'otel.status_code', type: 'string', value: 'ERROR' },
            { key: 'error', type: 'bool', value: true },
          ]
        : []),
      { key: 'internal.span.format', type: 'string', value: 'otlp' },
    ],
    logs: (span.events ?? []).map(({ name, attributes }) => ({
      timestamp: startTime,
      fields: [{ key: 'event', type: 'string', value: name }, ...tagsOf(attributes)],
    })),
    processID,
    warnings: null,
  };
}
