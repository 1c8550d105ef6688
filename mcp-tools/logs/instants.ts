/** The second that was read last: lines of a log come many a second. */
let second = '';
let secondMs = Number.NaN;

const zulu = 90;
const dot = 46;

/** Milliseconds since the epoch of RFC 3339 text, as `Date.parse` reads it; quick for lines that follow one another. */
export function msOfInstant(text: string): number {
  const { length } = text;
  if (length < 20 || text.charCodeAt(length - 1) !== zulu) return Date.parse(text);
  const isWhole = length === 20;
  if (!isWhole && (text.charCodeAt(19) !== dot || length < 22)) return Date.parse(text);
  const head = text.slice(0, 19);
  if (head !== second) {
    second = head;
    secondMs = Date.parse(`${head}Z`);
  }
  if (isWhole) return secondMs;
  let ms = 0;
  for (let i = 20; i < 23; i += 1) {
    const digit = i < length - 1 ? text.charCodeAt(i) - 48 : 0;
    if (digit < 0 || digit > 9) return Number.NaN;
    ms = 10 * ms + digit;
  }
  return secondMs + ms;
}
