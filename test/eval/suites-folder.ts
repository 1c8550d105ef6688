import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../runner/run-node.ts';

/** Names the folder that holds the suites, a folder each. */
export const suitesVariable = 'UNDERSTUDY_SUITES';

/** Suites are no part of the project (their terms): they may stand beside it. */
const beside = join(repository, '..', 'shared', 'data');

/** Where the suites are; undefined where there are none. */
export async function suitesFolder(): Promise<string | undefined> {
  const named = process.env[suitesVariable];
  if (named !== undefined && named !== '') return named;
  return stat(beside).then(
    () => beside,
    () => undefined,
  );
}
