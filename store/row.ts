import type { z } from 'zod';
import type { Row } from './tx.ts';

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A row with names in camel case and without its NULLs, as our types have it. */
export function fieldsOf(row: Row): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    if (value !== null) fields[camelCase(name)] = value;
  }
  return fields;
}

/** Rows as values of a type: what comes out of the database is parsed like everything that comes in. */
export function parseRows<Schema extends z.ZodType>(
  schema: Schema,
  rows: readonly Row[],
): z.output<Schema>[] {
  return rows.map((row) => schema.parse(fieldsOf(row)));
}

/** The first row as a value of a type, or undefined where there is none. */
export function parseFirst<Schema extends z.ZodType>(
  schema: Schema,
  rows: readonly Row[],
): z.output<Schema> | undefined {
  const first = rows[0];
  return first === undefined ? undefined : schema.parse(fieldsOf(first));
}
