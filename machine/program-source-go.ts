import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { withFileLock } from './file-lock.ts';
import type { Made, Making, ProgramSource } from './program.ts';
import { findCommand, runCommand } from './system-command.ts';
import { textsIn } from './texts.ts';

type GoSource = Extract<ProgramSource, { kind: 'go-install' | 'go-build' }>;
type GoBuildSource = Extract<ProgramSource, { kind: 'go-build' }>;

/** Where Go is often unpacked without a word to PATH. */
export const goFolders = ['/usr/local/go/bin', '/usr/lib/go/bin'];
/** What today's programs ask for. */
export const leastGo = [1, 25] as const;
const goAdvice = `install Go ${leastGo.join('.')} or later (https://go.dev/dl) and put it on PATH`;

/**
 * Builds a program from the Go module proxy, checked against Go's checksum database. One build at a time for a user:
 * two would only slow each other, and all share one build cache. Throws `program-missing` without a fitting Go.
 */
export async function buildWithGo(source: GoSource, making: Making): Promise<Made> {
  const callersEnv = making.options.env ?? process.env;
  const go = await findCommand('go', callersEnv, goFolders);
  if (go === undefined) throw new UnderstudyError('program-missing', `there is no Go here: ${goAdvice}`);
  const texts = textsIn(making.options.progress?.language ?? 'en');
  const signal = making.options.signal === undefined ? {} : { signal: making.options.signal };
  const onWait = () => making.task.detail(texts.waitingForAnotherBuild);
  await withFileLock(making.cache.buildLockFile, { ...signal, onWait }, async () => {
    // What it waited for other builds says nothing of how long this one takes.
    making.task.expect(source.estimateSeconds * 1000);
    const env = buildEnv(callersEnv, making.cache.buildFolder);
    const onErrorLine = (line: string) => making.task.detail(whatGoDoes(line, texts.compiling));
    const run = (args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) =>
      runCommand(go, args, { ...signal, onErrorLine, ...options, env: { ...env, ...options.env } });
    await mkdir(making.cache.buildFolder, { recursive: true });
    try {
      if (source.kind === 'go-install') {
        await run(['install', '-v', '-ldflags', '-s -w', `${source.package}@${source.version}`], {
          cwd: making.cache.buildFolder,
          env: { GOBIN: making.folder },
        });
      } else {
        const module = await wrapperModule(source, making.cache.buildFolder, run);
        const output = join(making.folder, basename(source.package));
        const ldflags = ['-s -w', source.ldflags ?? ''].join(' ').trim();
        await run(['build', '-v', '-mod=mod', '-ldflags', ldflags, '-o', output, source.package], {
          cwd: module,
        });
      }
    } catch (error) {
      making.options.signal?.throwIfAborted();
      throw explained(error, making.cache.buildFolder);
    }
  });
  return { member: basename(source.package) };
}

/** `go build -v` names every package as it is compiled, and every module as it is fetched. */
function whatGoDoes(line: string, compiling: (what: string) => string): string {
  const isPackage = /^[\w.\-/~]+$/.test(line);
  return (isPackage ? compiling(line) : line.replace(/^go: /, '')).slice(0, 100);
}

function buildEnv(callersEnv: Readonly<NodeJS.ProcessEnv>, buildFolder: string): NodeJS.ProcessEnv {
  const { GOOS, GOARCH, GOBIN, GOWORK, ...rest } = callersEnv;
  return {
    GOCACHE: join(buildFolder, 'gocache'),
    GOMODCACHE: join(buildFolder, 'gomod'),
    ...rest,
    CGO_ENABLED: '0',
    GOWORK: 'off',
    // -modcacherw: otherwise the module cache is read-only and cannot be dropped.
    GOFLAGS: '-trimpath -buildvcs=false -modcacherw',
  };
}

type RunGo = (args: readonly string[], options?: { cwd?: string }) => Promise<string>;

const downloadedModule = z.object({ GoMod: z.string() });

/** A module of our own with one `require`, and the replacements that the required module needs; shared by its programs. */
async function wrapperModule(source: GoBuildSource, buildFolder: string, run: RunGo): Promise<string> {
  const folder = join(buildFolder, 'modules', `${source.module}@${source.version}`.replaceAll('/', '_'));
  await mkdir(folder, { recursive: true });
  const printed = await run(['mod', 'download', '-json', `${source.module}@${source.version}`], {
    cwd: buildFolder,
  });
  const goMod = await readFile(downloadedModule.parse(JSON.parse(printed)).GoMod, 'utf8');
  await writeFile(join(folder, 'go.mod'), wrapperGoMod(source, goMod), { flag: 'wx' }).catch(ifAlreadyThere);
  return folder;
}

/** The text of the wrapper's go.mod, from the required module's own. */
export function wrapperGoMod(source: GoBuildSource, goMod: string): string {
  const goVersion = /^go (\S+)$/m.exec(goMod)?.[1] ?? '1.24.0';
  const replaced =
    source.stagingVersion === undefined
      ? []
      : [...goMod.matchAll(/^\s*(?:replace\s+)?(\S+)\s+=>\s+\.\//gm)].map((match) => match[1] ?? '');
  const replaceLines = replaced.map((module) => `replace ${module} => ${module} ${source.stagingVersion}`);
  return [
    'module understudy.local/build',
    `go ${goVersion}`,
    `require ${source.module} ${source.version}`,
    ...replaceLines,
    '',
  ].join('\n');
}

function ifAlreadyThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}

/** What Go's messages mean to somebody who only wanted to start Understudy. */
const explanations: readonly { when: RegExp; say: (buildFolder: string) => string }[] = [
  {
    when: /requires go >= ?(\S+)|unknown directive: toolchain|invalid go version/,
    say: () => `the Go here is too old: ${goAdvice}`,
  },
  {
    when: /no space left on device|ENOSPC/,
    say: (folder) => `the disk is full: make 12 GB free for ${folder}`,
  },
  {
    when: /dial tcp|no such host|i\/o timeout|connection refused|TLS handshake/,
    say: () => 'the Go module proxy cannot be reached: check the network, GOPROXY and HTTPS_PROXY',
  },
];

function explained(error: unknown, buildFolder: string): UnderstudyError {
  const text = messageOf(error);
  const explanation = explanations.find(({ when }) => when.test(text));
  const message = explanation === undefined ? text : `${explanation.say(buildFolder)} (${lastLine(text)})`;
  return new UnderstudyError('program-missing', message, { cause: error });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
