import { charSet, isAlphanumeric, isIn } from './chars.ts';

/** Stands for what was masked: a character that no text holds. */
export const mask = 0xffff;
/** Stands for a path or a URL: no number, so that the two make no list. */
export const pathMask = 0xfffe;

export function isMask(char: number): boolean {
  return char >= pathMask;
}

export const maskText = '<*>';

export const maxWords = 96;
export const maxChars = 2_000;
export const sign = {
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
export const space = 32;

/** Signs that hold the parts of a number, an address or a time together. */
const joins = charSet('.:,/-_+@~%');
/** Signs that a number may begin with. */
const numberSigns = charSet('+-<>~#$');
export const wordEnds = charSet('.,;:)]}!?');

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

export function charAt({ text, length }: Reading, index: number): number {
  return index < length ? text.charCodeAt(index) : space;
}

export function put(reading: Reading, char: number): void {
  reading.out[reading.size] = char;
  reading.size += 1;
}

/** What was put last, `back` characters ago, of the word that is being read; a blank before its beginning. */
export function putBefore({ out, size, begin }: Reading, back = 1): number {
  return size - back >= begin ? (out[size - back] ?? space) : space;
}

/** Puts a mask, which takes in the sign before it and the masked parts that are joined to it: `10.0.0.7:80` is one. */
export function putMask(reading: Reading): void {
  if (isIn(numberSigns, putBefore(reading))) {
    const before = putBefore(reading, 2);
    if (!isMask(before) && !isAlphanumeric(before)) reading.size -= 1;
  }
  let joined = 0;
  while (joined < 3 && isIn(joins, putBefore(reading, joined + 1))) joined += 1;
  if (putBefore(reading, joined + 1) === mask) reading.size -= joined;
  else put(reading, mask);
}

export function textOf({ out }: Reading, from: number, to: number): string {
  return String.fromCharCode(...out.subarray(from, to));
}
