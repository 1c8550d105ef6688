import { charClass, classOf, isIn } from './chars.ts';
import { readWord } from './read-word.ts';
import {
  isMask,
  mask,
  maskText,
  maxChars,
  maxWords,
  put,
  type Reading,
  sign,
  space,
  textOf,
  wordEnds,
} from './reading.ts';

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

/** How many words an item of a list may have for its further items to be recognized. */
const itemWords = 4;

const units =
  /^(?:ns|us|µs|ms|s|secs?|seconds?|msecs?|millis|milliseconds?|microseconds?|nanoseconds?|mins?|minutes?|hrs?|hours?|days?|bytes?|[kKMGTP]i?[bB]|B)$/;
const dayOrMonth = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)$/;

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
    const isLetter = !isMask(char) && classOf(char) === charClass.letter;
    if (isMask(char) || isLetter) {
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
  return hash ^ (hash >>> 13) || 1;
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
  if (!units.test(reading.text.slice(reading.at - size + begin, reading.at - size + end))) return false;
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
  if (size - begin !== 3 || (reading.out[begin] ?? 0) > 90 || !dayOrMonth.test(text.slice(at - 3, at)))
    return false;
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
    textOf(reading, startOf(reading, word), reading.ends[word] ?? 0).replace(/[\ufffe\uffff]/g, maskText),
  );
}
