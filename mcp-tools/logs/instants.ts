import { ownCopy } from './own-copy.ts';

/** The second that was read last: lines of a log come many a second. */
let second = '';
let secondMs = Number.NaN;

const zulu = 90;
const dot = 46;
const headChars = 19;

/** Ends of instants, by their milliseconds. */
const ends = Array.from({ length: 1000 }, (_, ms) => `.${String(ms).padStart(3, '0')}Z`);

/** Reads a whole second of RFC 3339 text with the zone Z. */
function readSecond(text: string): void {
  const head = text.slice(0, headChars);
  if (head === second) return;
  second = ownCopy(head);
  secondMs = Date.parse(`${second}Z`);
}

/** Milliseconds after the second; NaN where the text has another form. */
function fractionOf(text: string): number {
  const { length } = text;
  if (length < headChars + 1 || text.charCodeAt(length - 1) !== zulu) return Number.NaN;
  if (length === headChars + 1) return 0;
  if (text.charCodeAt(headChars) !== dot || length < headChars + 3) return Number.NaN;
  let ms = 0;
  for (let i = headChars + 1; i < headChars + 4; i += 1) {
    const digit = i < length - 1 ? text.charCodeAt(i) - 48 : 0;
    if (digit < 0 || digit > 9) return Number.NaN;
    ms = 10 * ms + digit;
  }
  return ms;
}

/** Milliseconds since the epoch of RFC 3339 text, as `Date.parse` reads it; quick for lines that follow one another. */
export function msOfInstant(text: string): number {
  const fraction = fractionOf(text);
  if (Number.isNaN(fraction)) return Date.parse(text);
  readSecond(text);
  return secondMs + fraction;
}

/** RFC 3339 text in UTC with milliseconds; undefined for text that is no time. */
export function utcInstant(text: string): string | undefined {
  const fraction = fractionOf(text);
  if (Number.isNaN(fraction)) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
  }
  readSecond(text);
  return Number.isNaN(secondMs) ? undefined : `${second}${ends[fraction]}`;
}
