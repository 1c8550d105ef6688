/** What can be read off one line of a log, whatever wrote it. */
export type ParsedLine = {
  /** Of the line's own clock, where it has one; RFC 3339. */
  readonly at?: string;
  readonly level?: Level;
  /** The message without its frame: what templates are mined from. */
  readonly text: string;
};

export const levels = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'] as const;
export type Level = (typeof levels)[number];

const levelWords: Readonly<Record<string, Level>> = {
  trace: 'trace',
  verbose: 'trace',
  finest: 'trace',
  debug: 'debug',
  dbg: 'debug',
  fine: 'debug',
  info: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  inf: 'info',
  log: 'info',
  warn: 'warning',
  warning: 'warning',
  wrn: 'warning',
  error: 'error',
  err: 'error',
  severe: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
  dpanic: 'fatal',
};

const klogLevels: Readonly<Record<string, Level>> = { I: 'info', W: 'warning', E: 'error', F: 'fatal' };

/** Levels as numbers, in the manner of Bunyan and pino. */
function levelOfNumber(value: number): Level | undefined {
  if (value < 10 || value > 60) return undefined;
  return levels[Math.min(5, Math.floor(value / 10) - 1)];
}

export function levelOfWord(value: unknown): Level | undefined {
  if (typeof value === 'number') return levelOfNumber(value);
  return typeof value === 'string' ? levelWords[value.toLowerCase()] : undefined;
}

const levelKeys = [
  'level',
  'severity',
  'lvl',
  'loglevel',
  'log.level',
  'levelname',
  'severity_text',
] as const;
const messageKeys = ['msg', 'message', 'event', 'log', 'body', 'text'] as const;
const errorKeys = ['error', 'err', 'exception', 'cause'] as const;
const timeKeys = ['time', 'timestamp', 'ts', '@timestamp', 't', 'datetime'] as const;

type Fields = Readonly<Record<string, unknown>>;

function firstOf(fields: Fields, keys: readonly string[]): unknown {
  const key = keys.find((candidate) => fields[candidate] !== undefined && fields[candidate] !== null);
  return key === undefined ? undefined : fields[key];
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return 'message' in value && typeof value.message === 'string' ? value.message : undefined;
}

/** RFC 3339 text, or seconds, milliseconds or nanoseconds since the epoch. */
function instantOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  const ms = value < 1e11 ? value * 1e3 : value < 1e14 ? value : value / 1e6;
  return ms < 8.64e15 ? new Date(ms).toISOString() : undefined;
}

function parsed(text: string, level: Level | undefined, at: string | undefined): ParsedLine {
  return { text, ...(level === undefined ? {} : { level }), ...(at === undefined ? {} : { at }) };
}

function parseJsonLine(line: string): ParsedLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const fields: Fields = JSON.parse(line);
    const message = textOf(firstOf(fields, messageKeys));
    const cause = textOf(firstOf(fields, errorKeys));
    const text = [message, cause].filter((part) => part !== undefined).join(': ');
    const level = levelOfWord(firstOf(fields, levelKeys));
    return parsed(text === '' ? line : text, level, instantOf(firstOf(fields, timeKeys)));
  } catch {
    return undefined; // Begins like JSON and is none: a plain line.
  }
}

const logfmtField = /(?:^|\s)(level|lvl|severity|msg|message|err|error|time|ts)=("(?:[^"\\]|\\.)*"|\S+)/g;

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll('\\"', '"') : value;
}

function parseLogfmtLine(line: string): ParsedLine | undefined {
  const fields = Object.fromEntries(
    [...line.matchAll(logfmtField)].map((match) => [match[1], unquote(match[2] ?? '')]),
  );
  const level = levelOfWord(firstOf(fields, ['level', 'lvl', 'severity']));
  if (level === undefined) return undefined;
  const message = [firstOf(fields, ['msg', 'message']), firstOf(fields, ['err', 'error'])];
  const text = message.filter((part) => typeof part === 'string').join(': ');
  return parsed(text === '' ? line : text, level, instantOf(firstOf(fields, ['time', 'ts'])));
}

const klogHead = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\] /;

function parseKlogLine(line: string): ParsedLine | undefined {
  const head = klogHead.exec(line);
  return head === null ? undefined : parsed(line.slice(head[0].length), klogLevels[head[1] ?? ''], undefined);
}

/** `2026-01-01 10:00:00,123 [main] ERROR com.shop.Cart - …`, `[ERROR] …`, `WARN: …`: a word of rank near the beginning. */
const plainLevel =
  /(?:^|[\s[(|<"])(trace|debug|info|notice|warn|warning|error|err|severe|fatal|critical|crit|panic|alert|emerg)(?=[\s\]):|>",;]|$)/i;
const plainHeadChars = 80;
const plainTime = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?/;

/** Words that a program only says when something broke, where no level is given. */
const broken =
  /^(?:panic:|fatal error:|Traceback \(most recent call last\)|Exception in thread|Unhandled |Uncaught )|\b[A-Z]\w*(?:Error|Exception): /;

function parsePlainLine(line: string): ParsedLine {
  const head = line.slice(0, plainHeadChars);
  const word = plainLevel.exec(head)?.[1];
  // In running text only capitals, brackets and a colon make a level: "no error so far" is none.
  const isRank =
    word !== undefined &&
    (word === word.toUpperCase() || head.includes(`[${word}]`) || head.startsWith(`${word}:`));
  const level = isRank ? levelOfWord(word) : broken.test(line) ? 'error' : undefined;
  const time = plainTime.exec(line)?.[1];
  return parsed(line, level, instantOf(time?.replace(',', '.')));
}

/** Reads a line in the first format that fits: JSON, logfmt, klog, plain. The line itself is left as it is. */
export function parseLogLine(line: string): ParsedLine {
  return parseJsonLine(line) ?? parseLogfmtLine(line) ?? parseKlogLine(line) ?? parsePlainLine(line);
}

/** True for a line that goes on with the one before it: a frame of a stack trace. */
export function isContinuation(line: string): boolean {
  return /^(?:\s+at |\s+\.\.\. \d+ more|\s+File "|\t|goroutine \d+ )/.test(line);
}

const ranks: readonly (string | undefined)[] = levels;

/** 0 for the mildest; -1 where there is no level. */
export function levelRank(level: string | undefined): number {
  return ranks.indexOf(level);
}
