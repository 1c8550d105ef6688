import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

/** Runs `npm test -- …` on a folder with this one test file. */
async function runOn(
  code: string,
): Promise<{ lines: readonly string[]; lastLine: string | undefined; code: number }> {
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
  const lines = output.trimEnd().split('\n');
  return { lines, lastLine: lines.at(-1), code: exitCode };
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
  expect(await runOn(code)).toMatchObject({ lastLine, code: exitCode });
});

/** What stands at the end, where a log that is cut still has it. */
async function endOf(code: string): Promise<string> {
  const { lines } = await runOn(code);
  return lines.slice(lines.findLastIndex((line) => line.startsWith('══ tests:'))).join('\n');
}

test('the end of the output names what failed, and why', async () => {
  const end = await endOf(
    "describe('sums', () => { test('add up', () => expect(1 + 1, 'one and one').toBe(3)); }); test('fine', () => {});",
  );
  expect(end).toMatch(/^══ tests: \d+ s\n {3}longest: one\.test\.ts [\d.]+ s\n/);
  expect(end).toContain('✗ one.test.ts > sums > add up\n    one and one: expected 2 to be 3');
  expect(end).not.toContain('fine');
});

test.each([
  [
    'a hook',
    "describe('rooms', () => { beforeAll(() => { throw new Error('no key') }); test('a', () => {}); });",
  ],
  ['a file', "throw new Error('no key');"],
  [
    'an error nobody handles',
    "test('a', async () => { setTimeout(() => { throw new Error('no key') }, 0); await new Promise((r) => setTimeout(r, 100)); });",
  ],
])('what fails outside a test is told at the end: %s', async (_what, code) => {
  expect(await endOf(code)).toContain('no key');
});

test('a long error is cut in its middle', async () => {
  const message = "Array.from({ length: 500 }, (_, n) => 'line ' + n).join('\\n')";
  const end = await endOf(`test('a', () => { throw new Error(${message}) });`);
  expect(end).toContain('    line 0\n');
  expect(end).toContain('… 480 lines …');
  expect(end).toContain('    line 499\n');
  expect(end.split('\n').length).toBeLessThan(30);
});
