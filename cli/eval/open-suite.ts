import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import { stateFolderPath } from '#machine/state-folder.ts';
import { unpackTarXz } from '#machine/unpack.ts';
import { inForm, parseJson } from '#mcp-tools/bundle/parse-json.ts';
import { bundleFolders } from '../diagnose/bundle-folders.ts';
import { type Label, labelsSchema } from './labels.ts';

export type Suite = {
  readonly name: string;
  /** Each with the folder of its bundle. */
  readonly cases: readonly { readonly label: Label; readonly folder: string }[];
  /** Labels whose bundle is not there. */
  readonly missing: readonly string[];
};

export type Where = { readonly env: Readonly<NodeJS.ProcessEnv>; readonly workingFolder: string };

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Unpacked once; anew when the archive has changed. */
async function unpacked(archive: string, name: string, where: Where): Promise<string> {
  const { size, mtimeMs } = await stat(archive);
  const cache = join(stateFolderPath(where), 'eval');
  const folder = join(cache, `${name}-${size}-${Math.round(mtimeMs)}`);
  if (await exists(folder)) return folder;
  const half = `${folder}.part-${process.pid}`;
  await mkdir(half, { recursive: true });
  try {
    await unpackTarXz(archive, half);
    // Another process may have been quicker: its folder is as good.
    await rename(half, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  return folder;
}

async function readLabels(folder: string): Promise<Label[]> {
  const path = join(folder, 'labels.json');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UnderstudyError('not-found', `${path}: a suite needs its labels (${messageOf(error)})`, {
      cause: error,
    });
  });
  return inForm(path, parseJson(path, text), labelsSchema);
}

/** Bundles stand beside the labels, in a folder `bundles` or in the archive. */
async function foldersOf(folder: string, name: string, where: Where): Promise<string[]> {
  const archive = join(folder, 'bundles.tar.xz');
  const places = [folder, join(folder, 'bundles')];
  for (const place of places) {
    try {
      return await bundleFolders(place);
    } catch (error) {
      if (errorCodeOf(error) !== 'not-found') throw error;
    }
  }
  if (!(await exists(archive))) {
    throw new UnderstudyError('not-found', `${folder}: neither bundles nor bundles.tar.xz are there`);
  }
  const place = await unpacked(archive, name, where);
  return bundleFolders(place).catch(() => bundleFolders(join(place, 'bundles')));
}

/** Opens a suite of labelled bundles. Throws `not-found`, `bad-input` for labels, `program-missing` without xz. */
export async function openSuite(path: string, where: Where): Promise<Suite> {
  const folder = resolve(where.workingFolder, path);
  const name = basename(folder);
  const labels = await readLabels(folder);
  const byName = new Map((await foldersOf(folder, name, where)).map((one) => [basename(one), one]));
  return {
    name,
    cases: labels.flatMap((label) => {
      const found = byName.get(label.bundle);
      return found === undefined ? [] : [{ label, folder: found }];
    }),
    missing: labels.filter(({ bundle }) => !byName.has(bundle)).map(({ bundle }) => bundle),
  };
}
