import { Agent, request } from 'node:http';
import { isIP } from 'node:net';
import { RequestError, UpstreamError } from './errors.ts';
import type { Metrics } from './metrics.ts';
import { type Trace, traceHeaders } from './trace.ts';

export type Outgoing = { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: unknown; trace: Trace };

/** Calls one other service; answers the parsed JSON body. */
export type Client = {
  destination: string;
  /** Throws RequestError for a 4xx and UpstreamError for everything else that is no success. */
  call(outgoing: Outgoing): Promise<unknown>;
};

const timeoutMs = 5000;

// A connection for each call: every one goes through the Service, so that load spreads over replicas as they come and go.
const agent = new Agent({ keepAlive: false });

type Answer = { status: number; text: string };

function send(base: URL, outgoing: Outgoing): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const body = outgoing.body === undefined ? undefined : JSON.stringify(outgoing.body);
  const sent = request(new URL(outgoing.path, base), {
    method: outgoing.method,
    agent,
    family: 4,
    signal: AbortSignal.timeout(timeoutMs),
    headers: {
      ...traceHeaders(outgoing.trace),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  });
  sent.on('error', reject);
  sent.on('response', (response) => {
    response.setEncoding('utf8');
    let text = '';
    response.on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  sent.end(body);
  return promise;
}

/** The system's word for what went wrong. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'ETIMEDOUT';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function messageIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'error' in body) return String(body.error);
  } catch (error) {
    return error instanceof SyntaxError ? text.slice(0, 200) : String(error);
  }
  return text.slice(0, 200);
}

function parse(destination: string, outgoing: Outgoing, answer: Answer): unknown {
  const what = `${outgoing.method} ${outgoing.path}`;
  if (answer.status >= 500) {
    throw new UpstreamError(
      destination,
      String(answer.status),
      `${destination} answered ${answer.status} to ${what}: ${messageIn(answer.text)}`,
    );
  }
  if (answer.status >= 400) throw new RequestError(answer.status, messageIn(answer.text));
  return answer.text === '' ? undefined : JSON.parse(answer.text);
}

export function createClient(base: URL, metrics: Metrics): Client {
  const destination = isIP(base.hostname) ? base.host : (base.hostname.split('.')[0] ?? base.hostname);
  const record = (code: string, startedAt: number): void => {
    metrics.increment('http_client_requests_total', { destination, code });
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.observeSeconds('http_client_request_duration_seconds', { destination }, seconds);
  };
  const answerOf = async (outgoing: Outgoing): Promise<Answer> => {
    const startedAt = performance.now();
    try {
      const answer = await send(base, outgoing);
      record(String(answer.status), startedAt);
      return answer;
    } catch (error) {
      const code = codeOf(error);
      record(code, startedAt);
      const what = `${outgoing.method} ${base.origin}${outgoing.path}`;
      throw new UpstreamError(destination, code, `${what} failed: ${code}`, error);
    }
  };
  return {
    destination,
    call: async (outgoing) => parse(destination, outgoing, await answerOf(outgoing)),
  };
}
