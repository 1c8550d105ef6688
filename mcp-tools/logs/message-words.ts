import { charClass, charSet, classOf, closingOf, isAlphanumeric, isIn } from './chars.ts';

/**
 * A message as words in which what varies from one message to the next is masked: numbers and what is made of them (times,
 * sizes, addresses, versions, identifiers), paths, URLs, values after an equals sign, further items of a list. The rules are
 * about how programs write messages, not about what any one of them writes. Masking before grouping is Drain3's idea
 * (github.com/logpai/Drain3).
 */

/** How freely a word may differ between messages of one kind, the freest first. */
export const wordKind = {
  /** Nothing but what was masked: `10.0.0.7:80`. */
  variable: 1,
  /** A name with something masked in it: `attempt_17_m_3`, `uid=0`. */
  mixed: 2,
  /** A name that ends in a number: `eth0`. The name says something, the number does not. */
  numbered: 3,
  /** A name of three parts or more with dots between them, as hosts and packages have. */
  dotted: 4,
  plain: 5,
} as const;

/** Stands for what was masked: a character that no text holds. */
const mask = 0xffff;
export const maskText = '<*>';

const maxWords = 96;
const maxChars = 2_000;
const quotedChars = 200;
const objectChars = 400;
/** How many words an item of a list may have for its further items to be recognized. */
const itemWords = 4;

const sign = {
  doubleQuote: 34,
  singleQuote: 39,
  openRound: 40,
  comma: 44,
  dot: 46,
  slash: 47,
  colon: 58,
  semicolon: 59,
  equals: 61,
  openSquare: 91,
  backslash: 92,
  closeSquare: 93,
  underscore: 95,
  openCurly: 123,
  closeCurly: 125,
  tilde: 126,
} as const;
const space = 32;

/** Signs that hold the parts of a number, an address or a time together. */
const joins = charSet('.:,/-_+@~%');
/** Signs that a number may begin with. */
const numberSigns = charSet('+-<>~#$');
/** After these a path or a quoted text may begin. */
const openers = charSet(' ("\'[=:,<{|');
const pathEnds = charSet('"\'()[]<>,;{}|');
const valueEnds = charSet(',;)]}&|');
const wordEnds = charSet('.,;:)]}!?');
/** What a name before an equals sign ends with. */
const nameEnds = charSet('])"_');

const units =
  /^(?:ns|us|µs|ms|s|secs?|seconds?|msecs?|millis|milliseconds?|microseconds?|nanoseconds?|mins?|minutes?|hrs?|hours?|days?|bytes?|[kKMGTP]i?[bB]|B)$/;
const dayOrMonth = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$/;

/** A message that is being read: where in it, and the words so far, one after the other, as characters with masks. */
export type Reading = {
  text: string;
  length: number;
  at: number;
  readonly out: Uint16Array;
  /** Characters in `out`, and where the word begins there that is being read. */
  size: number;
  begin: number;
  /** Where the quoted text ends that is being read; -1 outside of one. */
  quoteEnd: number;
  afterSize: boolean;
  count: number;
  /** Of each word: its end in `out`, its hash, and that without a comma at its end, by which lists are recognized. */
  readonly ends: Int32Array;
  readonly hashes: Int32Array;
  readonly bareHashes: Int32Array;
  readonly kinds: Uint8Array;
};

export function emptyReading(): Reading {
  return {
    text: '',
    length: 0,
    at: 0,
    out: new Uint16Array(4 * maxChars),
    size: 0,
    begin: 0,
    quoteEnd: -1,
    afterSize: false,
    count: 0,
    ends: new Int32Array(maxWords + 1),
    hashes: new Int32Array(maxWords + 1),
    bareHashes: new Int32Array(maxWords + 1),
    kinds: new Uint8Array(maxWords + 1),
  };
}

function charAt({ text, length }: Reading, index: number): number {
  return index < length ? text.charCodeAt(index) : space;
}

function put(reading: Reading, char: number): void {
  reading.out[reading.size] = char;
  reading.size += 1;
}

/** What was put last, `back` characters ago, of the word that is being read; a blank before its beginning. */
function putBefore({ out, size, begin }: Reading, back = 1): number {
  return size - back >= begin ? (out[size - back] ?? space) : space;
}

/** Puts a mask, which takes in the sign before it and the masked parts that are joined to it: `10.0.0.7:80` is one. */
function putMask(reading: Reading): void {
  if (isIn(numberSigns, putBefore(reading))) {
    const before = putBefore(reading, 2);
    if (before !== mask && !isAlphanumeric(before)) reading.size -= 1;
  }
  let joined = 0;
  while (joined < 3 && isIn(joins, putBefore(reading, joined + 1))) joined += 1;
  if (putBefore(reading, joined + 1) === mask) reading.size -= joined;
  else put(reading, mask);
}

function startsPart(reading: Reading): boolean {
  return isIn(openers, putBefore(reading));
}

/** The place of the closing quote: one that no letter follows, as in `don't`; -1 if there is none soon. */
function closingQuote(reading: Reading, from: number): number {
  const { text, length } = reading;
  const quote = text.charCodeAt(from);
  const limit = Math.min(length, from + quotedChars);
  for (let i = from + 1; i < limit; i += 1) {
    if (text.charCodeAt(i) !== quote || text.charCodeAt(i - 1) === sign.backslash) continue;
    if (!isAlphanumeric(charAt(reading, i + 1))) return i;
  }
  return -1;
}

function readPath(reading: Reading): void {
  const { text, length } = reading;
  while (reading.at < length) {
    const char = text.charCodeAt(reading.at);
    if (classOf(char) === charClass.blank || isIn(pathEnds, char)) break;
    reading.at += 1;
  }
  while (isIn(wordEnds, text.charCodeAt(reading.at - 1))) reading.at -= 1;
  putMask(reading);
}

/** The place after the value that begins here: a quoted text, an object, a list, or all to the end of the field. */
function valueEnd(reading: Reading): number {
  const { text, length, at } = reading;
  const first = charAt(reading, at);
  if (first === sign.doubleQuote || first === sign.singleQuote) {
    const end = closingQuote(reading, at);
    if (end >= 0) return end + 1;
  }
  if (first === sign.openSquare) {
    const end = closingOf(text, at, sign.openSquare, sign.closeSquare, objectChars);
    if (end >= 0) return end + 1;
  }
  for (let i = at; i < length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === sign.openCurly) {
      const end = closingOf(text, i, sign.openCurly, sign.closeCurly, objectChars);
      if (end >= 0) i = end;
    } else if (classOf(char) === charClass.blank || isIn(valueEnds, char)) return i;
  }
  return length;
}

/** `name=value`, where the name was read. */
function readValue(reading: Reading): boolean {
  const before = putBefore(reading);
  const isName = before === mask || isAlphanumeric(before) || isIn(nameEnds, before);
  if (!isName || charAt(reading, reading.at + 1) === sign.equals) return false;
  put(reading, sign.equals);
  reading.at += 1;
  reading.at = valueEnd(reading);
  put(reading, mask);
  return true;
}

function isHexLetter(char: number): boolean {
  return (char >= 97 && char <= 102) || (char >= 65 && char <= 70);
}

/** Letters of an address that has no digit in this part: `fe:80:…`, `…:ff:1`. */
function isPartOfAddress(reading: Reading, from: number): boolean {
  const chars = reading.at - from;
  if (chars > 4) return false;
  if (putBefore(reading) === sign.colon && putBefore(reading, 2) === mask) return true;
  const { at } = reading;
  return (
    chars === 2 &&
    reading.size === reading.begin &&
    charAt(reading, at) === sign.colon &&
    charAt(reading, at + 3) === sign.colon
  );
}

function isUrl(reading: Reading, from: number): boolean {
  const { at } = reading;
  if (charAt(reading, at) !== sign.colon) return false;
  const next = charAt(reading, at + 1);
  return next === sign.slash
    ? charAt(reading, at + 2) === sign.slash
    : next === sign.backslash && at - from === 1;
}

function copy(reading: Reading, from: number, to: number): void {
  for (let i = from; i < to; i += 1) put(reading, reading.text.charCodeAt(i));
}

/** Letters and digits up to the next sign or blank. */
function readRun(reading: Reading): void {
  const { text, length } = reading;
  const from = reading.at;
  let firstDigit = -1;
  let lastLetter = -1;
  let isHex = true;
  let at = from;
  for (; at < length; at += 1) {
    const char = text.charCodeAt(at);
    const found = classOf(char);
    if (found === charClass.digit) {
      if (firstDigit < 0) firstDigit = at;
    } else if (found === charClass.letter) {
      lastLetter = at;
      isHex = isHex && isHexLetter(char);
    } else break;
  }
  reading.at = at;
  if (firstDigit >= 0) {
    const isName = firstDigit - from >= 2 && lastLetter < firstDigit;
    if (isName && !(isHex && charAt(reading, at) === sign.colon)) copy(reading, from, firstDigit);
    putMask(reading);
  } else if (isUrl(reading, from)) readPath(reading);
  else if (isHex && isPartOfAddress(reading, from)) putMask(reading);
  else copy(reading, from, at);
}

function isPath(reading: Reading, char: number): boolean {
  if (!startsPart(reading)) return false;
  const next = charAt(reading, reading.at + 1);
  if (char === sign.slash) return isAlphanumeric(next) || next === sign.underscore || next === sign.dot;
  if (char !== sign.dot && char !== sign.tilde) return false;
  return next === sign.slash || (next === sign.dot && charAt(reading, reading.at + 2) === sign.slash);
}

function readSign(reading: Reading, char: number): void {
  if (isPath(reading, char)) {
    readPath(reading);
    return;
  }
  if (char === sign.equals && readValue(reading)) return;
  const isQuote = char === sign.doubleQuote || char === sign.singleQuote;
  if (isQuote && reading.quoteEnd < 0 && startsPart(reading)) {
    reading.quoteEnd = closingQuote(reading, reading.at);
  }
  put(reading, char);
  reading.at += 1;
}

/** Dots that lead from a name to its value, or trail off, are a word of their own. */
function isLeader(reading: Reading): boolean {
  const { at } = reading;
  return charAt(reading, at + 1) === sign.dot && charAt(reading, at + 2) === sign.dot;
}

function readLeader(reading: Reading): void {
  while (charAt(reading, reading.at) === sign.dot) reading.at += 1;
  for (let i = 0; i < 3; i += 1) put(reading, sign.dot);
}

/** Reads up to the next blank that is not within quotes. */
function readWord(reading: Reading): void {
  const { text, length, out } = reading;
  reading.begin = reading.size;
  reading.quoteEnd = -1;
  while (reading.at < length && reading.size < out.length - 8) {
    const char = text.charCodeAt(reading.at);
    const found = classOf(char);
    if (found === charClass.letter || found === charClass.digit) readRun(reading);
    else if (found === charClass.blank) {
      if (reading.at >= reading.quoteEnd) return;
      put(reading, space);
      reading.at += 1;
    } else if (char === sign.dot && isLeader(reading)) {
      if (reading.size === reading.begin) readLeader(reading);
      return;
    } else readSign(reading, char);
  }
}

function textOf({ out }: Reading, from: number, to: number): string {
  return String.fromCharCode(...out.subarray(from, to));
}

/** Where the word ends without the signs of the sentence. */
function bareEnd({ out, begin, size }: Reading): number {
  let end = size;
  while (end > begin && isIn(wordEnds, out[end - 1] ?? space)) end -= 1;
  return end;
}

/** The name of an exception says what happened: it is no parameter. */
function namesError(reading: Reading): boolean {
  const end = bareEnd(reading);
  return /(?:Error|Exception|Failure)$/.test(textOf(reading, Math.max(reading.begin, end - 12), end));
}

function kindOf(reading: Reading): number {
  const { out, begin, size } = reading;
  let masks = 0;
  let letters = 0;
  let dots = 0;
  /** Signs between letters or masks. */
  let signs = 0;
  let pending = 0;
  let before = space;
  for (let i = begin; i < size; i += 1) {
    const char = out[i] ?? space;
    const isLetter = char !== mask && classOf(char) === charClass.letter;
    if (char === mask || isLetter) {
      if (masks + letters > 0) signs += pending;
      if (isLetter && pending === 1 && before === sign.dot && letters > 0) dots += 1;
      pending = 0;
      if (isLetter) letters += 1;
      else masks += 1;
    } else pending += 1;
    before = char;
  }
  if (masks > 0) {
    if (letters === 0) return wordKind.variable;
    return masks === 1 && signs === 0 ? wordKind.numbered : wordKind.mixed;
  }
  return dots >= 2 && !namesError(reading) ? wordKind.dotted : wordKind.plain;
}

/** FNV-1a, with its bits mixed once more; never 0. */
function hashOf({ out }: Reading, from: number, to: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = from; i < to; i += 1) hash = Math.imul(hash ^ (out[i] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) || 1;
}

function startOf({ ends }: Reading, word: number): number {
  return word === 0 ? 0 : (ends[word - 1] ?? 0);
}

/** Notes the word that ends with what was put last. */
function finish(reading: Reading, word: number): void {
  const { ends, hashes, bareHashes, out, size } = reading;
  const from = startOf(reading, word);
  ends[word] = size;
  const last = out[size - 1];
  const hasComma = size - from > 1 && (last === sign.comma || last === sign.semicolon);
  hashes[word] = hashOf(reading, from, size);
  bareHashes[word] = hasComma ? hashOf(reading, from, size - 1) : (hashes[word] ?? 0);
}

/** `7 seconds`, `5.2 KB`: the unit belongs to the number. */
function joinsNumber(reading: Reading): boolean {
  const { count, kinds, out, begin, size } = reading;
  if (count === 0 || size - begin > 13 || kinds[count - 1] !== wordKind.variable) return false;
  if (out[begin - 1] !== mask || classOf(out[begin] ?? space) !== charClass.letter) return false;
  const end = bareEnd(reading);
  if (!units.test(textOf(reading, begin, end))) return false;
  out.copyWithin(begin, end, size);
  reading.size -= end - begin;
  finish(reading, count - 1);
  reading.afterSize = true;
  return true;
}

/** `18846 bytes (18.4 KB)`: the same once more, for people. */
function isSizeAgain(reading: Reading): boolean {
  const { out, begin, size, at, text } = reading;
  if (size - begin !== 2 || out[begin] !== sign.openRound || out[begin + 1] !== mask) return false;
  const rest = /^\s+[kKMGTP]i?[bB]\)/.exec(text.slice(at, at + 8));
  if (rest === null) return false;
  reading.at += rest[0].length;
  reading.size = begin;
  return true;
}

function isDayOrMonth(reading: Reading): boolean {
  const { begin, size, at, text } = reading;
  if (size - begin !== 3 || !dayOrMonth.test(textOf(reading, begin, size))) return false;
  return /^,?\s+(?:\d|[A-Z][a-z][a-z]\s+\d)/.test(text.slice(at, at + 10));
}

/** True where the last words say the same as those before them, with something masked in them: one more item of a list. */
function isFurtherItem({ count, bareHashes, kinds }: Reading, words: number): boolean {
  if (count < 2 * words) return false;
  let masked = false;
  for (let i = count - words; i < count; i += 1) {
    if (bareHashes[i] !== bareHashes[i - words]) return false;
    if ((kinds[i] ?? 0) <= wordKind.numbered) masked = true;
  }
  return masked;
}

/** A list counts as its last item, which has the list's end and not a comma. */
function dropEarlierItem(reading: Reading): void {
  const { ends, hashes, bareHashes, kinds, out } = reading;
  let words = 1;
  while (words <= itemWords && !isFurtherItem(reading, words)) words += 1;
  if (words > itemWords) return;
  const target = reading.count - 2 * words;
  const later = reading.count - words;
  const shift = startOf(reading, later) - startOf(reading, target);
  out.copyWithin(startOf(reading, target), startOf(reading, later), reading.size);
  for (let i = target; i < later; i += 1) {
    ends[i] = (ends[i + words] ?? 0) - shift;
    hashes[i] = hashes[i + words] ?? 0;
    bareHashes[i] = bareHashes[i + words] ?? 0;
    kinds[i] = kinds[i + words] ?? 0;
  }
  reading.size -= shift;
  reading.count = later;
}

function addWord(reading: Reading): void {
  if (joinsNumber(reading) || (reading.afterSize && isSizeAgain(reading))) return;
  reading.afterSize = false;
  if (isDayOrMonth(reading)) {
    reading.size = reading.begin;
    put(reading, mask);
  }
  reading.kinds[reading.count] = kindOf(reading);
  finish(reading, reading.count);
  reading.count += 1;
  dropEarlierItem(reading);
}

/** Reads a message from a place on; what was read before is overwritten. */
export function readWords(reading: Reading, message: string, from: number): void {
  reading.text = message;
  reading.length = Math.min(message.length, from + maxChars);
  reading.at = from;
  reading.size = 0;
  reading.count = 0;
  reading.afterSize = false;
  while (reading.at < reading.length && reading.count < maxWords) {
    if (classOf(message.charCodeAt(reading.at)) === charClass.blank) {
      reading.at += 1;
      continue;
    }
    readWord(reading);
    addWord(reading);
  }
}

/** The words of what was read last, as text. */
export function wordTexts(reading: Reading): string[] {
  return Array.from({ length: reading.count }, (_, word) =>
    textOf(reading, startOf(reading, word), reading.ends[word] ?? 0).replaceAll('\uffff', maskText),
  );
}
