import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { openStateFolder, readRuntime, stateFolderPath } from './state-folder.ts';

let workingFolder: string;
beforeEach(async () => {
  workingFolder = await mkdtemp(join(tmpdir(), 'state-folder-'));
});
afterEach(() => rm(workingFolder, { recursive: true }));

const env = {};

test('it is UNDERSTUDY_HOME, or the nearest one above, or to be made here', async () => {
  const inner = join(workingFolder, 'a', 'b');
  await mkdir(inner, { recursive: true });
  expect(stateFolderPath({ env, workingFolder: inner })).toBe(join(inner, '.understudy'));
  await mkdir(join(workingFolder, '.understudy'));
  expect(stateFolderPath({ env, workingFolder: inner })).toBe(join(workingFolder, '.understudy'));
  expect(stateFolderPath({ env: { UNDERSTUDY_HOME: '/srv/u' }, workingFolder: inner })).toBe('/srv/u');
});

test('it is for its owner alone, and for one instance at a time', async () => {
  const first = await openStateFolder({ env, workingFolder });
  expect((await stat(first.path)).mode & 0o777).toBe(0o700);
  const second = openStateFolder({ env, workingFolder });
  await expect(second).rejects.toThrow(
    new RegExp(`already runs in ${first.path} \\(process ${process.pid}, since 20`),
  );
  first.release();
  (await openStateFolder({ env, workingFolder })).release();
});

test('another terminal reads what the running instance said, and nothing after its end', async () => {
  const schema = z.object({ pid: z.int(), serverUrl: z.string() });
  const state = await openStateFolder({ env, workingFolder });
  expect(await readRuntime(state.path, schema)).toBeUndefined();
  await state.writeRuntime({ serverUrl: 'http://127.0.0.1:7788' });
  expect(await readRuntime(state.path, schema)).toEqual({
    pid: process.pid,
    serverUrl: 'http://127.0.0.1:7788',
  });
  expect((await stat(join(state.path, 'runtime.json'))).mode & 0o777).toBe(0o600);
  state.release();
  expect(await readRuntime(state.path, schema)).toBeUndefined();
});

test('an instance that was killed neither holds the folder nor counts as running', async () => {
  const code = `import { openStateFolder } from '${new URL('./state-folder.ts', import.meta.url).href}';
    const state = await openStateFolder({ env: {}, workingFolder: ${JSON.stringify(workingFolder)} });
    await state.writeRuntime({ serverUrl: 'http://127.0.0.1:1' });
    process.stdout.write('open'); setInterval(() => state, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  await once(child.stdout, 'data');
  const path = stateFolderPath({ env, workingFolder });
  const schema = z.object({ serverUrl: z.string() });
  expect(await readRuntime(path, schema)).toBeDefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readRuntime(path, schema)).toBeUndefined();
  (await openStateFolder({ env, workingFolder })).release();
  expect(await readdir(path)).not.toContain('runtime.json');
});
