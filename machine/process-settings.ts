import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';

/** Names the file (mode 0600) with what a process is told: settings hold secrets, and arguments are for all to see. */
export const processSettingsVariable = 'UNDERSTUDY_PROCESS_SETTINGS';

/** What this process was told. Throws `configuration` when it was told nothing or something else. */
export async function readProcessSettings<Schema extends z.ZodType>(
  schema: Schema,
): Promise<z.output<Schema>> {
  const file = process.env[processSettingsVariable];
  if (file === undefined) {
    throw new UnderstudyError(
      'configuration',
      `this is a part of Understudy that is not started by hand (${processSettingsVariable} is not set): use \`understudy up\``,
    );
  }
  const parsed = schema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new UnderstudyError('configuration', `${file} does not fit this version of Understudy: ${where}`);
}
