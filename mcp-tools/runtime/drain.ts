import { messageOf } from '#domain/errors.ts';
import { isPage, type Page } from './paging.ts';

/** One page as it came, with its digest. */
export type FetchedPage = { readonly output: unknown; readonly digest: string; readonly bytes: number };

export type DrainLimits = {
  readonly maxPages: number;
  readonly maxBytes: number;
  /** Most items that are wanted; absent: all that there are. */
  readonly maxItems?: number;
};

export type Drained = {
  readonly output: unknown;
  readonly digest: string;
  readonly truncated: boolean;
  readonly gaps: readonly string[];
};

type Collected = {
  readonly items: unknown[];
  readonly gaps: Set<string>;
  pages: number;
  bytes: number;
  nextCursor: string | undefined;
  truncated: boolean;
};

function collect(into: Collected, page: Page, bytes: number): void {
  into.items.push(...page.items);
  for (const gap of page.gaps) into.gaps.add(gap);
  into.pages += 1;
  into.bytes += bytes;
  into.nextCursor = page.nextCursor;
  into.truncated = page.truncated;
}

/** Why no further page is asked for, or undefined to go on. A cap that the caller did not ask for is a gap. */
function capOf(collected: Collected, limits: DrainLimits): string | undefined {
  if (collected.pages >= limits.maxPages) return `items after the first ${limits.maxPages} pages`;
  if (collected.bytes >= limits.maxBytes) return `items after the first ${collected.bytes} bytes`;
  return undefined;
}

function wanted(collected: Collected, limits: DrainLimits): boolean {
  return limits.maxItems === undefined || collected.items.length < limits.maxItems;
}

function assemble(first: FetchedPage, page: Page, collected: Collected, limits: DrainLimits): Drained {
  const items = limits.maxItems === undefined ? collected.items : collected.items.slice(0, limits.maxItems);
  const gaps = [...collected.gaps];
  const truncated = collected.truncated || items.length < collected.items.length;
  const { nextCursor: _left, ...rest } = page;
  const output = {
    ...rest,
    items,
    gaps,
    truncated,
    ...(collected.nextCursor === undefined ? {} : { nextCursor: collected.nextCursor }),
  };
  const more = items.length - page.items.length;
  const digest =
    more <= 0 ? first.digest : `${first.digest}\n(${more} more items on further pages, kept with the record)`;
  return { output, digest, truncated, gaps };
}

/**
 * Reads a listing to its end, or to a cap: one output that holds the items of every page. A later page that fails is a
 * gap; the first one that fails throws. Answers that are no listings come back as they are.
 */
export async function drainPages(
  fetchPage: (cursor: string | undefined) => Promise<FetchedPage>,
  limits: DrainLimits,
): Promise<Drained> {
  const first = await fetchPage(undefined);
  if (!isPage(first.output))
    return { output: first.output, digest: first.digest, truncated: false, gaps: [] };
  const collected: Collected = {
    items: [],
    gaps: new Set(),
    pages: 0,
    bytes: 0,
    nextCursor: undefined,
    truncated: false,
  };
  collect(collected, first.output, first.bytes);
  while (collected.nextCursor !== undefined && wanted(collected, limits)) {
    const cap = capOf(collected, limits);
    if (cap !== undefined) {
      collected.gaps.add(cap);
      break;
    }
    try {
      const next = await fetchPage(collected.nextCursor);
      if (!isPage(next.output)) break;
      collect(collected, next.output, next.bytes);
    } catch (error) {
      collected.truncated = true;
      collected.gaps.add(`items after the first ${collected.pages} pages: ${messageOf(error)}`);
      break;
    }
  }
  return assemble(first, first.output, collected, limits);
}
