import { type Dispatcher, request as httpRequest } from 'undici';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { failureOfResponse } from './api-failure.ts';
import { openCredentials } from './credentials.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export type ApiRequest = {
  /** Default GET. */
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From the root: `/apis/apps/v1/deployments`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
  /** Default 15,000. */
  readonly timeoutMs?: number;
  /** Most bytes of an answer; default 64 MiB. */
  readonly maxBytes?: number;
};

/**
 * A plain client of one API server: what it prints is what comes back, no field lost or re-typed. Failures are
 * UnderstudyErrors: the API server's refusals by their HTTP status (see `failureOfResponse`), `unavailable` where it cannot
 * be reached or makes no sense, `timeout` where it is too slow.
 */
export type ApiClient = {
  readonly cluster: string;
  readonly json: (request: ApiRequest) => Promise<unknown>;
  /** Text, cut at `maxBytes`. */
  readonly text: (request: ApiRequest) => Promise<{ readonly text: string; readonly truncated: boolean }>;
};

const defaultTimeoutMs = 15_000;
const defaultMaxBytes = 64 * 1024 * 1024;

function urlOf(baseUrl: string, request: ApiRequest): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  return `${baseUrl}${request.path}${query.size === 0 ? '' : `?${query}`}`;
}

async function readBody(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
): Promise<{ text: string; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > maxBytes) {
      chunks.push(buffer.subarray(0, buffer.length - (bytes - maxBytes)));
      body.destroy();
      return { text: Buffer.concat(chunks).toString('utf8'), truncated: true };
    }
    chunks.push(buffer);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), truncated: false };
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `${messageOf(error) || 'connection failed'}${code}`;
}

/** A kept-alive connection that the other side had closed meanwhile: nothing was answered, so a read may be sent again. */
function isStaleConnection(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

export function createApiClient(access: ClusterAccess): ApiClient {
  const cluster = access.name;
  const credentials = openCredentials(access);

  const send = async (request: ApiRequest, signal: AbortSignal) => {
    const { baseUrl, headers, dispatcher } = await credentials();
    const method = request.method ?? 'GET';
    const response = await httpRequest(urlOf(baseUrl, request), {
      method,
      headers: {
        ...headers,
        Accept: request.accept ?? 'application/json',
        ...(request.body === undefined ? {} : { 'Content-Type': request.contentType ?? 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      dispatcher,
      signal,
    });
    const body = await readBody(response.body, request.maxBytes ?? defaultMaxBytes);
    if (response.statusCode >= 300) throw failureOfResponse(cluster, response.statusCode, body.text);
    return body;
  };

  const text = async (request: ApiRequest) => {
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([request.signal, timeout]);
    for (let tries = (request.method ?? 'GET') === 'GET' ? 2 : 1; ; tries -= 1) {
      try {
        return await send(request, signal);
      } catch (error) {
        if (error instanceof UnderstudyError) throw error;
        if (timeout.aborted) {
          const message = `cluster ${cluster}: the API server did not answer within ${timeoutMs / 1000} s`;
          throw new UnderstudyError('timeout', message, { cause: error });
        }
        if (request.signal.aborted)
          throw new UnderstudyError('timeout', `cluster ${cluster}: the caller gave up`);
        if (tries > 1 && isStaleConnection(error)) continue;
        const message = `cluster ${cluster}: the API server could not be reached: ${reasonOf(error)}`;
        throw new UnderstudyError('unavailable', message, { cause: error });
      }
    }
  };

  return {
    cluster,
    text,
    json: async (request) => {
      const answer = await text(request);
      if (answer.truncated) {
        throw new UnderstudyError(
          'too-large',
          `cluster ${cluster}: the API server's answer is too large; ask for less`,
        );
      }
      try {
        return JSON.parse(answer.text);
      } catch (error) {
        const message = `cluster ${cluster}: the API server answered nonsense (no JSON): ${answer.text.slice(0, 100)}`;
        throw new UnderstudyError('unavailable', message, { cause: error });
      }
    },
  };
}
