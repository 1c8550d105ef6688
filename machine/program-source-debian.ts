import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import type { Made, Making, ProgramSource } from './program.ts';
import { findCommand, runCommand } from './system-command.ts';
import { textsIn } from './texts.ts';

type DebianSource = Extract<ProgramSource, { kind: 'debian' }>;

/** Where Debian's multiarch keeps libraries; whatever of it came out of the packages goes on the program's library path. */
const libraryRoots = ['usr/lib', 'lib'];
const notNeeded = ['usr/share/doc', 'usr/share/man', 'usr/share/lintian'];

/** Downloads packages with apt (which checks their signatures) and unpacks them; nothing is installed. */
export async function fetchDebian(source: DebianSource, making: Making): Promise<Made> {
  const [aptGet, dpkg] = await Promise.all([findCommand('apt-get'), findCommand('dpkg')]);
  if (aptGet === undefined || dpkg === undefined) {
    throw new UnderstudyError('program-missing', 'this system has no apt-get and dpkg');
  }
  const { folder } = making;
  const packagesFolder = join(folder, 'packages');
  await mkdir(packagesFolder);
  await downloadPackages(aptGet, source.packages, packagesFolder, making);
  for (const name of await readdir(packagesFolder)) {
    await runCommand(dpkg, ['-x', join(packagesFolder, name), folder], making.options);
  }
  for (const unneeded of ['packages', ...notNeeded]) {
    await rm(join(folder, unneeded), { recursive: true, force: true });
  }
  return { member: source.member, libraryFolders: await libraryFoldersIn(folder) };
}

/** With the system's package lists if they will do; otherwise with lists of our own, which need no root and touch nothing. */
async function downloadPackages(
  aptGet: string,
  packages: readonly string[],
  packagesFolder: string,
  making: Making,
): Promise<void> {
  // Downloading as root into a folder that the user _apt may not enter only draws a warning otherwise.
  const sandbox = ['-o', 'APT::Sandbox::User=root'];
  const signal = making.options.signal === undefined ? {} : { signal: making.options.signal };
  const download = (extra: readonly string[]) =>
    runCommand(aptGet, [...sandbox, ...extra, 'download', ...packages], { cwd: packagesFolder, ...signal });
  try {
    await download([]);
  } catch {
    // No lists yet, or older than the archive: the second attempt, with fresh lists, says what is really wrong.
    making.task.detail(textsIn(making.options.progress?.language ?? 'en').updatingPackageLists);
    const apt = join(making.folder, '..', 'apt');
    await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
    await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
    const own = ['-o', `Dir::State::lists=${join(apt, 'lists')}`, '-o', `Dir::Cache=${join(apt, 'cache')}`];
    try {
      await runCommand(aptGet, [...sandbox, ...own, 'update'], signal);
      await download(own);
    } finally {
      await rm(apt, { recursive: true, force: true });
    }
  }
}

async function libraryFoldersIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const root of libraryRoots) {
    const names = await readdir(join(folder, root)).catch(() => []);
    for (const name of names.filter((each) => each.endsWith('-linux-gnu'))) found.push(join(root, name));
  }
  return found;
}
