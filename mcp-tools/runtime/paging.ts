import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { pageMaxBytes } from '#domain/tools/define-tool.ts';

/** The part of every listing answer that paging needs; see `pageOf` in the contracts. */
export type Page = {
  readonly items: readonly unknown[];
  readonly truncated: boolean;
  readonly nextCursor?: string | undefined;
  readonly gaps: readonly string[];
};

export function isPage(output: unknown): output is Page {
  return (
    typeof output === 'object' &&
    output !== null &&
    'items' in output &&
    Array.isArray(output.items) &&
    'truncated' in output &&
    typeof output.truncated === 'boolean' &&
    'gaps' in output &&
    Array.isArray(output.gaps)
  );
}

/** Where a page starts: at the handler's own cursor, so many items on. */
export type PageStart = { readonly skip: number; readonly inner?: string };

const cursorSchema = z.tuple([z.int().min(0), z.string().nullable()]);

export function encodeCursor(start: PageStart): string {
  return Buffer.from(JSON.stringify([start.skip, start.inner ?? null])).toString('base64url');
}

/** Reads a cursor that `encodeCursor` wrote; anything else is `bad-input`. */
export function decodeCursor(cursor: string): PageStart {
  try {
    const [skip, inner] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return inner === null ? { skip } : { skip, inner };
  } catch (error) {
    throw new UnderstudyError(
      'bad-input',
      'cursor: not one that this server gave; leave it out to start over',
      {
        cause: error,
      },
    );
  }
}

function fitting(items: readonly unknown[], maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const item of items) {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes > maxBytes) break;
    count += 1;
  }
  return count;
}

/**
 * The page as it may leave: starting where it was asked for, at most `maxBytes` of items, with a cursor for what follows.
 * An item that is larger than a page by itself is left out and named as a gap. The cursor of a cut page makes the handler
 * list again and skips what was sent, so handlers list in a fixed order.
 */
export function cutPage<Output extends Page>(
  output: Output,
  start: PageStart,
  maxBytes = pageMaxBytes,
): Output {
  const rest = output.items.slice(start.skip);
  const count = fitting(rest, maxBytes);
  const oversized = count === 0 && rest.length > 0;
  const end = start.skip + (oversized ? 1 : count);
  const gaps = oversized
    ? [...output.gaps, `one item of more than ${maxBytes} bytes was left out (number ${end})`]
    : output.gaps;
  if (end < output.items.length) {
    const nextCursor = encodeCursor({ ...start, skip: end });
    return { ...output, items: rest.slice(0, count), gaps, truncated: true, nextCursor };
  }
  const page = { ...output, items: rest.slice(0, count), gaps };
  return output.nextCursor === undefined
    ? page
    : { ...page, nextCursor: encodeCursor({ skip: 0, inner: output.nextCursor }) };
}

type PageRequest = { readonly limit: number; readonly cursor?: string | undefined };

/**
 * A page of a list that the handler has whole, in a fixed order: `limit` items from the cursor on, which is an offset.
 * Handlers that page through their back end write their own cursor instead.
 */
export function pageOfList<Item>(
  all: readonly Item[],
  request: PageRequest,
  more: { readonly hint?: string | undefined; readonly gaps?: readonly string[] } = {},
) {
  const offset = request.cursor === undefined ? 0 : Number(request.cursor);
  if (!Number.isInteger(offset) || offset < 0) {
    throw new UnderstudyError('bad-input', 'cursor: not one that this tool gave; leave it out to start over');
  }
  const end = offset + request.limit;
  const truncated = end < all.length;
  return {
    items: all.slice(offset, end),
    truncated,
    total: all.length,
    ...(truncated ? { nextCursor: String(end) } : {}),
    ...(more.hint === undefined ? {} : { hint: more.hint }),
    gaps: [...(more.gaps ?? [])],
  };
}
