import { randomUUID } from 'node:crypto';
import { access, readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import type { Language } from '#machine/progress.ts';
import { findCommand } from '#machine/system-command.ts';
import { createCgroup, removeCgroup } from './cgroups.ts';
import type { OwnLevel, RangeLevel } from './level.ts';
import { run } from './run.ts';
import { type CheckName, checkNames, clusterTexts } from './texts.ts';

export type Check = { name: CheckName; ok: boolean; text: string; detail?: string; fix?: string };

export type ClusterDiagnosis = {
  /** The best level that is possible here; undefined when none is. */
  level: RangeLevel | undefined;
  /** Why, in one line. */
  text: string;
  /** What level `full` needs, each with the way to mend it. */
  checks: readonly Check[];
};

const neededCommands = ['ip', 'ldd', 'mount', 'nsenter', 'tee', 'unshare'];
const neededMemoryBytes = 1.5e9;
const neededDiskBytes = 2e9;

type Finding = { ok: boolean; detail?: string };

/** Every check of level `full`: each answers instead of throwing, and touches nothing that it does not put back. */
const checks: Record<CheckName, (stateFolder: string) => Promise<Finding>> = {
  system: async () => ({
    ok: process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64'),
    detail: `${process.platform} ${process.arch}`,
  }),
  root: async () => ({ ok: process.getuid?.() === 0 }),
  commands: async () => {
    const found = await Promise.all(neededCommands.map((name) => findCommand(name)));
    const missing = neededCommands.filter((_, index) => found[index] === undefined);
    return missing.length === 0 ? { ok: true } : { ok: false, detail: missing.join(', ') };
  },
  namespaces: () => works(() => run('unshare', ['--mount', '--net', '--', 'true'])),
  cgroups: () =>
    works(async () => {
      const name = `us-check-${randomUUID()}`;
      await createCgroup(name);
      await removeCgroup(name);
    }),
  kernelLog: () => works(() => access('/dev/kmsg')),
  memory: async () => {
    const kib = /^MemAvailable:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8').catch(() => ''))?.[1];
    const bytes = Number(kib ?? 0) * 1024;
    return { ok: bytes >= neededMemoryBytes, detail: `${(bytes / 1e9).toFixed(1)} GB` };
  },
  disk: async (stateFolder) => {
    const { bavail, bsize } = await statfs(await nearestFolder(stateFolder));
    return { ok: bavail * bsize >= neededDiskBytes, detail: `${((bavail * bsize) / 1e9).toFixed(1)} GB` };
  },
};

async function works(attempt: () => Promise<unknown>): Promise<Finding> {
  try {
    await attempt();
    return { ok: true };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The folder itself, or the nearest one above that exists. */
async function nearestFolder(folder: string): Promise<string> {
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  return exists || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

async function runChecks(stateFolder: string, language: Language): Promise<Check[]> {
  const texts = clusterTexts(language).checks;
  return Promise.all(
    checkNames.map(async (name) => {
      const { ok, detail } = await checks[name](stateFolder);
      const text = ok ? texts[name].ok : texts[name].bad;
      const extra = detail === undefined ? {} : { detail };
      return { name, ok, text, ...extra, ...(ok ? {} : { fix: texts[name].fix }) };
    }),
  );
}

/**
 * Says which kind of practice cluster is possible here, and why. A cluster that the configuration names wins, because
 * somebody asked for it.
 */
export async function diagnoseCluster(options: {
  stateFolder: string;
  givenKubeconfig?: string;
  language?: Language;
}): Promise<ClusterDiagnosis> {
  const language = options.language ?? 'en';
  const found = await runChecks(options.stateFolder, language);
  const isPossible = (wanted: OwnLevel) => failedFor(wanted, found).length === 0;
  const own = isPossible('full') ? 'full' : isPossible('api') ? 'api' : undefined;
  const level = options.givenKubeconfig !== undefined ? 'given' : own;
  return { level, text: clusterTexts(language).levels[level ?? 'none'], checks: found };
}

/** What a control plane alone needs. */
const neededOfApi: ReadonlySet<CheckName> = new Set(['system', 'memory', 'disk']);

function failedFor(level: OwnLevel, found: readonly Check[]): Check[] {
  return found.filter(({ name, ok }) => !ok && (level === 'full' || neededOfApi.has(name)));
}

/** Throws `not-supported` with every reason why this level is not possible here, and what mends each. */
export async function requireLevel(
  level: OwnLevel,
  stateFolder: string,
  language: Language = 'en',
): Promise<void> {
  const failed = failedFor(level, await runChecks(stateFolder, language));
  if (failed.length === 0) return;
  const reasons = failed.map(
    ({ text, detail, fix }) => `\n  - ${text}${detail === undefined ? '' : ` (${detail})`}: ${fix}`,
  );
  throw new UnderstudyError('not-supported', `the practice cluster cannot run here:${reasons.join('')}`);
}
