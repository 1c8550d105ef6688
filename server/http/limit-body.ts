import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { UnderstudyError } from '#domain/errors.ts';

function tooLarge(maxBytes: number): never {
  throw new UnderstudyError('too-large', `the body is larger than ${maxBytes} bytes`);
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
 * fits passes without the body being wrapped, which is what nearly every request is.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const counting = bodyLimit({ maxSize: maxBytes, onError: () => tooLarge(maxBytes) });
  return async (c, next) => {
    const bytes = announcedBytes(c);
    if (bytes === undefined) return counting(c, next);
    if (bytes > maxBytes) tooLarge(maxBytes);
    return next();
  };
}
