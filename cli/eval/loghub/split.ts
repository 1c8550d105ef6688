import { createHash } from 'node:crypto';

/**
 * Which whole logs rules may be tuned on, and which are only measured: two thirds and one third of the names, in the order
 * of a hash with a fixed seed, chosen once.
 */
export const logParts = {
  tune: ['Apache', 'BGL', 'HDFS', 'Mac', 'OpenSSH', 'Windows', 'Zookeeper'],
  held: ['Android', 'HPC', 'Hadoop'],
} as const;

export type LogPart = keyof typeof logParts;

export const logSeed = 'understudy';
const tunedShare = 2 / 3;

/** The split as it was drawn; the list above must be equal to it, and stays when logs are added to the folder. */
export function drawnParts(names: readonly string[]): Record<LogPart, string[]> {
  const digest = (name: string) => createHash('sha256').update(`${logSeed}/${name}`).digest('hex');
  const drawn = names.toSorted((a, b) => (digest(a) < digest(b) ? -1 : 1));
  const tuned = Math.round(names.length * tunedShare);
  return { tune: drawn.slice(0, tuned).toSorted(), held: drawn.slice(tuned).toSorted() };
}

/** The part of a log; undefined for one that was not there when the split was drawn. */
export function partOf(name: string): LogPart | undefined {
  if (logParts.tune.some((each) => each === name)) return 'tune';
  return logParts.held.some((each) => each === name) ? 'held' : undefined;
}
