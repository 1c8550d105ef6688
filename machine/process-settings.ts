import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';

/** Names the file with a process's settings: a file, because settings hold secrets and arguments are for all to see. */
export const processSettingsVariable = 'UNDERSTUDY_PROCESS_SETTINGS';

/** Reads and checks what this process was started with. */
export async function readProcessSettings<Schema extends z.ZodType>(
  schema: Schema,
): Promise<z.output<Schema>> {
  const path = process.env[processSettingsVariable];
  if (path === undefined) {
    throw new UnderstudyError(
      'configuration',
      `${processSettingsVariable} is not set: start this process with "understudy up"`,
    );
  }
  const parsed = schema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new UnderstudyError('configuration', `${path} does not fit this version: ${problems}`);
}
