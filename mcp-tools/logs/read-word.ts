import { charClass, charSet, classOf, closingOf, isAlphanumeric, isIn } from './chars.ts';
import {
  charAt,
  isMask,
  mask,
  pathMask,
  put,
  putBefore,
  putMask,
  type Reading,
  sign,
  space,
  wordEnds,
} from './reading.ts';

const quotedChars = 200;
const objectChars = 400;
/** Hexadecimal digits of the shortest identifier. */
const hexIdChars = 8;
/** After these a path or a quoted text may begin. */
const openers = charSet(' ("\'[=:,<{|');
const pathEnds = charSet('"\'()[]<>,;{}|');
const valueEnds = charSet(',;)]}&|');
/** What a name before an equals sign ends with. */
const nameEnds = charSet('])"_');

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
  put(reading, pathMask);
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
  const isName = isMask(before) || isAlphanumeric(before) || isIn(nameEnds, before);
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
    // `eth0` is a name, `deadbeef01` and `fe80:` are none.
    const isId = isHex && (at - from >= hexIdChars || charAt(reading, at) === sign.colon);
    if (firstDigit - from >= 2 && lastLetter < firstDigit && !isId) copy(reading, from, firstDigit);
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
export function readWord(reading: Reading): void {
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
