import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dropBuildCache, type FindProgramOptions, findProgram, type Program } from './program.ts';
import { wrapperGoMod } from './program-source-go.ts';
import { type Progress, silentProgress } from './progress.ts';
import { findCommand, outputOf } from './system-command.ts';
import { writeGoProxy } from './testing/go-proxy.ts';

const modules = [
  {
    path: 'example.test/tiny',
    version: 'v1.0.0',
    files: {
      'go.mod':
        'module example.test/tiny\n\ngo 1.21\n\nrequire example.test/words v0.0.0\n\nreplace example.test/words => ./staging/words\n',
      'cmd/tiny/main.go':
        'package main\n\nimport ("fmt"; "example.test/words")\n\nvar version = "none"\n\nfunc main() { fmt.Println(words.Hello, version) }\n',
    },
  },
  {
    path: 'example.test/words',
    version: 'v0.2.0',
    files: {
      'go.mod': 'module example.test/words\n\ngo 1.21\n',
      'words.go': 'package words\n\nconst Hello = "hello"\n',
    },
  },
  {
    path: 'example.test/plain',
    version: 'v1.0.0',
    files: {
      'go.mod': 'module example.test/plain\n\ngo 1.21\n',
      'main.go': 'package main\n\nfunc main() { println("plain") }\n',
    },
  },
  {
    path: 'example.test/future',
    version: 'v1.0.0',
    files: {
      'go.mod': 'module example.test/future\n\ngo 1.99\n',
      'main.go': 'package main\n\nfunc main() {}\n',
    },
  },
];

const tiny: Program = {
  name: 'tiny',
  version: '1.0.0',
  sources: [
    {
      kind: 'go-build',
      module: 'example.test/tiny',
      version: 'v1.0.0',
      package: 'example.test/tiny/cmd/tiny',
      ldflags: '-X main.version=1.0.0',
      stagingVersion: 'v0.2.0',
      estimateSeconds: 5,
    },
  ],
};

function installed(name: string): Program {
  const source = {
    kind: 'go-install',
    package: `example.test/${name}`,
    version: 'v1.0.0',
    estimateSeconds: 5,
  } as const;
  return { name, version: '1.0.0', variable: 'PROGRAM_PATH', sources: [source] };
}

function notedProgress(details: string[]): Progress {
  const task = silentProgress.task('');
  return { ...silentProgress, task: () => ({ ...task, detail: (text) => details.push(text) }) };
}

describe.skipIf((await findCommand('go', process.env, ['/usr/local/go/bin'])) === undefined)('Go', () => {
  let folder: string;
  let options: FindProgramOptions & { cacheFolder: string };
  // Go's own library is compiled once for all tests.
  let compiled: string;

  beforeAll(async () => {
    compiled = await mkdtemp(join(tmpdir(), 'go-compiled-'));
  });
  afterAll(() => rm(compiled, { recursive: true }));

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'go-source-'));
    const proxy = await writeGoProxy(join(folder, 'proxy'), modules);
    const { GOMODCACHE, ...env } = process.env;
    options = { cacheFolder: join(folder, 'cache'), env: { ...env, ...proxy, GOCACHE: compiled } };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('builds a module whose replacements count only in a main module, with its flags, and says what it compiles', async () => {
    const details: string[] = [];
    const found = await findProgram(tiny, { ...options, progress: notedProgress(details) });
    expect(found.how).toBe('built');
    expect(details).toContain('compiling example.test/tiny/cmd/tiny');
    expect(await outputOf(found.path, [])).toBe('hello 1.0.0\n');
    expect((await findProgram(tiny, options)).how).toBe('cache');
  });

  test('installs a plain module; the build cache is kept for the next build and dropped when all are done', async () => {
    const found = await findProgram(installed('plain'), options);
    expect(await outputOf(found.path, [])).toBe('plain\n');
    const buildFolder = join(options.cacheFolder, 'build');
    expect(existsSync(join(buildFolder, 'gomod'))).toBe(true);
    await dropBuildCache(options);
    expect(existsSync(buildFolder)).toBe(false);
    expect((await findProgram(installed('plain'), options)).how).toBe('cache');
  });

  test("uses the caller's own caches and leaves them alone", async () => {
    const modulesFolder = join(folder, 'own-modules');
    const withOwn = { ...options, env: { ...options.env, GOMODCACHE: modulesFolder } };
    await findProgram(installed('plain'), withOwn);
    await dropBuildCache(withOwn);
    expect(existsSync(join(compiled, 'README'))).toBe(true);
    expect(existsSync(join(modulesFolder, 'example.test'))).toBe(true);
  });

  test('says what to do when Go is missing, too old or offline', async () => {
    await expect(findProgram(installed('future'), options)).rejects.toThrow(
      /the Go here is too old: install Go/,
    );
    const env = { ...options.env, GOPROXY: 'http://127.0.0.1:9' };
    await expect(findProgram(installed('plain'), { ...options, env })).rejects.toThrow(
      /proxy cannot be reached: check the network/,
    );
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'go'), '#!/bin/sh\necho "no space left on device" >&2; exit 1\n', {
      mode: 0o755,
    });
    const full = { ...options.env, PATH: join(folder, 'bin') };
    await expect(findProgram(installed('plain'), { ...options, env: full })).rejects.toThrow(
      /the disk is full: make 12 GB free/,
    );
  });

  test('two processes that want the same program build it once', async () => {
    const code = `import { findProgram } from '${new URL('./program.ts', import.meta.url).href}';
      const found = await findProgram(${JSON.stringify(tiny)}, { cacheFolder: ${JSON.stringify(options.cacheFolder)} });
      process.stdout.write(found.how);`;
    const results = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: options.env });
        let said = '';
        child.stdout.on('data', (chunk) => {
          said += String(chunk);
        });
        await once(child, 'close');
        return said;
      }),
    );
    expect(results.toSorted()).toEqual(['built', 'cache', 'cache']);
  });

  test('a build that was killed is taken up by the next process', async () => {
    const code = `import { findProgram } from '${new URL('./program.ts', import.meta.url).href}';
      await findProgram(${JSON.stringify(tiny)}, { cacheFolder: ${JSON.stringify(options.cacheFolder)} });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: options.env });
    while (!existsSync(join(options.cacheFolder, 'build.lock'))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    child.kill('SIGKILL');
    await once(child, 'close');
    expect((await findProgram(tiny, options)).how).toBe('built');
  });

  test('can be stopped in the middle', async () => {
    const stop = new AbortController();
    const env = { ...options.env, GOCACHE: join(folder, 'cold') };
    const finding = findProgram(tiny, { ...options, env, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 300);
    await expect(finding).rejects.toThrow('enough');
  });
});

test("a wrapper module takes over its module's own staging replacements and Go version", () => {
  const goMod =
    'module k\n\ngo 1.24.0\n\nreplace (\n\tk8s.io/api => ./staging/src/k8s.io/api\n\tx => y v1.0.0\n)\n';
  const source = {
    kind: 'go-build',
    module: 'k8s.io/kubernetes',
    version: 'v1.34.4',
    package: 'k8s.io/kubernetes/cmd/kubelet',
    stagingVersion: 'v0.34.4',
    estimateSeconds: 1,
  } as const;
  expect(wrapperGoMod(source, goMod).split('\n')).toEqual([
    'module understudy.local/build',
    'go 1.24.0',
    'require k8s.io/kubernetes v1.34.4',
    'replace k8s.io/api => k8s.io/api v0.34.4',
    '',
  ]);
});
