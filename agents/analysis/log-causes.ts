import { z } from 'zod';
import { type LogCauseRule, logCauseRules } from './log-cause-rules.ts';
import { routineLines } from './routine-lines.ts';

/** What a log line says of its cause. */
export type LogCause = LogCauseRule;

/** As much of a line is looked at. */
const tellingChars = 4_000;

/** The cause that a line names; undefined for one that names none, or that programs write while all is well. */
export function logCauseOf(line: string): LogCause | undefined {
  const text = line.slice(0, tellingChars);
  const found = logCauseRules.find(({ pattern }) => pattern.test(text));
  return found === undefined || routineLines.some((routine) => routine.test(text)) ? undefined : found;
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
