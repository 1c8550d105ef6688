const blank = String.raw`[ \t\r\n]*`;
const text = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const token = new RegExp(
  `${blank}(?:([{}[\\],:])|(${text})|((?:${number}|true|false|null)(?![\\w.+-])))`,
  'y',
);
const blanks = new RegExp(blank, 'y');

/** What may come next: a value, a key (or the end of an object), a colon, or what follows a value. */
type Awaited = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'next';

type Open = '{' | '[';

function afterValue(found: string, open: Open[]): Awaited | undefined {
  const within = open.at(-1);
  if (found === ',' && within !== undefined) return within === '{' ? 'key' : 'value';
  if ((found === '}' && within === '{') || (found === ']' && within === '[')) {
    open.pop();
    return 'next';
  }
  return undefined;
}

function beginning(found: string, kind: 'mark' | 'text' | 'other', open: Open[]): Awaited | undefined {
  if (kind !== 'mark') return 'next';
  if (found !== '{' && found !== '[') return undefined;
  open.push(found);
  return found === '{' ? 'key-or-end' : 'value-or-end';
}

function step(
  awaited: Awaited,
  found: string,
  kind: 'mark' | 'text' | 'other',
  open: Open[],
): Awaited | undefined {
  if (awaited === 'colon') return found === ':' ? 'value' : undefined;
  if (awaited === 'next') return afterValue(found, open);
  if (awaited.endsWith('-or-end') && kind === 'mark') {
    const closed = found === '}' || found === ']' ? afterValue(found, open) : undefined;
    if (closed !== undefined) return closed;
  }
  if (awaited.startsWith('key')) return kind === 'text' ? 'colon' : undefined;
  return beginning(found, kind, open);
}

/**
 * Where a JSON text breaks, as an offset: the first character that cannot be there, or the end of a text that is cut off.
 * `JSON.parse` says it only sometimes, and never with its line.
 */
export function jsonErrorPosition(json: string): number {
  const open: Open[] = [];
  let awaited: Awaited = 'value';
  for (let at = 0; ; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(json);
    blanks.lastIndex = at;
    blanks.exec(json);
    if (match === null) return blanks.lastIndex;
    const [, mark, string_, other] = match;
    const kind = mark !== undefined ? 'mark' : string_ !== undefined ? 'text' : 'other';
    const next = step(awaited, mark ?? string_ ?? other ?? '', kind, open);
    if (next === undefined || (awaited === 'next' && open.length === 0 && next !== 'next'))
      return blanks.lastIndex;
    awaited = next;
  }
}
