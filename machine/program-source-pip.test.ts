import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProgram, type Program } from './program.ts';
import { outputOf, runCommand } from './system-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'program-pip-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A Python package with a module `greeter`, as a wheel: what pip can install without asking anybody. */
async function wheel(): Promise<string> {
  const source = join(folder, 'source');
  const info = join(source, 'greeter-2.1.dist-info');
  await mkdir(info, { recursive: true });
  await mkdir(join(source, 'certifi'));
  await writeFile(join(source, 'certifi', 'cacert.pem'), 'a certificate\n');
  await writeFile(join(source, 'greeter.py'), 'import sys\nprint("greets", sys.argv[1])\n');
  await writeFile(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: greeter\nVersion: 2.1\n');
  await writeFile(join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
  const record = [
    'greeter.py',
    'certifi/cacert.pem',
    'greeter-2.1.dist-info/METADATA',
    'greeter-2.1.dist-info/WHEEL',
  ];
  await writeFile(
    join(info, 'RECORD'),
    [...record, 'greeter-2.1.dist-info/RECORD'].map((name) => `${name},,\n`).join(''),
  );
  const file = join(folder, 'greeter-2.1-py3-none-any.whl');
  await runCommand(
    'python3',
    ['-m', 'zipfile', '-c', file, 'greeter.py', 'certifi', 'greeter-2.1.dist-info'],
    {
      cwd: source,
    },
  );
  return file;
}

const greeter = (packages: readonly string[]): Program => ({
  name: 'greeter',
  version: '2.1',
  sources: [{ kind: 'pip', packages, module: 'greeter', estimateSeconds: 1 }],
});

test('Python packages are installed beside nothing else, and run wherever the folder is', async () => {
  const program = greeter([await wheel()]);
  const cacheFolder = join(folder, 'cache');
  const made = await findProgram(program, { cacheFolder });
  expect(made.how).toBe('built');
  expect(await outputOf(made.path, ['you'])).toBe('greets you\n');
  await rename(cacheFolder, join(folder, 'moved'));
  const moved = await findProgram(program, { cacheFolder: join(folder, 'moved') });
  expect(moved.how).toBe('cache');
  expect(await outputOf(moved.path, ['me'])).toBe('greets me\n');
});

test('a certificate that the machine adds is no reason to install anew; a changed module is', async () => {
  const program = greeter([await wheel()]);
  const cacheFolder = join(folder, 'cache');
  const { root = '' } = await findProgram(program, { cacheFolder });
  await appendFile(join(root, 'packages', 'certifi', 'cacert.pem'), "the owner's certificate\n");
  expect((await findProgram(program, { cacheFolder })).how).toBe('cache');
  await appendFile(join(root, 'packages', 'greeter.py'), 'print("more")\n');
  expect((await findProgram(program, { cacheFolder })).how).toBe('built');
});

test('a package that cannot be had, and a machine without Python, are told with what to do', async () => {
  const cacheFolder = join(folder, 'cache');
  const nowhere = join(folder, 'no-such-1.0-py3-none-any.whl');
  await expect(findProgram(greeter([nowhere]), { cacheFolder })).rejects.toMatchObject({
    code: 'program-missing',
    message: expect.stringContaining('no-such'),
  });
  const bare = { cacheFolder, env: { PATH: folder } };
  await expect(findProgram(greeter([nowhere]), bare)).rejects.toMatchObject({
    message: expect.stringContaining('python3-pip'),
  });
});
