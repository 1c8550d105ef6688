import { charClass, classOf } from './chars.ts';
import {
  type Column,
  type ColumnKind,
  columnAt,
  columnsOf,
  maxColumns,
  openAngle,
  openSquare,
  skipBlanks,
  wordEnd,
} from './line-columns.ts';

/**
 * Where the message of a plain line begins. A line opens with columns that its writer's framework put there: time, level,
 * process, thread, class. Which of them a log has is learned from a sample of its lines. A line that does not fit, and a log
 * of which nothing is known, is read column by column for as long as what stands there can be no message.
 */
export type LineLayout = {
  /** The place of the first character of the message; 0 where the line is all message. */
  readonly messageAt: (line: string) => number;
};

/** Share of a log's lines in which a column has the same kind, for it to be one of the layout. */
const agreement = 0.9;
/** Fewer lines teach nothing. */
const leastLines = 10;

/** What the layout has at a place: columns of a kind, or any that stand before one that is sure. */
type Place = ColumnKind | 'any';
type Sample = readonly (readonly Column[])[];

function share(sample: Sample, index: number, isSo: (column: Column) => boolean): number {
  const so = sample.filter((columns) => {
    const column = columns[index];
    return column !== undefined && isSo(column);
  });
  return so.length / sample.length;
}

function mostly(sample: Sample, index: number, ...kinds: readonly ColumnKind[]): boolean {
  return share(sample, index, ({ kind }) => kinds.includes(kind)) >= agreement;
}

/** Up to where the columns surely are no message: to the last time or level that nearly all lines have at the same place. */
function sureLength(sample: Sample): number {
  const sure = Array.from(
    { length: maxColumns },
    (_, index) =>
      mostly(sample, index, 'time', 'level') ||
      mostly(sample, index, 'time') ||
      mostly(sample, index, 'level'),
  );
  return sure.lastIndexOf(true) + 1;
}

/** What follows the last sure column and is none of the message: brackets, numbers, and one name of whoever speaks. */
function fullLength(sample: Sample, sure: number): number {
  let length = sure;
  let isNamed = false;
  while (length < maxColumns) {
    if (
      mostly(sample, length, 'bracket', 'time') ||
      mostly(sample, length, 'separator') ||
      mostly(sample, length, 'number')
    ) {
      length += 1;
      continue;
    }
    // Fields with bars or dashes between them, whatever they hold.
    if (mostly(sample, length + 1, 'separator')) {
      length += 2;
      continue;
    }
    if (isNamed) break;
    isNamed = true;
    if (mostly(sample, length, 'tag', 'dotted')) length += 1;
    // A host, and then the program.
    else if (mostly(sample, length + 1, 'tag')) length += 2;
    else if (share(sample, length, ({ padded }) => padded) >= agreement) length += 1;
    else break;
  }
  return length;
}

const placeKinds: readonly ColumnKind[] = [
  'time',
  'number',
  'level',
  'bracket',
  'separator',
  'tag',
  'dotted',
];

function layoutOf(sample: Sample): Place[] {
  const sure = sureLength(sample);
  if (sure === 0) return [];
  return Array.from(
    { length: fullLength(sample, sure) },
    (_, index) => placeKinds.find((kind) => mostly(sample, index, kind)) ?? 'any',
  );
}

const alike: Readonly<Partial<Record<ColumnKind, ColumnKind>>> = {
  time: 'number',
  number: 'time',
  tag: 'dotted',
};

function fits(place: Place, kind: ColumnKind): boolean {
  return place === 'any' || place === kind || alike[place] === kind;
}

/** The name of a program may have blanks in it. */
const longTag = /[^:]{1,80}?[\])]:(?= )/y;

function longTagEnd(line: string, at: number): number | undefined {
  longTag.lastIndex = at;
  const match = longTag.exec(line);
  return match === null ? undefined : at + match[0].length;
}

/** The column at a place; undefined where the layout says, or the first sign shows, that it is a word that fits. */
function placeAt(line: string, at: number, place: Place): Column | undefined {
  const first = line.charCodeAt(at);
  const isDigit = classOf(first) === charClass.digit;
  const isBracket = first === openSquare || first === openAngle;
  if ((place === 'any' && !isBracket) || ((place === 'time' || place === 'number') && isDigit))
    return undefined;
  return columnAt(line, at);
}

/** Where the columns of a layout end in a line; undefined where it has others. */
function layoutEnd(line: string, places: readonly Place[]): number | undefined {
  let end = 0;
  for (const [index, place] of places.entries()) {
    const at = skipBlanks(line, end);
    const column = placeAt(line, at, place);
    if (at < line.length && (column === undefined || fits(place, column.kind))) {
      end = column?.end ?? wordEnd(line, at);
      continue;
    }
    if (place === 'tag') return longTagEnd(line, at) ?? end;
    return index >= 2 ? end : undefined;
  }
  return end;
}

const isFrame = (kind: ColumnKind): boolean =>
  kind === 'time' || kind === 'level' || kind === 'bracket' || kind === 'separator';

/** Where the columns end that can be no message, in a line of which no layout is known. */
function frameEnd(line: string): number {
  let end = 0;
  let saw: 'nothing' | 'time' | 'level' = 'nothing';
  let strangers = 0;
  for (const column of columnsOf(line)) {
    const { kind } = column;
    const isName = (kind === 'tag' || kind === 'dotted') && saw !== 'nothing';
    if (isName) return column.end;
    if (isFrame(kind) || (kind === 'number' && saw === 'time')) end = column.end;
    else if (kind === 'number' && saw === 'nothing') continue;
    // A host or the like may stand between the time and the level.
    else if (saw === 'time' && strangers === 0) strangers += 1;
    else return end;
    if (kind === 'level' || (kind === 'time' && saw === 'nothing')) saw = kind;
  }
  return end;
}

/** Learns the layout of a log from some of its lines. */
export function learnLayout(lines: readonly string[]): LineLayout {
  const sample = lines.map(columnsOf).filter((columns) => columns.length > 0);
  const places = sample.length < leastLines ? [] : layoutOf(sample);
  return {
    messageAt: (line) => {
      const end = (places.length === 0 ? undefined : layoutEnd(line, places)) ?? frameEnd(line);
      const at = skipBlanks(line, end);
      return at >= line.length ? 0 : at;
    },
  };
}
