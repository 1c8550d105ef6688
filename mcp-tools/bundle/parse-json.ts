import type { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { jsonErrorPosition } from './json-error-position.ts';

/** Line and column, both from 1, of a place in a text. */
function lineAndColumn(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return `line ${line}, column ${position - before.lastIndexOf('\n')}`;
}

/** JSON of a file. Throws `bad-input` that names the file, the line and the column. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const what = /^(.*?)(?: in JSON)?(?: at position .*)?$/s.exec(message)?.[1] ?? message;
    const place = lineAndColumn(text, jsonErrorPosition(text));
    throw new UnderstudyError('bad-input', `${path}: ${place}: not JSON: ${short(what)}`, { cause: error });
  }
}

/** The parser's message holds a piece of the text. */
function short(message: string): string {
  return message.length > 120 ? `${message.slice(0, 120)}…` : message;
}

/** `items.3.metadata.name: expected string`: what does not fit, for people. */
export function misfitOf(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'has not the expected form';
  const where = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `;
  return `${where}${issue.message}`;
}

/** A value in its form. Throws `bad-input` that names the file and the field. */
export function inForm<Schema extends z.ZodType>(
  path: string,
  value: unknown,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnderstudyError('bad-input', `${path}: ${misfitOf(parsed.error)}`, { cause: parsed.error });
}
