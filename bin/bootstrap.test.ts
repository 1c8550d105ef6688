import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { outputOf } from '#machine/system-command.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** A copy of Understudy with our bin/ and next to nothing else: its packages are a folder, its CLI says how it was called. */
let clone: string;
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  onTestFinished(() => rm(clone, { recursive: true }));
  await cp(join(repository, 'bin'), join(clone, 'bin'), { recursive: true });
  await mkdir(join(clone, 'cli'));
  await mkdir(join(clone, 'little'));
  await writeFile(join(clone, 'little', 'package.json'), '{"name":"little","version":"1.0.0"}');
  await writeLock('1.0.0');
  await writeFile(
    join(clone, 'cli', 'main.ts'),
    `const said: string = JSON.stringify({ args: process.argv.slice(2), node: process.versions.node });
     if (process.argv.includes('fail')) process.exitCode = 7;
     if (process.argv.includes('wait')) {
       let signals = 0;
       process.on('SIGTERM', () => {
         signals += 1;
         setTimeout(() => process.exit(4 + signals), 300);
       });
       setInterval(() => undefined, 1000);
     }
     process.stdout.write(said);`,
  );
});

async function writeLock(version: string): Promise<void> {
  const packageJson = { name: 'clone', type: 'module', dependencies: { little: 'file:little' } };
  await writeFile(join(clone, 'package.json'), JSON.stringify(packageJson));
  await writeFile(join(clone, 'little', 'package.json'), JSON.stringify({ name: 'little', version }));
  const lock = {
    name: 'clone',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'clone', dependencies: { little: 'file:little' } },
      little: { version },
      'node_modules/little': { resolved: 'little', link: true },
      'node_modules/for-another-platform': { version: '1.0.0', optional: true, os: ['none'] },
    },
  };
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock));
}

/** A lock with one package, which is to be had there. */
async function writeLockOf(resolved: string): Promise<void> {
  const packageJson = { name: 'clone', type: 'module', dependencies: { far: '1.0.0' } };
  await writeFile(join(clone, 'package.json'), JSON.stringify(packageJson));
  const lock = {
    name: 'clone',
    lockfileVersion: 3,
    packages: {
      '': { name: 'clone', dependencies: { far: '1.0.0' } },
      'node_modules/far': { version: '1.0.0', resolved },
    },
  };
  await writeFile(join(clone, 'package-lock.json'), JSON.stringify(lock));
}

type Run = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

function start(script: string, args: string[], options: { node?: string; env?: NodeJS.ProcessEnv } = {}) {
  // What `npm test` itself was told must not reach the npm under test.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const child = spawn(options.node ?? process.execPath, [join(clone, 'bin', script), ...args], {
    cwd: tmpdir(),
    env: { ...env, LANG: 'C.UTF-8', LC_ALL: '', ...options.env },
  });
  const run: Run = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    run.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    run.stderr += String(chunk);
  });
  const ended = once(child, 'close').then(([code, signal]): Run => ({ ...run, code, signal }));
  return { child, run, ended };
}

test('a fresh clone: packages are installed, with a word about it, and the command runs', async () => {
  const { code, stdout, stderr } = await start('understudy.mjs', ['incident', 'ls']).ended;
  expect(JSON.parse(stdout).args).toEqual(['incident', 'ls']);
  expect(stderr).toMatch(/^Installing packages \(npm ci\) … about 60 s left\n.*✓ Packages installed/s);
  expect(code).toBe(0);
  expect(existsSync(join(clone, 'node_modules', 'little'))).toBe(true);
});

test('the second time nothing is installed; a changed lock is', async () => {
  await start('understudy.mjs', []).ended;
  expect((await start('understudy.mjs', []).ended).stderr).toBe('');
  await writeLock('1.1.0');
  expect((await start('understudy.mjs', []).ended).stderr).toContain('Packages installed');
  expect((await start('understudy.mjs', []).ended).stderr).toBe('');
});

test('two at once install once', async () => {
  const both = await Promise.all([1, 2].map(() => start('understudy.mjs', []).ended));
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.filter(({ stderr }) => stderr.includes('Packages installed'))).toHaveLength(1);
});

test('npm start hands its arguments on, and the exit code comes back', async () => {
  const { code, stdout } = await start('bootstrap.mjs', ['start', '--auto-approve', 'fail']).ended;
  expect(JSON.parse(stdout).args).toEqual(['start', '--auto-approve', 'fail']);
  expect(code).toBe(7);
});

test('an unknown task is an error of use', async () => {
  const { code, stderr } = await start('bootstrap.mjs', ['fly']).ended;
  expect(code).toBe(2);
  expect(stderr).toContain('start|test|bench|eval|check');
});

test('no network: what happened and what to do, in the user’s language, and nothing half done', async () => {
  await writeLockOf('http://127.0.0.1:9/far.tgz');
  const offline = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' };
  const english = await start('understudy.mjs', [], { env: offline }).ended;
  expect(english.code).toBe(1);
  expect(english.stdout).toBe('');
  expect(english.stderr).toContain('The npm registry cannot be reached. Check the network');
  const chinese = await start('understudy.mjs', [], { env: { ...offline, LANG: 'zh_CN.UTF-8' } }).ended;
  expect(chinese.stderr).toContain('无法访问 npm 仓库');
});

test('Ctrl-C while packages are installed ends npm too, and the next start installs them', async () => {
  // A registry that is reached and never answers.
  const asked = Promise.withResolvers<Socket>();
  const registry = createServer((request) => asked.resolve(request.socket));
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  onTestFinished(() => void registry.close());
  const { port } = z.object({ port: z.int() }).parse(registry.address());
  await writeLockOf(`http://127.0.0.1:${port}/far.tgz`);
  const { child, ended } = start('understudy.mjs', []);
  const hungUp = once(await asked.promise, 'close');
  child.kill('SIGINT');
  const { code, stderr, stdout } = await ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toContain('Stopped. The next start installs');
  await hungUp;
  await writeLock('1.0.0');
  expect((await start('understudy.mjs', []).ended).code).toBe(0);
});

test('an incomplete copy is said to be one', async () => {
  await rm(join(clone, 'package-lock.json'));
  expect((await start('understudy.mjs', []).ended).stderr).toContain('package-lock.json is missing');
});

/** Another Node on this machine, too old to run TypeScript: the one that the project must get along with. */
async function oldNode(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const node = join(folder, 'node');
    if (/^v(18|20)\./.test((await outputOf(node, ['--version'])) ?? '')) return node;
  }
  return undefined;
}
const node = await oldNode();
const ownName = `node-linux-${process.arch}`;
const ownNode = join(repository, 'node_modules', ownName);

describe.skipIf(node === undefined || !existsSync(ownNode))('under an old Node', () => {
  const old = node === undefined ? {} : { node };

  beforeEach(async () => {
    await start('understudy.mjs', [], old).ended;
    await symlink(ownNode, join(clone, 'node_modules', ownName));
  });

  test('the command runs under the Node that came with the packages, and its exit code comes back', async () => {
    const { code, stdout } = await start('understudy.mjs', ['fail'], old).ended;
    expect(JSON.parse(stdout)).toMatchObject({ args: ['fail'] });
    expect(JSON.parse(stdout).node).toMatch(/^24\./);
    expect(code).toBe(7);
  });

  test('a signal reaches the command once, and how it ended comes back', async () => {
    const { child, run, ended } = start('understudy.mjs', ['wait'], old);
    while (run.stdout === '') await once(child.stdout, 'data');
    // As npm does: its own copy on top of what the whole group got.
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGTERM'), 50);
    expect(await ended).toMatchObject({ code: 5 });
    const second = start('understudy.mjs', ['wait'], old);
    while (second.run.stdout === '') await once(second.child.stdout, 'data');
    second.child.kill('SIGHUP');
    expect(await second.ended).toMatchObject({ signal: 'SIGHUP' });
  });

  test('without it, the error says which Node to install', async () => {
    await rm(join(clone, 'node_modules', ownName));
    const { code, stderr } = await start('understudy.mjs', [], old).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/needs Node 22\.19 or later, and this is (18|20)\..*install Node 24/s);
  });
});
