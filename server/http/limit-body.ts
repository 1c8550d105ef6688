import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { UnderstudyError } from '#domain/errors.ts';

function tooLarge(maxBytes: number, advice: string | undefined): never {
  const what = `the body is larger than ${maxBytes} bytes`;
  throw new UnderstudyError('too-large', advice === undefined ? what : `${what}; ${advice}`);
}

const withoutBody: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** The length that the sender announced, or undefined where it did not say. */
function announcedBytes(c: Context): number | undefined {
  if (withoutBody.includes(c.req.method)) return 0;
  if (c.req.header('transfer-encoding') !== undefined) return undefined;
  const length = Number(c.req.header('content-length'));
  return Number.isFinite(length) ? length : undefined;
}

/**
 * Refuses bodies above a size with 413, before they are read where their length is announced. An announced length that
 * fits passes without the body being wrapped, which is what nearly every request is. The advice says what can be done.
 */
export function limitBody(maxBytes: number, advice?: string): MiddlewareHandler {
  const counting = bodyLimit({ maxSize: maxBytes, onError: () => tooLarge(maxBytes, advice) });
  return async (c, next) => {
    const bytes = announcedBytes(c);
    if (bytes === undefined) return counting(c, next);
    if (bytes > maxBytes) tooLarge(maxBytes, advice);
    return next();
  };
}
