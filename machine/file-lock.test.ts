import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryFileLock, withFileLock } from './file-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const moduleUrl = new URL('./file-lock.ts', import.meta.url).href;

/** Another process that takes the lock and keeps it until it is killed. */
async function holder(file: string) {
  const code = `import { tryFileLock } from '${moduleUrl}';
    const lock = await tryFileLock(${JSON.stringify(file)});
    process.stdout.write(lock === undefined ? 'refused' : 'held');
    setInterval(() => lock, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said) };
}

test('one holder at a time, in one process as between two', async () => {
  const file = join(folder, 'sub', 'a.lock');
  const lock = await tryFileLock(file);
  expect(lock).toBeDefined();
  expect(await tryFileLock(file)).toBeUndefined();
  const other = await holder(file);
  expect(other.said).toBe('refused');
  other.child.kill('SIGKILL');
  lock?.release();
  const again = await tryFileLock(file);
  expect(again).toBeDefined();
  again?.release();
});

test('a lock whose owner was killed is free', async () => {
  const file = join(folder, 'a.lock');
  const owner = await holder(file);
  expect(owner.said).toBe('held');
  const { promise: waiting, resolve: onWait } = Promise.withResolvers<void>();
  const working = withFileLock(file, { onWait }, async () => 'mine');
  await waiting;
  owner.child.kill('SIGKILL');
  expect(await working).toBe('mine');
  expect(await readdir(folder)).toEqual(['a.lock']);
});

test('waiting can be given up, and work that throws lets go', async () => {
  const file = join(folder, 'a.lock');
  const lock = await tryFileLock(file);
  const waiting = withFileLock(file, { signal: AbortSignal.timeout(300) }, async () => 'never');
  await expect(waiting).rejects.toThrow();
  lock?.release();
  const failing = withFileLock(file, {}, () => Promise.reject(new Error('no luck')));
  await expect(failing).rejects.toThrow('no luck');
  expect(await withFileLock(file, {}, async () => 'free')).toBe('free');
});
