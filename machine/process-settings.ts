import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { ensurePrivateFolder, writePrivateFile } from './private-file.ts';

/** Names the file with what a process is told; a file, because settings hold secrets, and argv and environments are seen by others. */
export const settingsVariable = 'UNDERSTUDY_PROCESS_SETTINGS';

/** Writes what a process is told (mode 0600) and answers the environment variable that tells it where. */
export async function writeProcessSettings<Schema extends z.ZodType>(
  stateFolder: string,
  name: string,
  schema: Schema,
  settings: z.input<Schema>,
): Promise<Record<typeof settingsVariable, string>> {
  const folder = join(stateFolder, 'processes');
  await ensurePrivateFolder(folder);
  const file = join(folder, `${name}.json`);
  await writePrivateFile(file, JSON.stringify(schema.parse(settings)));
  return { [settingsVariable]: file };
}

/** What this process was told. Throws `configuration` when it was told nothing or something else. */
export async function readProcessSettings<Schema extends z.ZodType>(
  schema: Schema,
): Promise<z.output<Schema>> {
  const file = process.env[settingsVariable];
  if (file === undefined) {
    throw new UnderstudyError(
      'configuration',
      `this is a part of Understudy that is not started by hand (${settingsVariable} is not set): use \`understudy up\``,
    );
  }
  const parsed = schema.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new UnderstudyError('configuration', `${file} does not fit this version of Understudy: ${where}`);
}
