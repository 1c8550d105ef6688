/** A request through a shop, as OTLP: web calls checkout, which calls cart and a database; for tests. */
export type SampleTrace = {
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly failed: boolean;
};

type Attribute = { readonly key: string; readonly value: Readonly<Record<string, unknown>> };

const text = (key: string, stringValue: string): Attribute => ({ key, value: { stringValue } });
const ns = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

const kinds = { server: 2, client: 3 } as const;

/** OTLP's JSON (`ExportTraceServiceRequest`) of one trace: ids in hexadecimal digits. */
export function otlpOf({ traceId, startMs, durationMs, failed }: SampleTrace) {
  const span = (
    id: string,
    parent: string,
    name: string,
    kind: keyof typeof kinds,
    share: number,
    attributes: readonly Attribute[],
    error?: string,
  ) => ({
    traceId,
    spanId: `${traceId.slice(0, 15)}${id}`,
    ...(parent === '' ? {} : { parentSpanId: `${traceId.slice(0, 15)}${parent}` }),
    name,
    kind: kinds[kind],
    startTimeUnixNano: ns(startMs + Number(id)),
    endTimeUnixNano: ns(startMs + Number(id) + durationMs * share),
    attributes,
    ...(error === undefined
      ? { status: {} }
      : {
          status: { code: 2, message: error },
          events: [
            {
              name: 'exception',
              timeUnixNano: ns(startMs + 2),
              attributes: [text('exception.type', 'TimeoutError'), text('exception.message', error)],
            },
          ],
        }),
  });
  const resource = (service: string, pod: string, spans: readonly unknown[]) => ({
    resource: {
      attributes: [
        text('service.name', service),
        text('k8s.pod.name', pod),
        text('k8s.namespace.name', 'shop'),
        text('service.version', '1.2.3'),
        text('telemetry.sdk.name', 'opentelemetry'),
      ],
    },
    scopeSpans: [{ scope: { name: 'sample' }, spans }],
  });
  const error = failed ? 'cart did not answer in time' : undefined;
  return {
    resourceSpans: [
      resource('web', 'web-0', [
        span('0', '', 'GET /checkout', 'server', 1, [text('http.route', '/checkout')], error),
      ]),
      resource('checkout', 'checkout-0', [
        span('1', '0', 'POST /checkout', 'server', 0.9, [], error),
        span('2', '1', 'GET cart', 'client', 0.5, [text('server.address', 'cart-svc.shop.svc')], error),
        span('4', '1', 'SELECT orders', 'client', 0.1, [
          text('server.address', 'orders-db'),
          text('db.system', 'postgresql'),
        ]),
      ]),
      resource('cart', 'cart-0', [span('3', '2', 'GET /cart', 'server', 0.4, [])]),
    ],
  };
}

/** Ordinary traces, one of them slow and one failed, over ten minutes from a start. */
export function sampleTraces(startMs: number): SampleTrace[] {
  return Array.from({ length: 12 }, (_, index) => ({
    traceId: `${(index + 1).toString(16).padStart(2, '0')}${'ab'.repeat(15)}`,
    startMs: startMs + index * 50_000,
    durationMs: index === 4 ? 2_500 : 50 + index,
    failed: index === 7,
  }));
}
