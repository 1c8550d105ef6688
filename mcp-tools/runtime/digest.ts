import { digestMaxBytes } from '#domain/tools/define-tool.ts';
import { isPage } from './paging.ts';

/** The longest line of the default digest, in characters. */
const lineMaxChars = 400;

const cutMark = '… (cut)';

/** A text of at most `maxBytes` UTF-8 bytes, whole characters only, with a mark where it was cut. */
export function cutToBytes(text: string, maxBytes = digestMaxBytes): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes - Buffer.byteLength(cutMark);
  // A byte of the form 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8') + cutMark;
}

function cutLine(line: string): string {
  return line.length <= lineMaxChars ? line : `${line.slice(0, lineMaxChars)}…`;
}

/**
 * What a listing found, for models: a line of counts, the hint, the gaps, then a line an item until `maxBytes` are used,
 * and how many more there are.
 */
export function digestOfPage<Item>(
  page: {
    readonly items: readonly Item[];
    readonly truncated: boolean;
    readonly total?: number | undefined;
    readonly hint?: string | undefined;
    readonly gaps: readonly string[];
  },
  lineOf: (item: Item) => string,
  maxBytes = digestMaxBytes,
): string {
  const of = page.total === undefined ? '' : ` of ${page.total}`;
  const head = [
    `${page.items.length}${of} items${page.truncated ? ', more were left out' : ''}`,
    ...(page.hint === undefined ? [] : [`hint: ${page.hint}`]),
    ...page.gaps.map((gap) => cutLine(`not looked at: ${gap}`)),
  ];
  const lines = [...head];
  const reserve = 40;
  let bytes = Buffer.byteLength(head.join('\n'));
  for (const [index, item] of page.items.entries()) {
    const line = cutLine(`- ${lineOf(item)}`);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > maxBytes - reserve) {
      lines.push(`… and ${page.items.length - index} more items`);
      break;
    }
    lines.push(line);
  }
  return cutToBytes(lines.join('\n'), maxBytes);
}

/** The digest of a tool that has none of its own: deterministic, each item as one line of JSON. */
export function defaultDigest(output: unknown): string {
  return isPage(output)
    ? digestOfPage(output, (item) => JSON.stringify(item))
    : cutToBytes(JSON.stringify(output));
}
