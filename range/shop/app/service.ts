import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { RequestError, UpstreamError } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createRouter, type Found, type Route } from './router.ts';
import { type Trace, traceOf } from './trace.ts';

export type Service = {
  port: number;
  /** Stops being ready, waits until callers have noticed, finishes what is under way, and closes. */
  shutDown(): Promise<void>;
};

type Telemetry = { log: Log; metrics: Metrics };
type Answer = { status: number; body: unknown };

const bodyLimitBytes = 64 * 1024;
const slowMs = 1000;

/** Serves the routes, `/healthz`, `/readyz` and `/metrics`; resolves when the port is open. Port 0 takes a free one. */
export async function startService(
  routes: readonly Route[],
  options: Telemetry & {
    port: number;
    /** From "not ready" to "no new connections": the time that endpoints take to reach every node. */
    drainMs: number;
  },
): Promise<Service> {
  const { log, metrics, drainMs } = options;
  let ready = true;
  const probes: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/healthz': (response) => sendText(response, 200, 'ok\n'),
    '/readyz': (response) => sendText(response, ready ? 200 : 503, ready ? 'ready\n' : 'shutting down\n'),
    '/metrics': (response) => sendText(response, 200, metrics.expose()),
  };
  const exchange = exchanges(routes, options);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const probe = probes[url.pathname];
    if (probe !== undefined) return probe(response);
    exchange(request, url, response).catch((error: unknown) => {
      log.error('request lost', { error });
      response.destroy();
    });
  });
  const port = await listen(server, options.port);
  log.info('listening', { port });
  return {
    port,
    async shutDown() {
      ready = false;
      await new Promise((resolve) => setTimeout(resolve, drainMs));
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeIdleConnections();
      await promise;
    },
  };
}

type Exchange = (request: IncomingMessage, url: URL, response: ServerResponse) => Promise<void>;

/** One request and its answer, counted, timed and logged. */
function exchanges(routes: readonly Route[], { log, metrics }: Telemetry): Exchange {
  const find = createRouter(routes);
  // A counter that begins at 0 shows its first step; one that appears with it does not.
  for (const { method, path, status = 200 } of routes)
    metrics.increment('http_requests_total', { method, route: path, code: String(status) }, 0);
  return async (request, url, response) => {
    const startedAt = performance.now();
    const trace = traceOf(request.headers);
    const method = request.method ?? 'GET';
    const found = find(method, url.pathname);
    const route = found?.route.path ?? 'unknown';
    const { traceId, spanId, requestId } = trace;
    const requestLog = log.with({ method, route, traceId, spanId, requestId });
    const answer = await respond(request, url, trace, requestLog, found).catch((error: unknown) =>
      answerTo(error, requestLog),
    );
    await sendJson(response, answer);
    const durationMs = performance.now() - startedAt;
    metrics.increment('http_requests_total', { method, route, code: String(answer.status) });
    metrics.observeSeconds('http_request_duration_seconds', { method, route }, durationMs / 1000);
    if (durationMs > slowMs)
      requestLog.warn('slow request', { status: answer.status, durationMs: Math.round(durationMs) });
  };
}

async function respond(
  request: IncomingMessage,
  url: URL,
  trace: Trace,
  log: Log,
  found: Found | undefined,
): Promise<Answer> {
  if (found === undefined) throw new RequestError(404, `nothing at ${url.pathname}`);
  const call = { params: found.params, query: url.searchParams, body: await readJson(request), trace, log };
  return { status: found.route.status ?? 200, body: await found.route.handle(call) };
}

function answerTo(error: unknown, log: Log): Answer {
  if (error instanceof RequestError) {
    log.warn('request refused', { status: error.status, reason: error.message });
    return { status: error.status, body: { error: error.message } };
  }
  if (error instanceof UpstreamError) {
    log.error('upstream call failed', { destination: error.destination, code: error.code, error });
    return { status: 502, body: { error: error.message } };
  }
  log.error('unhandled error', { error });
  return { status: 500, body: { error: 'internal error' } };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > bodyLimitBytes) throw new RequestError(413, 'the body is too large');
  }
  if (sizeBytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new RequestError(400, `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Resolves when the answer is sent, and also when the caller has gone. */
function sendJson(response: ServerResponse, answer: Answer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.on('close', resolve);
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  return promise;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
}

function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.on('error', reject);
  server.listen(port, () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}
