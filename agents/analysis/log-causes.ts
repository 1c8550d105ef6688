import { z } from 'zod';
import type { CauseCode } from '#domain/causes/codes.ts';

/**
 * What a log line says of its cause, in the words that runtimes, client libraries and servers use. The first entry that
 * fits wins: the finer ones stand first.
 */
export type LogCause = {
  readonly code: CauseCode;
  readonly pattern: RegExp;
  /** 0..1: how much the words alone prove. */
  readonly strength: number;
};

export const logCauses: readonly LogCause[] = [
  { code: 'image.wrong-architecture', pattern: /exec format error/i, strength: 0.9 },
  {
    code: 'container.command-not-found',
    pattern: /executable file not found|command not found|exec: .*no such file or directory/i,
    strength: 0.9,
  },
  { code: 'container.port-in-use', pattern: /EADDRINUSE|address already in use/i, strength: 0.85 },
  {
    code: 'config.certificate-expired',
    pattern: /certificate has expired|certificate is expired|CERT_HAS_EXPIRED|x509: certificate has expired/i,
    strength: 0.9,
  },
  {
    code: 'config.credentials-wrong',
    pattern:
      /password authentication failed|access denied for user|WRONGPASS|NOAUTH|invalid (username|password|credentials|api key)|authentication failed/i,
    strength: 0.8,
  },
  {
    code: 'database.connections-exhausted',
    pattern:
      /too many connections|too many clients already|remaining connection slots|connection pool (is )?exhausted/i,
    strength: 0.8,
  },
  {
    code: 'database.read-only',
    pattern: /read-only transaction|database is read-only|READONLY You can't write/i,
    strength: 0.8,
  },
  {
    code: 'resource.disk-full',
    pattern: /no space left on device|ENOSPC|disk quota exceeded/i,
    strength: 0.85,
  },
  { code: 'resource.descriptors-exhausted', pattern: /too many open files|EMFILE/i, strength: 0.85 },
  {
    code: 'container.oom-killed',
    pattern: /OutOfMemoryError|heap out of memory|cannot allocate memory|MemoryError/i,
    strength: 0.7,
  },
  {
    code: 'container.permission-denied',
    pattern: /permission denied|EACCES|operation not permitted/i,
    strength: 0.6,
  },
  {
    code: 'network.dns-resolution',
    pattern:
      /no such host|ENOTFOUND|EAI_AGAIN|name resolution|name or service not known|could not resolve host|UnknownHostException/i,
    strength: 0.6,
  },
  { code: 'application.deadlock', pattern: /deadlock detected/i, strength: 0.6 },
];

export function logCauseOf(line: string): LogCause | undefined {
  return logCauses.find((cause) => cause.pattern.test(line));
}

const absence =
  'missing|required|not set|unset|undefined|not defined|not found|not configured|must be set|must not be empty|cannot be empty|is empty|no value|unspecified|not specified|not provided|absent';
const setting =
  'config(?:uration|map)?|settings?|env(?:ironment)?(?: var(?:iable)?)?|variables?|keys?|propert(?:y|ies)|parameters?|options?';
const saysMissing = new RegExp(String.raw`\b(?:${absence})\b`, 'i');
const saysSetting = new RegExp(String.raw`\b(?:${setting})\b`, 'i');
const environmentName = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
const quotedName = /["'`]([A-Za-z][\w./-]{1,80})["'`]/g;
const namedAfterWord = new RegExp(
  String.raw`\b(?:${setting})\b(?: +(?:${setting})\b)*[ :=]+["'\`]?([A-Za-z][\w./-]{2,80})`,
  'gi',
);

/** Words that follow "key" or "config" in a sentence without being a name. */
const notNames = new Set([
  'not',
  'is',
  'was',
  'missing',
  'required',
  'key',
  'keys',
  'value',
  'values',
  'file',
  'for',
  'from',
  'in',
  'must',
  'error',
  'has',
  'and',
  'the',
  'map',
  'configmap',
  'variable',
  'variables',
  'environment',
  'setting',
  'property',
  'configuration',
  'config',
  'cannot',
  'undefined',
  'unset',
  'failed',
  'invalid',
  'env',
  'var',
  'err',
  'msg',
  'level',
  'fatal',
  'reason',
  'name',
]);

/** Fields of a structured line that name no setting, whatever they hold. */
const frameFields =
  /^(time|timestamp|ts|@timestamp|date|level|severity|logger|caller|service|app|version|host(name)?|pod|namespace|pid|tid|thread|trace_?id|span_?id|request_?id|stack(trace)?|method|path|route|url|status)$/i;

const structured = z.record(z.string(), z.unknown());

/** What a line says: of a structured one its message and the fields that belong to it. */
function spoken(line: string): string {
  const start = line.indexOf('{');
  if (start < 0 || !line.trimEnd().endsWith('}')) return line;
  try {
    const fields = structured.parse(JSON.parse(line.slice(start)));
    return Object.entries(fields)
      .filter(([name, value]) => typeof value === 'string' && !frameFields.test(name))
      .map(([name, value]) =>
        /^(msg|message|error|err|reason|event)$/i.test(name) ? value : `${name}=${value}`,
      )
      .join(' ');
  } catch {
    // It only looks like JSON: it is read as it stands.
    return line;
  }
}

function allMatches(line: string, pattern: RegExp, group: number): string[] {
  return [...line.matchAll(pattern)].flatMap((match) => match[group] ?? []);
}

/**
 * Names of settings that a line says are missing, the likeliest first; empty for a line that says no such thing. The names
 * are guesses: whoever uses them looks whether such a setting is known.
 */
export function missingSettings(written: string): string[] {
  const line = spoken(written);
  const keyError = /KeyError: ["']([\w./-]+)["']/.exec(line)?.[1];
  if (keyError !== undefined) return [keyError];
  const environment = allMatches(line, environmentName, 0);
  if (!saysMissing.test(line) || (environment.length === 0 && !saysSetting.test(line))) return [];
  const others = [...allMatches(line, quotedName, 1), ...allMatches(line, namedAfterWord, 1)];
  const names = [...environment, ...others].filter((name) => !notNames.has(name.toLowerCase()));
  return [...new Set(names)];
}

const looksFatal =
  /fatal|panic|unhandled|uncaught|exception|critical|\berror\b|\bfail(ed|ure)\b|cannot|could not|unable to/i;

/** The line that best tells why a run ended: one whose words name a cause, else one that sounds fatal, else the last. */
export function tellingLine<Line extends { readonly message: string }>(
  lines: readonly Line[],
): Line | undefined {
  const reversed = lines.filter((line) => line.message.trim() !== '').toReversed();
  return (
    reversed.find(
      (line) => missingSettings(line.message).length > 0 || logCauseOf(line.message) !== undefined,
    ) ??
    reversed.find((line) => looksFatal.test(line.message)) ??
    reversed[0]
  );
}
