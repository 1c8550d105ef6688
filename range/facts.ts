import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { writePrivateFile } from '#machine/private-file.ts';
import { type ClusterFacts, openCluster } from './cluster/cluster.ts';
import { shopNamesSchema } from './shop/names.ts';

export const rangeName = 'practice';
/** The environment that everything in the range belongs to. */
export const rangeEnvironment = 'practice';

/** Where a range keeps what, below an instance's state folder. */
export function rangeLayout(stateFolder: string): {
  root: string;
  cluster: string;
  images: string;
  monitoring: string;
  factsFile: string;
} {
  const root = join(stateFolder, 'range');
  return {
    root,
    cluster: join(root, 'cluster'),
    images: join(root, 'images'),
    monitoring: join(root, 'monitoring'),
    factsFile: join(root, 'range.json'),
  };
}

const ownFactsSchema = z.object({
  /** Of the instance that the range belongs to. */
  stateFolder: z.string(),
  prometheusUrl: z.string(),
  alertmanagerUrl: z.string(),
  /** How the shop is called at the moment. */
  names: shopNamesSchema,
  /** Where the shop's images were built, which the range's registry serves. */
  imagesFolder: z.string(),
});

/** What can be said of a running range; plain data. */
export type RangeFacts = z.infer<typeof ownFactsSchema> & { cluster: ClusterFacts };

/** Writes down what runs, for {@link openRange} in another process. */
export async function publishRange(facts: RangeFacts): Promise<void> {
  const own = ownFactsSchema.parse(facts);
  await writePrivateFile(rangeLayout(facts.stateFolder).factsFile, JSON.stringify(own, undefined, 2));
}

export async function withdrawRange(stateFolder: string): Promise<void> {
  await rm(rangeLayout(stateFolder).factsFile, { force: true });
}

/**
 * The range that another process runs (or this one): what a second terminal needs. Throws `unavailable` when it is not
 * running or still on its way up.
 */
export async function openRange(stateFolder: string): Promise<RangeFacts> {
  const layout = rangeLayout(stateFolder);
  const cluster = await openCluster({ stateFolder: layout.cluster, rangeName });
  const text = await readFile(layout.factsFile, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new UnderstudyError('unavailable', 'the practice range is still coming up; try again in a moment');
  }
  return { ...ownFactsSchema.parse(JSON.parse(text)), cluster };
}
