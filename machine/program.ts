import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { withFileLock } from './file-lock.ts';
import { type Platform, thisPlatform } from './platform.ts';
import { type ProgramCache, programCache } from './program-cache.ts';
import { fetchDebian } from './program-source-debian.ts';
import { fetchDownload } from './program-source-download.ts';
import { buildWithGo } from './program-source-go.ts';
import { copyWithMaven } from './program-source-maven.ts';
import { installWithPip } from './program-source-pip.ts';
import { type Progress, type ProgressTask, silentProgress } from './progress.ts';
import { findCommand, outputOf } from './system-command.ts';
import { textsIn } from './texts.ts';

/** One way to come by a program. They are tried in the order in which a program lists them. */
export type ProgramSource =
  /** The project's own release, used only when its published checksum (SHA-256 or SHA-512) fits. */
  | {
      kind: 'download';
      /** `undefined`: there is no release for this platform. */
      url: (platform: Platform) => string | undefined;
      /** A file with just the sum, or a list of sums and file names. */
      checksumUrl: (platform: Platform) => string;
      /** The url is a .tar.gz; this is the program's path in it. The whole archive is kept as the program's root. */
      archiveMember?: (platform: Platform) => string;
    }
  /** Debian packages, unpacked into the cache; nothing is installed. `member`: the program's path in them, such as `usr/bin/prometheus`. */
  | { kind: 'debian'; packages: readonly string[]; member: string }
  /** `go install <package>@<version>`, for modules whose go.mod has no `replace`. */
  | { kind: 'go-install'; package: string; version: string; estimateSeconds: number }
  /** `go build` in a module of our own that requires `module`, because `replace` lines count only in the main module. */
  | {
      kind: 'go-build';
      module: string;
      version: string;
      package: string;
      ldflags?: string;
      /** The module's own `X => ./staging/…` lines become `X => X <stagingVersion>`. */
      stagingVersion?: string;
      estimateSeconds: number;
    }
  /** Python packages of exact versions (`name==1.2.3`, all of them: none is looked for beside), run as `python3 -m <module>`. */
  | { kind: 'pip'; packages: readonly string[]; module: string; estimateSeconds: number }
  /** Java libraries (`group:artifact:version`) with all that they need, by the folder they are put into; those in `lib` are run. */
  | { kind: 'maven'; folders: Readonly<Record<string, readonly string[]>>; estimateSeconds: number };

export type Program = {
  /** What it is called on PATH, in the cache and in messages. */
  name: string;
  /** Part of the cache's path: another version is another entry. */
  version: string;
  /** Environment variable that names a binary of the user's own, such as TEMPORAL_CLI_PATH. */
  variable?: string;
  /** Absent: what is on PATH is never used. `fits` is given what the command printed (both streams). */
  onPath?: { versionArgs: readonly string[]; fits: (output: string) => boolean };
  sources: readonly ProgramSource[];
};

export type FoundProgram = {
  name: string;
  /** Absolute path of the executable. */
  path: string;
  how: 'given' | 'path' | 'cache' | 'download' | 'debian' | 'built';
  /** Folder into which an archive or Debian packages were unpacked, with the files that came along. */
  root?: string;
  /** To be added to the program's environment (LD_LIBRARY_PATH of libraries that came along). */
  env: Readonly<Record<string, string>>;
};

export type FindProgramOptions = {
  /** Default: `$XDG_CACHE_HOME/understudy` or `~/.cache/understudy`. */
  cacheFolder?: string;
  progress?: Progress;
  signal?: AbortSignal;
  /** Default: this process's. */
  env?: Readonly<NodeJS.ProcessEnv>;
};

/**
 * Finds a program, and fetches or builds it where this machine has none:
 * given by its variable → on PATH in a version that fits → cache → its sources in order.
 * What was fetched or built stays in the user's cache. Two processes that want the same program at once make it once.
 * Throws `program-missing` with every way that was tried, why it failed, and what to do.
 */
export async function findProgram(program: Program, options: FindProgramOptions = {}): Promise<FoundProgram> {
  const [found] = await findPrograms([program], options);
  if (found === undefined) throw new UnderstudyError('internal', `${program.name}: nothing was looked for`);
  return found;
}

/** Finds a list of programs, one after the other, in the list's order. See {@link findProgram}. */
export async function findPrograms(
  programs: readonly Program[],
  options: FindProgramOptions = {},
): Promise<FoundProgram[]> {
  const cache = programCache(options);
  const unreachableHosts = new Set<string>();
  const found: FoundProgram[] = [];
  for (const program of programs) {
    found.push(
      (await locate(program, cache, options)) ?? (await make(program, cache, options, unreachableHosts)),
    );
  }
  return found;
}

/** Looks only (given → PATH → cache) and never fetches, for `doctor`. Throws `configuration` when a given binary is no executable file. */
export async function locateProgram(
  program: Program,
  options: FindProgramOptions = {},
): Promise<FoundProgram | undefined> {
  return locate(program, programCache(options), options);
}

/**
 * Removes the folder that Go builds were made in (several GB); the programs stay. Call it when everything wanted is there.
 * Does nothing while another process builds, and leaves GOCACHE and GOMODCACHE of the caller's own alone.
 */
export async function dropBuildCache(options: FindProgramOptions = {}): Promise<void> {
  await programCache(options).dropBuildFolder();
}

async function locate(
  program: Program,
  cache: ProgramCache,
  options: FindProgramOptions,
): Promise<FoundProgram | undefined> {
  return (await given(program, options)) ?? (await onPath(program, options)) ?? (await cache.read(program));
}

async function given(program: Program, options: FindProgramOptions): Promise<FoundProgram | undefined> {
  const path = program.variable === undefined ? undefined : (options.env ?? process.env)[program.variable];
  if (path === undefined || path === '') return undefined;
  try {
    await access(path, constants.X_OK);
  } catch (cause) {
    throw new UnderstudyError(
      'configuration',
      `${program.variable} names ${path}, which is not an executable file: correct it or unset it`,
      { cause },
    );
  }
  return { name: program.name, path, how: 'given', env: {} };
}

async function onPath(program: Program, options: FindProgramOptions): Promise<FoundProgram | undefined> {
  if (program.onPath === undefined) return undefined;
  const path = await findCommand(program.name, options.env);
  if (path === undefined) return undefined;
  const output = await outputOf(path, program.onPath.versionArgs);
  if (output === undefined || !program.onPath.fits(output)) return undefined;
  return { name: program.name, path, how: 'path', env: {} };
}

async function make(
  program: Program,
  cache: ProgramCache,
  options: FindProgramOptions,
  unreachableHosts: Set<string>,
): Promise<FoundProgram> {
  const progress = options.progress ?? silentProgress;
  const onWait = () => progress.note(textsIn(progress.language).waitingForAnotherProcess(program.name));
  return withFileLock(
    cache.lockFile(program),
    { ...signalOf(options), onWait },
    async () =>
      (await cache.read(program)) ?? (await trySources(program, cache, options, progress, unreachableHosts)),
  );
}

async function trySources(
  program: Program,
  cache: ProgramCache,
  options: FindProgramOptions,
  progress: Progress,
  unreachableHosts: Set<string>,
): Promise<FoundProgram> {
  const failures: string[] = [];
  const task = progress.task(`${program.name} ${program.version}`);
  for (const source of program.sources) {
    options.signal?.throwIfAborted();
    if ('estimateSeconds' in source) task.expect(source.estimateSeconds * 1000);
    try {
      const made = await cache.write(program, howOf[source.kind], (folder) =>
        fromSource(source, { program, folder, cache, task, options, unreachableHosts }),
      );
      task.done(textsIn(progress.language).ready[made.how]);
      return made;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`${source.kind}: ${messageOf(error)}`);
      task.detail(messageOf(error));
    }
  }
  task.failed(textsIn(progress.language).notFound);
  throw missing(program, failures);
}

/** What a source is handed: it fills `folder` and answers the executable's path in it. */
export type Making = {
  program: Program;
  folder: string;
  cache: ProgramCache;
  task: Pick<ProgressTask, 'detail' | 'expect'>;
  options: FindProgramOptions;
  /** Hosts that did not answer a moment ago: not worth another timeout. */
  unreachableHosts: Set<string>;
};
export type Made = {
  member: string;
  libraryFolders?: readonly string[];
  /** Files that others may change without the program being any the worse for it. */
  changeable?: readonly string[];
};

const howOf = {
  download: 'download',
  debian: 'debian',
  'go-install': 'built',
  'go-build': 'built',
  pip: 'built',
  maven: 'built',
} as const satisfies Record<ProgramSource['kind'], FoundProgram['how']>;

function fromSource(source: ProgramSource, making: Making): Promise<Made> {
  switch (source.kind) {
    case 'download':
      return fetchDownload(source, thisPlatform(), making);
    case 'debian':
      return fetchDebian(source, making);
    case 'go-install':
    case 'go-build':
      return buildWithGo(source, making);
    case 'pip':
      return installWithPip(source, making);
    case 'maven':
      return copyWithMaven(source, making);
  }
}

function signalOf(options: FindProgramOptions): { signal?: AbortSignal } {
  return options.signal === undefined ? {} : { signal: options.signal };
}

function missing(program: Program, failures: readonly string[]): UnderstudyError {
  const tried = failures.map((failure) => `\n  - ${failure}`).join('');
  const own = program.variable === undefined ? '' : `set ${program.variable} to a binary of your own, or `;
  return new UnderstudyError(
    'program-missing',
    `${program.name} ${program.version} is not on this machine and could not be fetched or built:${tried}\n` +
      `To go on: ${own}mend one of the above and start again`,
    { details: { program: program.name } },
  );
}
