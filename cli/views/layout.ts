import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';

/** Lines longer than this are hard to read, however wide the terminal is. */
const widestColumns = 110;
/** What is laid out for where nobody says how wide it is: a pipe, a file. */
const usualColumns = 100;

/** Columns that text is laid out in. */
export function readableColumns(columns: number | undefined): number {
  return Math.max(40, Math.min(columns ?? usualColumns, widestColumns));
}

/** Columns that a text takes on a terminal: Chinese takes two a character, colours none. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

export function padTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

export function padLeftTo(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text;
}

/** A text broken into lines of at most so many columns. */
export function wrapLines(text: string, columns: number): string[] {
  return wrapAnsi(text.trim(), Math.max(10, columns), { hard: true, trim: true }).split('\n');
}

/** A text wrapped and set in by so many spaces. */
export function indented(text: string, indent: number, columns: number): string {
  const margin = ' '.repeat(indent);
  return wrapLines(text, columns - indent)
    .map((line) => (line === '' ? '' : margin + line))
    .join('\n');
}

/** A sentence that is too long loses its end. */
export function shortenEnd(text: string, columns: number): string {
  return widthOf(text) <= columns ? text : `${cut([...text], columns - 1).join('')}…`;
}

/** Long names lose their middle: what tells two of them apart stands at the ends. */
export function shortenMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 4) return cut([...text], columns).join('');
  const head = cut([...text], Math.ceil((columns - 1) / 2));
  const tail = cut([...text].toReversed(), Math.floor((columns - 1) / 2)).toReversed();
  return `${head.join('')}…${tail.join('')}`;
}

function cut(characters: readonly string[], columns: number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += widthOf(character);
    if (used > columns) break;
    kept.push(character);
  }
  return kept;
}

export type Field = readonly [label: string, value: string | readonly string[]];

/** Labels in a column of their own, values beside them, wrapped under themselves. A field without value is left out. */
export function fieldLines(
  fields: readonly Field[],
  options: { indent: number; columns: number; label?: (text: string) => string },
): string[] {
  const shown = fields.filter(([, value]) => value.length > 0);
  const labelColumns = Math.max(0, ...shown.map(([label]) => widthOf(label)));
  const valueAt = options.indent + labelColumns + 2;
  return shown.flatMap(([label, value]) => {
    const texts = typeof value === 'string' ? [value] : value;
    const lines = texts.flatMap((text) => wrapKeepingIndent(text, options.columns - valueAt));
    const paint = options.label ?? ((text: string) => text);
    return lines.map((line, index) =>
      index === 0
        ? `${' '.repeat(options.indent)}${paint(padTo(label, labelColumns))}  ${line}`
        : `${' '.repeat(valueAt)}${line}`,
    );
  });
}

function wrapKeepingIndent(text: string, columns: number): string[] {
  const margin = /^ */.exec(text)?.[0] ?? '';
  return wrapLines(text, columns - margin.length).map((line) => margin + line);
}
