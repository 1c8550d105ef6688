import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { hashOf } from '#domain/hash.ts';
import { inForm, parseJson } from '#mcp-tools/bundle/parse-json.ts';
import type { Label } from './labels.ts';

/** `tune`: may be looked at and tuned on. `held`: only measured. */
export type Part = 'tune' | 'held';

const folder = fileURLToPath(new URL('./split/', import.meta.url));
const listSchema = z.object({ held: z.array(z.string()) });

/** Chosen once; the lists in `split/` were made with it. */
const seed = 'understudy-eval-1';

/**
 * The third of a suite that is held back: of each group a third, by the order of a hash of seed and name, so that the choice
 * leans on nothing that is in a bundle.
 */
export function chooseHeld(labels: readonly Pick<Label, 'bundle' | 'group'>[]): string[] {
  const groups = Map.groupBy(labels, ({ group }) => group ?? '');
  return [...groups.values()].flatMap((members) => {
    const shuffled = members
      .map(({ bundle }) => ({ bundle, order: hashOf([seed, bundle]) }))
      .toSorted((a, b) => (a.order < b.order ? -1 : 1));
    return shuffled.slice(0, Math.round(members.length / 3)).map(({ bundle }) => bundle);
  });
}

/** Every name that a list of `split/` holds back. */
async function listed(): Promise<{ readonly held: ReadonlySet<string>; readonly lists: number }> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const lists = await Promise.all(
    files.map(async (name) => {
      const path = join(folder, name);
      return inForm(path, parseJson(path, await readFile(path, 'utf8')), listSchema).held;
    }),
  );
  return { held: new Set(lists.flat()), lists: lists.length };
}

/**
 * The part of each bundle of a suite: by the committed lists; a suite of which no bundle is in a list is split by the same
 * rule on the spot.
 */
export async function partsOf(labels: readonly Label[]): Promise<ReadonlyMap<string, Part>> {
  const { held } = await listed();
  const known = labels.some(({ bundle }) => held.has(bundle));
  const own = known ? held : new Set(chooseHeld(labels));
  return new Map(labels.map(({ bundle }) => [bundle, own.has(bundle) ? 'held' : 'tune']));
}
