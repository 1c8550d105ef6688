import { charClass, classOf, closingOf } from './chars.ts';

/** What a column at the beginning of a line holds. */
export type ColumnKind =
  /** A date, a time of day, or seconds since the epoch. */
  | 'time'
  | 'number'
  | 'level'
  /** In brackets: a thread, a request, a source file. */
  | 'bracket'
  /** A dash, a bar or a colon that stands alone. */
  | 'separator'
  /** A name with a colon at its end: a class, a program with its process id. */
  | 'tag'
  /** A name with dots within. */
  | 'dotted'
  | 'word';

export type Column = {
  readonly kind: ColumnKind;
  readonly end: number;
  /** More than one blank follows: the next column is aligned. */
  readonly padded: boolean;
};

export const maxColumns = 14;
const maxBracketChars = 240;
const maxNameChars = 200;

const levelWord =
  /^(?:trace|debug|dbg|info|information|notice|warn|warning|error|err|severe|fatal|critical|crit|panic|alert|emerg|emergency|verbose|fine|finer|finest|failure)$/i;
const levelLetter = /^[VDIWEF]$/;
const dayOrMonth = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec),?$/;
const beforeDay = /^\s+(?:\d|[A-Z][a-z][a-z]\s+\d)/;
const digitsAndSigns = /^[+-]?\d[\d:.,/+-]*(?:T[\d:.,+-]+)?(?:Z|UTC)?[,:]?$/;
const tagName = /^[A-Za-z_][\w.$/@+-]*(?:\([\w.:-]*\))?(?:\[[\w.-]+\])?:$/;
const dottedName = /^[A-Za-z_][\w$-]*(?:\.[\w$-]+){1,12}$/;

const bar = 124;
const colon = 58;
export const openSquare = 91;
const closeSquare = 93;
export const openAngle = 60;
const closeAngle = 62;

function isBlank(char: number): boolean {
  return classOf(char) === charClass.blank;
}

/** Digits as dates and times are written with: joined by signs, or as many as a date or the seconds since the epoch have. */
function kindOfDigits(word: string): ColumnKind {
  if (!/^\d+$/.test(word)) return /\d[-/:.]\d/.test(word) && /(?:\d.*){4}/.test(word) ? 'time' : 'number';
  return [6, 8, 10, 13, 16, 19].includes(word.length) ? 'time' : 'number';
}

function kindOfWord(word: string, rest: string): ColumnKind {
  if (word.length > maxNameChars) return 'word';
  if (word === ':' || /^-+$/.test(word)) return 'separator';
  if (digitsAndSigns.test(word)) return kindOfDigits(word);
  if (dayOrMonth.test(word) && beforeDay.test(rest)) return 'time';
  const bare = /[:\]),]$/.test(word) ? word.slice(0, -1) : word;
  if (levelLetter.test(bare) || (levelWord.test(bare) && bare !== bare.toLowerCase())) return 'level';
  if (tagName.test(word)) return 'tag';
  return dottedName.test(word) ? 'dotted' : 'word';
}

function kindOfBracket(inner: string): ColumnKind {
  if (levelWord.test(inner.trim())) return 'level';
  return /\d\d:\d\d:\d\d/.test(inner) ? 'time' : 'bracket';
}

/** A group in brackets that stands alone, a colon after it included; undefined where there is none. */
function bracketAt(line: string, at: number): Omit<Column, 'padded'> | undefined {
  const open = line.charCodeAt(at);
  if (open !== openSquare && open !== openAngle) return undefined;
  const close = closingOf(line, at, open, open === openSquare ? closeSquare : closeAngle, maxBracketChars);
  if (close < 0) return undefined;
  const end = line.charCodeAt(close + 1) === colon ? close + 2 : close + 1;
  const after = line.charCodeAt(end);
  const isAlone = end >= line.length || isBlank(after) || after === openSquare || after === bar;
  return isAlone ? { kind: kindOfBracket(line.slice(at + 1, close)), end } : undefined;
}

export function wordEnd(line: string, at: number): number {
  let end = at + 1;
  while (end < line.length) {
    const char = line.charCodeAt(end);
    if (isBlank(char) || char === bar) break;
    end += 1;
  }
  return end;
}

/** The column that begins at a place. A bar is one of its own, wherever it stands. */
export function columnAt(line: string, at: number): Column {
  const found = bracketAt(line, at);
  const end = found?.end ?? (line.charCodeAt(at) === bar ? at + 1 : wordEnd(line, at));
  const isBar = line.charCodeAt(at) === bar;
  const kind =
    found?.kind ?? (isBar ? 'separator' : kindOfWord(line.slice(at, end), line.slice(end, end + 12)));
  return { kind, end, padded: isBlank(line.charCodeAt(end)) && isBlank(line.charCodeAt(end + 1)) };
}

export function skipBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBlank(line.charCodeAt(at))) at += 1;
  return at;
}

export function columnsOf(line: string): Column[] {
  const columns: Column[] = [];
  let at = skipBlanks(line, 0);
  while (at < line.length && columns.length < maxColumns) {
    const column = columnAt(line, at);
    columns.push(column);
    at = skipBlanks(line, column.end);
  }
  return columns;
}
