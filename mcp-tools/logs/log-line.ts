import { type Level, levelOfWord } from './level.ts';

/** What can be read off one line of a log, whatever wrote it. */
export type ParsedLine = {
  /** Of the line's own clock, where it has one; RFC 3339. */
  readonly at?: string | undefined;
  readonly level?: Level | undefined;
  /** The message of a structured line; of a plain line all of it, with the frame that its logger put before the message. */
  readonly text: string;
  /** False for a plain line, whose message is told from its frame by the log's layout. */
  readonly isStructured: boolean;
  /** What a structured line holds of a stack trace. */
  readonly stack?: string | undefined;
};

type Fields = Readonly<Record<string, unknown>>;

/** Fields by what they hold, under the names that loggers give them; the first one that is there counts. */
const keys = {
  level: [
    ...['level', 'severity', 'lvl', 'loglevel', 'log.level', 'levelname', 'severity_text', 'severityText'],
    ...['LogLevel', 'Level', '@l', 'PRIORITY', 's'],
  ],
  message: [
    ...['msg', 'message', 'short_message', 'event', 'log', 'body', 'text', 'textPayload', '@m', '@mt'],
    ...['MESSAGE', 'Message', 'RenderedMessage', 'jsonPayload', 'Body'],
  ],
  error: ['error', 'err', 'exception', 'cause', 'error.message', 'Exception', '@x', 'reason'],
  stack: ['stack', 'stacktrace', 'stack_trace', 'error.stack_trace', 'exc_info', '@x', 'Exception'],
  time: ['time', 'timestamp', 'ts', '@timestamp', '@t', 't', 'datetime', 'Timestamp', 'date'],
} as const;
type Role = keyof typeof keys;

type Rank = { readonly role: Role; readonly rank: number };
const ranksByKey: ReadonlyMap<string, readonly Rank[]> = Map.groupBy(
  Object.entries(keys).flatMap(([role, names]) =>
    names.map((name, rank) => ({ name, role: role as Role, rank })),
  ),
  ({ name }) => name,
);

type Picked = Partial<Record<Role, unknown>>;

/** What a structured line holds, in one pass over its fields. */
function pick(fields: Fields): Picked {
  const picked: Picked = {};
  const best: Partial<Record<Role, number>> = {};
  for (const key in fields) {
    const value = fields[key];
    const ranks = ranksByKey.get(key);
    if (ranks === undefined || value === undefined || value === null) continue;
    for (const { role, rank } of ranks) {
      if (rank > (best[role] ?? rank)) continue;
      best[role] = rank;
      picked[role] = value;
    }
  }
  return picked;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, or the one that an object holds: an error, or a message with its fields. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!isFields(value)) return undefined;
  const inner = value.message ?? value.msg ?? value.stringValue;
  return typeof inner === 'string' ? inner : undefined;
}

/** RFC 3339 text, or seconds, milliseconds or nanoseconds since the epoch; objects as MongoDB writes them. */
function instantOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
  }
  if (isFields(value)) return instantOf(value.$date);
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  const ms = value < 1e11 ? value * 1e3 : value < 1e14 ? value : value / 1e6;
  return ms < 8.64e15 ? new Date(ms).toISOString() : undefined;
}

function stackOf({ stack, error }: Picked): string | undefined {
  const own = stack ?? (isFields(error) ? pick(error).stack : error);
  return typeof own === 'string' && own.includes('\n') ? own : undefined;
}

/** The message, and the first line of the error that belongs to it unless the message says it already. */
function messageOf({ message, error }: Picked): string | undefined {
  const said = textOf(message)?.trimEnd();
  const cause = error === undefined ? undefined : textOf(error)?.split('\n', 1)[0];
  if (said === undefined || cause === undefined) return said ?? cause;
  return said.includes(cause) ? said : `${said}: ${cause}`;
}

/** Docker and some shippers put a program's own line into a field. */
const wrapped = 1;

function parseJsonLine(line: string, wantsTime: boolean, depth: number): ParsedLine | undefined {
  if (line.charCodeAt(0) !== 123) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return parseBrokenJson(line);
  }
  if (!isFields(fields)) return undefined;
  const picked = pick(fields);
  const nested = isFields(fields.log) ? fields.log.level : undefined;
  const level = levelOfWord(picked.level ?? nested);
  const at = wantsTime ? instantOf(picked.time) : undefined;
  const text = messageOf(picked);
  if (level === undefined && depth < wrapped && text !== undefined && text !== '') {
    const inner = parseLine(text, wantsTime, depth + 1);
    return { ...inner, at: at ?? inner.at, isStructured: true };
  }
  const told = text === undefined || text === '' ? line : text;
  return { text: told, level, at, stack: stackOf(picked), isStructured: true };
}

const brokenMessage = /"(?:msg|message|log)"\s*:\s*"((?:[^"\\]|\\.)*)/;
const brokenLevel = /"(?:level|severity|lvl|levelname|LogLevel)"\s*:\s*"?(\w+)/;

/** A line that was cut: what it begins with may be read all the same. */
function parseBrokenJson(line: string): ParsedLine | undefined {
  const text = brokenMessage.exec(line)?.[1];
  const level = levelOfWord(brokenLevel.exec(line)?.[1]);
  if (text === undefined && level === undefined) return undefined;
  return { text: text ?? line, level, isStructured: text !== undefined };
}

const logfmtField =
  /(?:^|\s)(level|lvl|severity|loglevel|msg|message|err|error|time|ts)=("(?:[^"\\]|\\.)*"?|\S*)/g;
const logfmtLevel = /(?:^|\s)(?:level|lvl|severity|loglevel)=/;

function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  return (value.length > 1 && value.endsWith('"') ? value.slice(1, -1) : value.slice(1)).replaceAll(
    '\\"',
    '"',
  );
}

function parseLogfmtLine(line: string, wantsTime: boolean): ParsedLine | undefined {
  if (!line.includes('=') || !logfmtLevel.test(line)) return undefined;
  const fields: Record<string, string> = {};
  for (const match of line.matchAll(logfmtField)) fields[match[1] ?? ''] ??= unquote(match[2] ?? '');
  const level = levelOfWord(fields.level ?? fields.lvl ?? fields.severity ?? fields.loglevel);
  if (level === undefined) return undefined;
  const message = [fields.msg ?? fields.message, fields.err ?? fields.error];
  const text = message.filter((part) => part !== undefined && part !== '').join(': ');
  const at = wantsTime ? instantOf(fields.time ?? fields.ts) : undefined;
  return { text: text === '' ? line : text, level, at, isStructured: text !== '' };
}

const klogHead = /^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ \S+\] /;

function parseKlogLine(line: string): ParsedLine | undefined {
  const head = klogHead.exec(line);
  if (head === null) return undefined;
  return { text: line.slice(head[0].length), level: levelOfWord(head[1]), isStructured: true };
}

/** `2026-01-01 10:00:00,123 [main] ERROR com.shop.Cart - …`, `[ERROR] …`, `WARN: …`: a word of rank near the beginning. */
const plainLevel =
  /(?:^|[\s[(|<"])(trace|trce|debug|dbug|info|notice|warn|warning|error|err|fail|severe|fatal|critical|crit|panic|alert|emerg)(?=[\s\]):|>",;]|$)/i;
const plainHeadChars = 80;
/** As much of a line is looked at for words that tell of its rank. */
const tellingChars = 2_000;
const plainTime = /^\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?/;
/** Redis: process and role, the time, and a sign for the rank. */
const redisHead = /^\d+:[A-Z] \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d+ ([.*#-]) /;
const redisLevels: Readonly<Record<string, Level>> = {
  '.': 'debug',
  '-': 'debug',
  '*': 'info',
  '#': 'warning',
};
/** A line of an access log with a status of the server's fault. */
const serverFault = /" 5\d\d (?:\d+|-)(?: |$)/;

/** Words that a program only says when something broke, where no level is given. */
const broken =
  /^(?:panic:|fatal error:|Traceback \(most recent call last\)|Exception in thread|Unhandled |Uncaught |thread '[^']*' panicked)|\b[A-Z]\w*(?:Error|Exception): /;

function plainLevelOf(line: string): Level | undefined {
  const head = line.slice(0, plainHeadChars);
  const word = plainLevel.exec(head)?.[1];
  // In running text only capitals, brackets and a colon make a level: "no error so far" is none.
  const isRank =
    word !== undefined &&
    (word === word.toUpperCase() || head.includes(`[${word}]`) || head.startsWith(`${word}:`));
  if (isRank) return levelOfWord(word);
  const redis = redisHead.exec(head)?.[1];
  if (redis !== undefined) return redisLevels[redis];
  const begin = line.slice(0, tellingChars);
  return broken.test(begin) || serverFault.test(begin) ? 'error' : undefined;
}

function parsePlainLine(line: string, wantsTime: boolean): ParsedLine {
  const time = wantsTime ? plainTime.exec(line)?.[1] : undefined;
  const at = time === undefined ? undefined : instantOf(time.replace(',', '.'));
  return { text: line, level: plainLevelOf(line), at, isStructured: false };
}

/** Colours of terminals, as loggers write them that think they have one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with the control character ESC.
const colours = /\u001b\[[0-9;]*[A-Za-z]/g;
/** As container runtimes write lines to their files. */
const runtimeHead = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] /;

function parseLine(line: string, wantsTime: boolean, depth: number): ParsedLine {
  return (
    parseJsonLine(line, wantsTime, depth) ??
    parseLogfmtLine(line, wantsTime) ??
    parseKlogLine(line) ??
    parsePlainLine(line, wantsTime)
  );
}

/**
 * Reads a line in the first format that fits: JSON, logfmt, klog, plain. The line itself is left as it is. `wantsTime`: false
 * where the time of the line is known from elsewhere.
 */
export function parseLogLine(line: string, wantsTime = true): ParsedLine {
  const plain = line.includes('\u001b') ? line.replace(colours, '') : line;
  const head = plain.includes(' std') ? runtimeHead.exec(plain) : null;
  return parseLine(head === null ? plain : plain.slice(head[0].length), wantsTime, 0);
}
