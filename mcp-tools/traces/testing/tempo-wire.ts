import { startWire, type WireAnswer, type WireServer } from '../../back-ends/testing/wire-server.ts';
import { otlpOf, type SampleTrace } from './sample-traces.ts';

/**
 * Tempo's query API at the wire, for tests: there is no Tempo to be had under a licence that this project may build with.
 * Written after Grafana's documentation of the HTTP API (`/api/search` with TraceQL, `/api/traces/<id>`, tag values), with
 * identifiers in base64, as protobuf's JSON has them, and without their leading zeros in a search.
 */
export function startTempoWire(
  kept: readonly SampleTrace[],
  options: { readonly tenant?: string } = {},
): Promise<WireServer> {
  return startWire(({ path, parameters, headers }) => {
    if (options.tenant !== undefined && headers['x-scope-orgid'] !== options.tenant) {
      return { status: 401, body: 'no org id' };
    }
    if (path === '/api/search') return search(parameters, kept);
    if (path === '/api/v2/search/tag/resource.service.name/values') {
      return { body: { tagValues: ['cart', 'checkout', 'web'].map((value) => ({ type: 'string', value })) } };
    }
    const id = /^\/api\/traces\/([0-9a-f]+)$/.exec(path)?.[1]?.padStart(32, '0');
    const trace = kept.find(({ traceId }) => traceId === id);
    if (trace === undefined) return { status: 404, body: 'trace not found' };
    return { body: { batches: base64Ids(otlpOf(trace)) } };
  });
}

function base64Ids(otlp: ReturnType<typeof otlpOf>): unknown {
  const recoded = JSON.stringify(otlp.resourceSpans, (key, value: unknown) =>
    /^(?:traceId|spanId|parentSpanId)$/.test(key)
      ? Buffer.from(String(value), 'hex').toString('base64')
      : value,
  );
  return JSON.parse(recoded);
}

const known = /^\{ (?:resource\.service\.name = "(?:web|checkout|cart)"(?: && )?)?(?:status = error)? ?\}$/;

function search(parameters: URLSearchParams, kept: readonly SampleTrace[]): WireAnswer {
  const query = parameters.get('q') ?? '';
  if (!known.test(query)) return { status: 400, body: `invalid TraceQL query: parse error: ${query}` };
  const startMs = Number(parameters.get('start')) * 1_000;
  const endMs = Number(parameters.get('end')) * 1_000;
  const found = kept
    .filter((trace) => trace.startMs >= startMs && trace.startMs <= endMs)
    .filter(({ failed }) => failed || !query.includes('status = error'))
    .slice(0, Number(parameters.get('limit') ?? 20));
  const traces = found.map(({ traceId, durationMs, startMs: ms }) => ({
    traceID: traceId.replace(/^0+/, ''),
    rootServiceName: 'web',
    rootTraceName: 'GET /checkout',
    startTimeUnixNano: `${ms}000000`,
    durationMs,
  }));
  return { body: { traces, metrics: { inspectedBytes: '1024' } } };
}
