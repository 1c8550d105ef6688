import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { writePrivateFile } from './private-file.ts';
import { processSettingsVariable, readProcessSettings } from './process-settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'settings-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const schema = z.object({ port: z.int() });

test('a process reads what it was told from a file that only its owner may read', async () => {
  const file = join(folder, 'run', 'server.json');
  await writePrivateFile(file, JSON.stringify({ port: 7788 }));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  vi.stubEnv(processSettingsVariable, file);
  expect(await readProcessSettings(schema)).toEqual({ port: 7788 });
});

test('told nothing, or something else, it says so', async () => {
  await expect(readProcessSettings(schema)).rejects.toThrow('not started by hand');
  const file = join(folder, 'server.json');
  await writePrivateFile(file, JSON.stringify({ port: 'a' }));
  vi.stubEnv(processSettingsVariable, file);
  await expect(readProcessSettings(schema)).rejects.toThrow(/does not fit .* port: /);
});
