import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cutOpenLog } from './log-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-log-'));
  file = join(folder, 'a.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a log within its bound is left as it is', () => {
  writeFileSync(file, 'short\n');
  cutOpenLog(file, 100);
  expect(readFileSync(file, 'utf8')).toBe('short\n');
  expect(statSync(`${file}.1`, { throwIfNoEntry: false })).toBeUndefined();
});

test('a writer that has it open goes on in the emptied log; what it wrote before is kept beside it', async () => {
  const log = openSync(file, 'a');
  const script =
    "process.stdout.write('before\\n'); process.stdin.once('data', () => { console.log('after'); process.exit(); })";
  const writer = spawn(process.execPath, ['-e', script], { stdio: ['pipe', log, log] });
  await expect.poll(() => readFileSync(file, 'utf8')).toBe('before\n');
  cutOpenLog(file, 3);
  expect(readFileSync(file, 'utf8')).toBe('');
  writer.stdin?.write('go on');
  await once(writer, 'exit');
  expect(readFileSync(file, 'utf8')).toBe('after\n');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('before\n');
});

test('where nothing can be kept it is emptied all the same, and says so', () => {
  writeFileSync(file, 'x'.repeat(1000));
  mkdirSync(`${file}.1`);
  cutOpenLog(file, 100);
  expect(readFileSync(file, 'utf8')).toMatch(/^earlier lines could not be kept: /);
  expect(statSync(file).size).toBeLessThan(300);
});
