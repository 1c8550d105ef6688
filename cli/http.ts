import { errors, request } from 'undici';
import { z } from 'zod';
import { type ErrorCode, errorCodes, messageOf, UnderstudyError } from '#domain/errors.ts';
import { formatDuration } from './duration.ts';
import type { Words } from './words/words.ts';

/** A server and the key to call it with. */
export type Connection = { readonly url: string; readonly apiKey: string; readonly words: Words };

export type Call = {
  readonly method: 'GET' | 'POST';
  /** Beginning with a slash, its parts escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** A server on the same machine or near by: what takes longer than this is stuck. */
const answerTimeoutMs = 15_000;
/** Three missed heartbeats of the live stream. */
const streamSilenceMs = 45_000;

/**
 * One JSON call. Throws an `UnderstudyError` with the problem's own code and words, `unavailable` where the server cannot
 * be reached, `timeout` where it does not answer, and the signal's reason where that aborts it.
 */
export async function callJson<Schema extends z.ZodType>(
  connection: Connection,
  call: Call,
  schema: Schema,
): Promise<z.output<Schema>> {
  const response = await send(connection, call, answerTimeoutMs);
  const text = await response.body.text();
  if (response.statusCode >= 400) throw problemOf(connection, response.statusCode, text);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const what =
    parsed.error.issues.map((issue) => `${call.path} ${issue.path.join('.')}: ${issue.message}`)[0] ?? '';
  throw new UnderstudyError('internal', connection.words.instance.notOurs(connection.url, what), {
    cause: parsed.error,
  });
}

/** A call whose answer is a stream of text. Throws as `callJson` does. */
export async function openStream(connection: Connection, call: Call): Promise<AsyncIterable<Buffer>> {
  const response = await send(connection, call, streamSilenceMs);
  if (response.statusCode === 200) return response.body;
  throw problemOf(connection, response.statusCode, await response.body.text());
}

async function send({ url, apiKey, words }: Connection, call: Call, silenceMs: number) {
  call.signal.throwIfAborted();
  const { method, path, query = {}, body, headers, signal } = call;
  const target = new URL(path, url);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) target.searchParams.set(name, String(value));
  }
  try {
    return await request(target, {
      method,
      signal,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: silenceMs,
      headers: {
        authorization: `Bearer ${apiKey}`,
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError) {
      const slow = words.instance.slow(url, formatDuration(answerTimeoutMs, words.units));
      throw new UnderstudyError('timeout', slow, { cause: error });
    }
    throw new UnderstudyError('unavailable', words.instance.unreachable(url, reasonOf(error)), {
      cause: error,
    });
  }
}

/** `connect ECONNREFUSED 127.0.0.1:1`: with several addresses tried the reason stands inside. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError ? messageOf(error.errors[0]) : messageOf(error);
}

const problemSchema = z.object({
  code: z.enum(errorCodes).optional().catch(undefined),
  title: z.string().optional(),
  detail: z.string().optional(),
});

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-input',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'conflict',
  412: 'precondition-failed',
  413: 'too-large',
  422: 'bad-input',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
};

/** The error that an RFC 9457 problem tells; anything else that is no success is told by its status. */
function problemOf({ url, words }: Connection, status: number, text: string): UnderstudyError {
  const problem = problemSchema.safeParse(parseJson(text)).data;
  const said = problem?.detail ?? problem?.title;
  return new UnderstudyError(
    problem?.code ?? codeByStatus[status] ?? 'internal',
    said ?? words.instance.notOurs(url, `HTTP ${status}`),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
