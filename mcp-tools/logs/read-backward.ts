import type { LogLine } from '#domain/tools/logs.ts';

/** A line as a store gives it: with its exact time, and with what tells it from others of the same time. */
export type StoredLine = { readonly at: bigint; readonly key: string; readonly line: LogLine };

/** Lines before a moment, the newest first; `full` where there may be more. */
export type StoredPage = { readonly lines: readonly StoredLine[]; readonly full: boolean };
export type ReadPage = (beforeAt: bigint, limit: number) => Promise<StoredPage>;

/**
 * Reads back from the end of a window page by page. Pages overlap in their last moment, because more lines of that moment
 * may follow; a moment that fills whole pages cannot be got over, and is told as truncated.
 */
export async function readBackward(
  readPage: ReadPage,
  options: { readonly endAt: bigint; readonly mostLines: number; readonly pageLines: number },
): Promise<{ readonly lines: readonly LogLine[]; readonly truncated: boolean }> {
  const { mostLines, pageLines } = options;
  const found = new Map<string, StoredLine>();
  let before = options.endAt;
  let truncated = false;
  for (;;) {
    const page = await readPage(before, pageLines);
    const sizeBefore = found.size;
    for (const stored of page.lines) found.set(`${stored.at} ${stored.key}`, stored);
    const oldest = page.lines.at(-1)?.at;
    if (oldest === undefined || !page.full) break;
    if (found.size >= mostLines || found.size === sizeBefore) {
      truncated = true;
      break;
    }
    before = oldest + 1n;
  }
  const inOrder = [...found.values()].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return {
    lines: inOrder.slice(-mostLines).map(({ line }) => line),
    truncated: truncated || inOrder.length > mostLines,
  };
}
