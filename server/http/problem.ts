import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ZodError } from 'zod';
import { type ErrorCode, errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import type { Problem } from '../api/schemas.ts';

const statusByCode: Readonly<Record<ErrorCode, ContentfulStatusCode>> = {
  'bad-input': 400,
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  unauthenticated: 401,
  'too-large': 413,
  unavailable: 503,
  timeout: 503,
  'not-supported': 501,
  'already-running': 409,
  configuration: 500,
  'not-the-range': 403,
  'grant-refused': 409,
  'precondition-failed': 409,
  'program-missing': 500,
  'read-only': 403,
  internal: 500,
};

const titles: Readonly<Partial<Record<ContentfulStatusCode, string>>> = {
  400: 'The request is malformed',
  401: 'Who are you?',
  403: 'Not allowed',
  404: 'Not found',
  409: 'It does not fit how things stand',
  413: 'Too large',
  501: 'Not supported',
  503: 'Not available now; try again',
};

/** The field that an input error is about, as `alerts.0.labels`, and what is wrong with it. */
export function firstIssue(error: ZodError): { readonly field: string; readonly detail: string } {
  const issue = error.issues[0];
  const field = issue?.path.join('.') ?? '';
  const message = issue?.message ?? 'it does not have the expected form';
  return { field, detail: field === '' ? message : `${field}: ${message}` };
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof ZodError) return 'bad-input';
  if (error instanceof HTTPException && error.status < 500) return 'bad-input';
  return errorCodeOf(error);
}

/** Words of PostgreSQL name tables, roles and constraints. What it says of the input itself is the caller's to know. */
function isOfDatabase(error: unknown): boolean {
  return error instanceof UnderstudyError && error.code !== 'bad-input' && 'sqlState' in error.details;
}

/** What may be told of an error: the messages of our own errors are made for people, those of others stay in the log. */
function detailOf(error: unknown): string {
  if (error instanceof ZodError) return firstIssue(error).detail;
  if (isOfDatabase(error)) return 'the database refused it; the log has it under the trace id';
  if (error instanceof UnderstudyError || error instanceof HTTPException) return messageOf(error);
  return 'something went wrong here; the log has it under the trace id';
}

export type ProblemAnswer = Problem & { readonly status: ContentfulStatusCode };

/** An error as RFC 9457 has it, with a stable code and the trace id under which the log has more. */
export function problemOf(error: unknown, traceId: string): ProblemAnswer {
  const code = codeOf(error);
  const status = error instanceof HTTPException ? error.status : statusByCode[code];
  const field =
    error instanceof ZodError
      ? firstIssue(error).field
      : error instanceof UnderstudyError && typeof error.details.field === 'string'
        ? error.details.field
        : undefined;
  return {
    type: `https://understudy.dev/problems/${code}`,
    title: titles[status] ?? 'An error on our side',
    status,
    detail: detailOf(error),
    code,
    traceId,
    ...(field === undefined || field === '' ? {} : { field }),
  };
}

/** Seconds after which it is worth trying again. */
const retryAfterSeconds = '1';

export function problemResponse(c: Context, problem: ProblemAnswer): Response {
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (problem.status === 503) headers.set('retry-after', retryAfterSeconds);
  if (problem.status === 401) headers.set('www-authenticate', 'Bearer, Basic realm="Understudy"');
  for (const [name, value] of headers) c.header(name, value);
  return c.body(JSON.stringify(problem), problem.status);
}
