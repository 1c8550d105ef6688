/**
 * Where the message of a plain line begins. A line opens with columns that its writer's framework put there: time, level,
 * process, thread, class. Which of them a log has is learned from a sample of its lines; a line that does not fit, and a log
 * of which nothing is known, is read column by column for as long as what stands there can be no message.
 */
export type LineLayout = {
  /** The place of the first character of the message; 0 where the line is all message. */
  readonly messageAt: (line: string) => number;
};

/** What a column holds. The order has no meaning. */
const kind = {
  /** A date, a time of day, or a moment in seconds since the epoch. */
  time: 1,
  number: 2,
  level: 3,
  /** In brackets: a thread, a request, a source file. */
  bracket: 4,
  /** A dash, a bar or a colon that stands alone. */
  separator: 5,
  /** A name with a colon at its end: a class, a program with its process id. */
  tag: 6,
  /** A dotted name. */
  dotted: 7,
  /** Letters and digits. */
  identifier: 8,
  word: 9,
} as const;
type Kind = (typeof kind)[keyof typeof kind];

const maxColumns = 14;
const maxBracketChars = 240;
/** Share of the sample's lines in which a column has the same kind, so that it counts as one of the layout. */
const agreement = 0.9;

const levelWord =
  /^(?:trace|debug|dbg|info|information|notice|warn|warning|error|err|severe|fatal|critical|crit|panic|alert|emerg|emergency|verbose|fine|finer|finest|failure)$/i;
const dayOrMonth = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec),?$/;
const tagName = /^[A-Za-z_][\w.$/@+-]*(?:\([\w.:-]*\))?(?:\[[\w.-]+\])?:$/;
const dottedName = /^[A-Za-z_][\w$-]*(?:\.[\w$-]+){1,12}$/;
/** Programs' identifiers in capitals, as `RAS` or `KERNEL`; a message of one such word is not taken for a column. */

type Column = { readonly kind: Kind; readonly end: number; readonly padded: boolean };

const code = {
  tab: 9,
  space: 32,
  bar: 124,
  openSquare: 91,
  closeSquare: 93,
  openAngle: 60,
  closeAngle: 62,
} as const;

function isBlank(char: number): boolean {
  return char === code.space || char === code.tab;
}

/** The end of a group in brackets that begins at `at`; -1 where it does not close soon. */
function bracketEnd(line: string, at: number): number {
  const open = line.charCodeAt(at);
  const close = open === code.openSquare ? code.closeSquare : code.closeAngle;
  const limit = Math.min(line.length, at + maxBracketChars);
  let depth = 0;
  for (let i = at; i < limit; i += 1) {
    const char = line.charCodeAt(i);
    if (char === open) depth += 1;
    else if (char === close) {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}

const epochDigits = new Set([10, 13, 16, 19]);

/** Of a word of digits and the signs that dates and times are written with. */
function kindOfDigits(word: string): Kind {
  let digits = 0;
  for (let i = 0; i < word.length; i += 1) {
    const char = word.charCodeAt(i);
    if (char >= 48 && char <= 57) digits += 1;
  }
  const isPlain = digits === word.length;
  if (isPlain) return epochDigits.has(digits) || digits === 6 || digits === 8 ? kind.time : kind.number;
  return digits >= 4 && /\d[-/:.]\d/.test(word) ? kind.time : kind.number;
}

const digitsOnly = /^[+-]?\d[\d:.,/+-]*(?:T[\d:.,+-]+)?(?:Z|UTC)?[,:]?$/;

function kindOfBracket(inner: string): Kind {
  if (levelWord.test(inner.trim())) return kind.level;
  return /\d\d:\d\d:\d\d/.test(inner) ? kind.time : kind.bracket;
}

function kindOfWord(word: string, rest: string): Kind {
  const first = word.charCodeAt(0);
  if ((first >= 48 && first <= 57) || first === 43 || first === 45) {
    if (digitsOnly.test(word)) return kindOfDigits(word);
    if (/^-+$/.test(word)) return kind.separator;
  }
  if (word === ':' || word === '::') return kind.separator;
  if (dayOrMonth.test(word) && /^\s+(?:\d|[A-Z][a-z][a-z]\s+\d)/.test(rest)) return kind.time;
  const bare = /[:\]),]$/.test(word) ? word.slice(0, -1) : word;
  if (levelWord.test(bare)) return bare === bare.toLowerCase() ? kind.word : kind.level;
  if (/^[VDIWEF]$/.test(bare)) return kind.level;
  if (tagName.test(word)) return kind.tag;
  if (dottedName.test(word)) return kind.dotted;
  return /\d/.test(word) ? kind.identifier : kind.word;
}

function columnAt(line: string, at: number): Column {
  const first = line.charCodeAt(at);
  let end = -1;
  let found: Kind = kind.word;
  if (first === code.openSquare || first === code.openAngle) {
    end = bracketEnd(line, at);
    if (end > 0) {
      found = kindOfBracket(line.slice(at + 1, end - 1));
      if (line.charCodeAt(end) === 58) end += 1;
      const after = line.charCodeAt(end);
      if (end < line.length && !isBlank(after) && after !== code.openSquare && after !== code.bar) end = -1;
    }
  }
  if (first === code.bar) return { kind: kind.separator, end: at + 1, padded: false };
  if (end < 0) {
    end = at + 1;
    while (end < line.length) {
      const char = line.charCodeAt(end);
      if (isBlank(char) || char === code.bar) break;
      end += 1;
    }
    found = kindOfWord(line.slice(at, end), line.slice(end, end + 12));
  }
  const padded = isBlank(line.charCodeAt(end)) && isBlank(line.charCodeAt(end + 1));
  return { kind: found, end, padded };
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && isBlank(line.charCodeAt(at))) at += 1;
  return at;
}

function columnsOf(line: string): Column[] {
  const columns: Column[] = [];
  let at = skipBlanks(line, 0);
  while (at < line.length && columns.length < maxColumns) {
    const column = columnAt(line, at);
    columns.push(column);
    at = skipBlanks(line, column.end);
  }
  return columns;
}

/** What the layout wants of a column: one of its kinds, or anything that stands before a column that is sure. */
type Wanted = Kind | 'any';

function share(sample: readonly (readonly Column[])[], index: number, fits: (column: Column) => boolean): number {
  const fitting = sample.filter((columns) => {
    const column = columns[index];
    return column !== undefined && fits(column);
  });
  return fitting.length / sample.length;
}

const isMoment = (column: Column): boolean => column.kind === kind.time;
const isOf =
  (...kinds: readonly Kind[]) =>
  (column: Column): boolean =>
    kinds.includes(column.kind);

/** The kind that a column has in nearly all lines; undefined where it varies. */
function agreed(sample: readonly (readonly Column[])[], index: number): Kind | undefined {
  return Object.values(kind).find((each) => share(sample, index, isOf(each)) >= agreement);
}

/** How many columns a layout has, and of which kinds. */
function layoutOf(sample: readonly (readonly Column[])[]): Wanted[] {
  let length = 0;
  for (let index = 0; index < maxColumns; index += 1) {
    const found = agreed(sample, index);
    if (found === kind.time || found === kind.level) length = index + 1;
  }
  if (length === 0) return [];
  let tagged = false;
  while (length < maxColumns) {
    const found = agreed(sample, length);
    if (found === kind.bracket || share(sample, length, isOf(kind.time,kind.bracket)) >= agreement || found === kind.separator || found === kind.number) length += 1;
    else if (!tagged && (found === kind.tag || found === kind.dotted || share(sample, length, isOf(kind.tag, kind.dotted)) >= agreement)) {
      tagged = true;
      length += 1;
    } else if (!tagged && share(sample, length + 1, isOf(kind.tag)) >= agreement) {
      tagged = true;
      length += 2;
    } else if (!tagged && share(sample, length, ({ padded }) => padded) >= 0.95) {
      tagged = true;
      length += 1;
    } else break;
  }
  return Array.from({ length }, (_, index) => {
    const found = agreed(sample, index);
    return found === undefined || found === kind.word || found === kind.identifier ? 'any' : found;
  });
}

function fits(wanted: Wanted | undefined, column: Column): boolean {
  if (wanted === 'any' || wanted === column.kind) return true;
  return (wanted === kind.time && column.kind === kind.number) || (wanted === kind.number && column.kind === kind.time)
    || (wanted === kind.tag && column.kind === kind.dotted);
}

const longTag = /[^:]{1,80}?[\])]:(?= )/y;
/** The kinds that can be no message, wherever they stand at the beginning of a line. */
const alwaysFrame = isOf(kind.time, kind.level, kind.bracket, kind.separator);

/** Reads a line of which no layout is known. */
function greedyEnd(line: string): number {
  let at = skipBlanks(line, 0);
  let end = 0;
  let sawTime = false, sawLevel = false, sawTag = false, unknown = 0;
  for (let index = 0; index < maxColumns && at < line.length; index += 1) {
    const column = columnAt(line, at);
    if (column.kind === kind.time) sawTime = true;
    const isFrame = alwaysFrame(column) || (column.kind === kind.number && !sawLevel && !sawTag);
    if (isFrame && !sawTag) {
      if (column.kind === kind.level) sawLevel = true;
      end = column.end;
    } else if (!sawTag && (sawTime || sawLevel) && (column.kind === kind.tag || column.kind === kind.dotted)) {
      sawTag = true;
      end = column.end;
    } else if (sawTime && !sawLevel && !sawTag && unknown < 1) unknown += 1;
    else break;
    at = skipBlanks(line, column.end);
  }
  return end;
}

function messageOf(line: string, end: number): number {
  const at = skipBlanks(line, end);
  return at >= line.length ? 0 : at;
}

/** Learns the layout of a log from a sample of its lines. */
export function learnLayout(lines: readonly string[]): LineLayout {
  const sample = lines.map(columnsOf).filter((columns) => columns.length > 0);
  const wanted = sample.length < 10 ? [] : layoutOf(sample);
  const tagged = wanted.includes(kind.tag);
  return {
    wanted,
    messageAt: (line) => {
      let at = skipBlanks(line, 0);
      let end = 0;
      let index = 0;
      while (index < wanted.length && at < line.length) {
        const column = columnAt(line, at);
        if (!fits(wanted[index], column)) {
          if (wanted[index] === kind.tag && tagged) {
            longTag.lastIndex = at;
            const m = longTag.exec(line);
            if (m !== null) { end = at + m[0].length; index += 1; }
          }
          break;
        }
        end = column.end;
        at = skipBlanks(line, end);
        index += 1;
      }
      if (index === 0 || (index < wanted.length && index < 2)) end = greedyEnd(line);
      return messageOf(line, end);
    },
  } as LineLayout;
}
