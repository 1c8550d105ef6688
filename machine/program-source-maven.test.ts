import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProgram, type Program } from './program.ts';
import { outputOf } from './system-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'program-maven-'));
});
afterEach(() => rm(folder, { recursive: true }));

const hamcrest = 'org.hamcrest:hamcrest-core:1.3';

const program = (lib: readonly string[]): Program => ({
  name: 'hamcrest',
  version: '1.3',
  sources: [{ kind: 'maven', folders: { lib, more: [hamcrest] }, estimateSeconds: 1 }],
});

test('libraries come with what they need into their folders, and Java runs with those of lib', async () => {
  const junit = 'junit:junit:4.13.2';
  const made = await findProgram(program([junit]), { cacheFolder: join(folder, 'cache') });
  expect(made.how).toBe('built');
  expect(await outputOf(made.path, ['junit.runner.Version'])).toContain('4.13.2');
  const cached = await findProgram(program([junit]), { cacheFolder: join(folder, 'cache') });
  expect(cached.how).toBe('cache');
}, 120_000);

test('a library that cannot be had, and a machine without Maven, are told with what to do', async () => {
  const cacheFolder = join(folder, 'cache');
  await expect(findProgram(program(['no.such:library:1']), { cacheFolder })).rejects.toMatchObject({
    code: 'program-missing',
    message: expect.stringContaining('no.such:library'),
  });
  await writeFile(join(folder, 'mvn'), '', { mode: 0o755 });
  await expect(
    findProgram(program([hamcrest]), { cacheFolder, env: { PATH: folder } }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/no java here.*default-jre-headless, maven/),
  });
}, 120_000);
