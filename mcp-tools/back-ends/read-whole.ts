import { pageMaxBytes } from '#domain/tools/define-tool.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { nowFor, readFrozenCursor, withFrozenCursor } from './window.ts';

/** Everything that a back end has to say to one question. */
export type Whole<Item> = {
  /** In a fixed order. */
  readonly items: readonly Item[];
  readonly gaps: readonly string[];
  /** The back end holds more than was read. */
  readonly truncated: boolean;
  /** What to try, where there are no items. */
  readonly hint?: string | undefined;
};

type Paged = { readonly limit: number; readonly cursor?: string | undefined };

export type ReadWhole<Item> = (
  input: Paged,
  context: ToolContext,
  /** @param nowMs of the first page, so that all pages speak of one window */
  read: (nowMs: number) => Promise<Whole<Item>>,
) => Promise<ReturnType<typeof pageOfList<Item>>>;

/** Callers ask for the next page at once; one that does not come back is not waited for. */
const keepMs = 30_000;
/** Answers that are kept at once: each may be many megabytes. */
const mostKept = 4;

/** Below the cap of a page, which would cut it and lose the window that its cursor keeps. */
const mostPageBytes = 0.8 * pageMaxBytes;

/** How many items make a page. One that is too large by itself is left to the runtime, which says so. */
function lengthOfPage(items: readonly unknown[], limit: number): number {
  let bytes = 0;
  const end = items.slice(0, limit).findIndex((item) => {
    bytes += Buffer.byteLength(JSON.stringify(item));
    return bytes > mostPageBytes;
  });
  return end < 0 ? limit : Math.max(1, end);
}

/**
 * Reads one tool's listing, which costs its back end much: once for all its pages. Further pages are taken from what the first one
 * read, as long as that is kept; otherwise it is read again, for the same window.
 */
export function createWholeReader<Item>(): ReadWhole<Item> {
  const kept = new Map<string, { readonly whole: Whole<Item>; readonly timer: NodeJS.Timeout }>();
  const drop = (key: string): void => {
    clearTimeout(kept.get(key)?.timer);
    kept.delete(key);
  };
  const keep = (key: string, whole: Whole<Item>): void => {
    drop(key);
    const oldest = kept.keys().next().value;
    if (kept.size >= mostKept && oldest !== undefined) drop(oldest);
    kept.set(key, { whole, timer: setTimeout(() => kept.delete(key), keepMs).unref() });
  };

  return async (input, context, read) => {
    const { offset, nowMs } = readFrozenCursor(input.cursor, nowFor(context));
    const { cursor: _cursor, ...asked } = input;
    const key = JSON.stringify([asked, nowMs]);
    const remembered = offset === undefined ? undefined : kept.get(key)?.whole;
    const whole = remembered ?? (await read(nowMs));
    const { items, gaps, hint } = whole;
    const page = pageOfList(
      items,
      { limit: lengthOfPage(items.slice(Number(offset ?? 0)), input.limit), cursor: offset },
      { gaps, hint: items.length === 0 ? hint : undefined },
    );
    if (page.nextCursor === undefined) drop(key);
    else keep(key, whole);
    return withFrozenCursor({ ...page, truncated: page.truncated || whole.truncated }, nowMs);
  };
}
