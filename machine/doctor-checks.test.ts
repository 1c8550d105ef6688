import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkMachine, checkProgram, type DoctorCheck, type DoctorOptions } from './doctor-checks.ts';
import { freePort } from './ports.ts';
import type { Program, ProgramSource } from './program.ts';

let folder: string;
let options: DoctorOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  await mkdir(join(folder, 'bin'));
  options = {
    language: 'en',
    stateFolder: join(folder, 'a', '.understudy'),
    cacheFolder: join(folder, 'cache'),
    ports: [],
    env: { PATH: join(folder, 'bin') },
  };
});
afterEach(() => rm(folder, { recursive: true }));

async function command(name: string, says: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\necho "${says}"\n`);
  await chmod(path, 0o755);
}

function named(checks: readonly DoctorCheck[], name: string): DoctorCheck | undefined {
  return checks.find((check) => check.name === name);
}

test('this machine has what it takes', async () => {
  const { env, ...rest } = options;
  const checks = await checkMachine(rest);
  expect(checks.filter((check) => check.state === 'missing')).toEqual([]);
  expect(named(checks, 'Node')?.text).toBe(process.versions.node);
});

test('Go that is too old is named, with what mends it', async () => {
  await command('go', 'go version go1.19.8 linux/amd64');
  expect(named(await checkMachine(options), 'Go')).toEqual({
    name: 'Go',
    state: 'warning',
    text: '1.19 is too old to build what cannot be downloaded',
    mend: 'install Go 1.25 or later from https://go.dev/dl',
  });
  await command('go', 'go version go1.26.8 linux/amd64');
  expect(named(await checkMachine(options), 'Go')).toMatchObject({ state: 'ok', text: '1.26' });
});

test('ports that are taken are named, and no obstacle', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const checks = await checkMachine({ ...options, ports: [port, await freePort()] });
  expect(named(checks, 'Ports')).toMatchObject({
    state: 'ok',
    text: `${port} taken: others are used instead`,
  });
  server.close();
});

test('a database of the user’s own is enough', async () => {
  const env = { ...options.env, DATABASE_URL: 'postgres://u:hush@db/understudy' };
  const check = named(await checkMachine({ ...options, env }), 'PostgreSQL');
  expect(check).toMatchObject({ state: 'ok' });
  expect(JSON.stringify(check)).not.toContain('hush');
});

const build: ProgramSource = {
  kind: 'go-install',
  package: 'example.test/tiny',
  version: 'v1.0.0',
  estimateSeconds: 150,
};
const download: ProgramSource = {
  kind: 'download',
  url: () => 'http://a.invalid/tiny',
  checksumUrl: () => 'http://a.invalid/sums',
};

function tiny(sources: ProgramSource[]): Program {
  const onPath = { versionArgs: ['--version'], fits: () => true };
  return { name: 'tiny', version: '1.0.0', variable: 'TINY_PATH', onPath, sources };
}

test('a program that is here, can be had, or cannot', async () => {
  const program = tiny([download, build]);
  await command('go', 'go version go1.19.8 linux/amd64');
  expect(await checkProgram(program, options)).toEqual({
    name: 'tiny 1.0.0',
    state: 'missing',
    text: 'not here, and there is no way to fetch or build it',
    mend: 'install Go from https://go.dev/dl, or go online, or set TINY_PATH to a binary',
  });
  await command('go', 'go version go1.26.8 linux/amd64');
  expect(await checkProgram(program, options)).toMatchObject({
    state: 'warning',
    text: 'not here yet; will be built at the first start (about 2 min 30 s)',
  });
  await command('tiny', 'tiny 1.0.0');
  expect(await checkProgram(program, options)).toMatchObject({
    state: 'ok',
    text: `found on PATH: ${join(folder, 'bin', 'tiny')}`,
  });
  const env = { ...options.env, TINY_PATH: '/nowhere' };
  const wrong = await checkProgram(program, { ...options, env });
  expect(wrong).toMatchObject({
    state: 'missing',
    text: expect.stringContaining('TINY_PATH names /nowhere'),
  });
});

test('it speaks Chinese', async () => {
  await command('go', 'go version go1.26.8 linux/amd64');
  const check = await checkProgram(tiny([build]), { ...options, language: 'zh' });
  expect(check.text).toBe('本机尚无，首次启动时将构建（约 2 分 30 秒）');
});
