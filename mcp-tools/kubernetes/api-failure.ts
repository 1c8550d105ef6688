import { z } from 'zod';
import { type ErrorCode, UnderstudyError } from '#domain/errors.ts';

const statusSchema = z.looseObject({
  kind: z.literal('Status'),
  message: z.string().default(''),
  reason: z.string().default(''),
});

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'bad-input',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-supported',
  409: 'conflict',
  410: 'conflict',
  413: 'too-large',
  415: 'not-supported',
  422: 'precondition-failed',
};

function parseStatus(text: string): { message: string; reason: string } | undefined {
  try {
    const parsed = statusSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // Proxies in between answer with HTML or plain text.
  }
}

const plainMaxChars = 300;

/**
 * An HTTP answer of an API server that is no success, as one of our errors. `details` hold the `status` and the `reason`
 * that the API server gave (`NotFound`, `Expired`, `Invalid` …).
 */
export function failureOfResponse(cluster: string, status: number, text: string): UnderstudyError {
  const said = parseStatus(text);
  const code = codeByStatus[status] ?? 'unavailable';
  const words = said?.message || text.slice(0, plainMaxChars) || 'no reason given';
  return new UnderstudyError(code, `cluster ${cluster}: ${words} (HTTP ${status})`, {
    details: { status, reason: said?.reason ?? '' },
  });
}

/** The HTTP status of an API server's refusal, or undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof UnderstudyError ? error.details.status : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** True for failures that say nothing of the object: the server could not be reached, or made no sense. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof UnderstudyError && ['unavailable', 'timeout', 'unauthenticated'].includes(error.code)
  );
}
