import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** Runs `npm test -- …` on a folder with this one test file, and answers the last line and the exit code. */
async function runOn(code: string): Promise<{ lastLine: string | undefined; code: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'run-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'one.test.ts'), code);
  const runner = fileURLToPath(new URL('./run.ts', import.meta.url));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  const child = spawn(process.execPath, [runner, '--root', folder, '--globals'], { env });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  const [exitCode] = await once(child, 'close');
  return { lastLine: output.trimEnd().split('\n').at(-1), code: exitCode };
}

test.each([
  [
    'all is well',
    "test('a', () => {}); test.skipIf(true)('b', () => {});",
    '1 passed, 0 failed, 1 skipped',
    0,
  ],
  [
    'a test fails',
    "test('a', () => {}); test('b', () => expect(1).toBe(2));",
    '1 passed, 1 failed, 0 skipped',
    1,
  ],
  ['there is no test', '', '0 passed, 1 failed, 0 skipped', 1],
  ['a file does not load', "throw new Error('no');", '0 passed, 1 failed, 0 skipped', 1],
  [
    'an error nobody handles',
    "test('a', () => { setTimeout(() => { throw new Error('late') }, 0); }); test('b', () => new Promise((r) => setTimeout(r, 100)));",
    '2 passed, 1 failed, 0 skipped',
    1,
  ],
])('%s: the last line and the exit code say so', async (_what, code, lastLine, exitCode) => {
  expect(await runOn(code)).toEqual({ lastLine, code: exitCode });
});
