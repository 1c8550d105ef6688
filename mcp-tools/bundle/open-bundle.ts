import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { instantSchema } from '#domain/time.ts';
import {
  type BundleFiles,
  listBundleFiles,
  readTail,
  readText,
  type Tail,
  visitLines,
} from './bundle-files.ts';
import { inForm, misfitOf, parseJson } from './parse-json.ts';

export const bundleFormat = 'understudy-evidence/1';

export const bundleInfoSchema = z.object({
  format: z.literal(bundleFormat),
  cluster: z.string().min(1),
  namespaces: z.array(z.string()).default([]),
  capturedAt: instantSchema,
  /** When the trouble was noticed, if no alert says so. */
  startsAt: instantSchema.optional(),
  /** What was read only in part or not at all, in words. */
  gaps: z.array(z.string()).default([]),
});
export type BundleInfo = z.infer<typeof bundleInfoSchema>;

/** Items of a file, with what in it could not be read. */
export type Items<Item> = { readonly items: readonly Item[]; readonly gaps: readonly string[] };

/**
 * An evidence bundle: files are read when they are first asked for, and once. Everything answers `undefined` for a file that
 * is not there, and throws `bad-input` with the file's name and the place for one that is malformed.
 */
export type Bundle = {
  readonly name: string;
  readonly folder: string;
  readonly info: BundleInfo;
  /** As the contract writes them, without `.gz`, in order. */
  readonly paths: readonly string[];
  readonly text: (path: string) => Promise<string | undefined>;
  /** The last bytes of a file, whole lines only. */
  readonly tail: (path: string, maxBytes: number) => Promise<Tail | undefined>;
  /** Visits every line of a file, however large it is; answers whether there is such a file. */
  readonly eachLine: (path: string, visit: (line: string) => void) => Promise<boolean>;
  readonly json: (path: string) => Promise<unknown>;
  /** Items of a JSON array; one that does not fit is left out and told as a gap. */
  readonly array: <Schema extends z.ZodType>(
    path: string,
    item: Schema,
  ) => Promise<Items<z.output<Schema>> | undefined>;
  /** Records of a file with one JSON value a line; the last of them, where the file is very large. */
  readonly lines: <Schema extends z.ZodType>(
    path: string,
    item: Schema,
  ) => Promise<Items<z.output<Schema>> | undefined>;
  /** Makes something of the bundle once; the same for everybody who asks under this key. */
  readonly once: <Made>(key: string, make: () => Promise<Made>) => Promise<Made>;
};

/** Of several items that do not fit, so many are named. */
const namedMisfits = 3;

function told(path: string, misfits: readonly string[], what: string): string[] {
  if (misfits.length === 0) return [];
  const more = misfits.length > namedMisfits ? `; and ${misfits.length - namedMisfits} more` : '';
  return [`${path}: left out ${what}: ${misfits.slice(0, namedMisfits).join('; ')}${more}`];
}

function itemsOfArray<Schema extends z.ZodType>(
  path: string,
  value: unknown,
  item: Schema,
): Items<z.output<Schema>> {
  const misfits: string[] = [];
  const items = inForm(path, value, z.array(z.unknown())).flatMap((raw, index) => {
    const parsed = item.safeParse(raw);
    if (parsed.success) return [parsed.data];
    misfits.push(`item ${index + 1}: ${misfitOf(parsed.error)}`);
    return [];
  });
  return { items, gaps: told(path, misfits, 'items that do not fit') };
}

/** Records beyond this are not read. */
const maxLinesBytes = 128 * 1024 * 1024;

function recordOf<Schema extends z.ZodType>(
  line: string,
  item: Schema,
): { readonly value?: z.output<Schema>; readonly misfit?: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return { misfit: 'not JSON' };
  }
  const parsed = item.safeParse(raw);
  return parsed.success ? { value: parsed.data } : { misfit: misfitOf(parsed.error) };
}

function itemsOfLines<Schema extends z.ZodType>(
  path: string,
  { text, cut }: Tail,
  item: Schema,
): Items<z.output<Schema>> {
  const misfits: string[] = [];
  const items: z.output<Schema>[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const { value, misfit } = recordOf(line, item);
    if (misfit !== undefined) misfits.push(`line ${index + 1}${cut ? ' of the part read' : ''}: ${misfit}`);
    else if (value !== undefined) items.push(value);
  }
  const part = cut ? [`${path}: only the last ${maxLinesBytes / 1024 / 1024} MiB were read`] : [];
  return { items, gaps: [...part, ...told(path, misfits, 'lines that do not fit')] };
}

function withoutPaths(files: BundleFiles, without: readonly string[]): BundleFiles {
  const paths = files.paths.filter((path) => !without.some((beginning) => path.startsWith(beginning)));
  const kept = new Set(paths);
  return { ...files, paths, realPathOf: (path) => (kept.has(path) ? files.realPathOf(path) : undefined) };
}

function memo(): Bundle['once'] {
  const made = new Map<string, Promise<unknown>>();
  return <Made>(key: string, make: () => Promise<Made>): Promise<Made> => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    // One key has one maker, and so one type.
    return known as Promise<Made>;
  };
}

/**
 * Opens a bundle. Throws `not-found` without a folder or `bundle.json`, `bad-input` where that is malformed.
 * @param without beginnings of paths that are taken for absent: what would be known without them
 */
export async function openBundle(folder: string, without: readonly string[] = []): Promise<Bundle> {
  const files = withoutPaths(await listBundleFiles(resolve(folder)), without);
  const once = memo();
  const text = async (path: string): Promise<string | undefined> => {
    const realPath = files.realPathOf(path);
    return realPath === undefined ? undefined : readText(path, realPath);
  };
  const tail = async (path: string, maxBytes: number): Promise<Tail | undefined> => {
    const realPath = files.realPathOf(path);
    return realPath === undefined ? undefined : readTail(path, realPath, maxBytes);
  };
  const eachLine = async (path: string, visit: (line: string) => void): Promise<boolean> => {
    const realPath = files.realPathOf(path);
    if (realPath !== undefined) await visitLines(path, realPath, visit);
    return realPath !== undefined;
  };
  const json = async (path: string): Promise<unknown> => {
    const content = await text(path);
    return content === undefined ? undefined : parseJson(path, content);
  };
  const info = await json('bundle.json');
  if (info === undefined) {
    throw new UnderstudyError('not-found', `${folder}: not an evidence bundle, it has no bundle.json`);
  }
  return {
    name: basename(files.folder),
    folder: files.folder,
    info: inForm('bundle.json', info, bundleInfoSchema),
    paths: files.paths,
    ...{ text, tail, eachLine, json, once },
    array: (path, item) =>
      once(path, async () => {
        const value = await json(path);
        return value === undefined ? undefined : itemsOfArray(path, value, item);
      }),
    lines: (path, item) =>
      once(path, async () => {
        const content = await tail(path, maxLinesBytes);
        return content === undefined ? undefined : itemsOfLines(path, content, item);
      }),
  };
}

/** What is said of a file that is not there. */
export function notInBundle(what: string): string {
  return `${what}: not in the bundle`;
}

/** The items of several files together: what is malformed is a gap, and the rest is read. */
export async function readTogether<Item>(
  reads: readonly Promise<Items<Item> | undefined>[],
): Promise<Items<Item>> {
  const results = await Promise.allSettled(reads);
  return {
    items: results.flatMap((result) => (result.status === 'fulfilled' ? (result.value?.items ?? []) : [])),
    gaps: results.flatMap((result) => {
      if (result.status === 'fulfilled') return result.value?.gaps ?? [];
      if (!(result.reason instanceof UnderstudyError)) throw result.reason;
      return [result.reason.message];
    }),
  };
}
