import type { Change } from '#domain/tools/changes.ts';
import { type AwsOptions, openAws } from './access.ts';
import { readAll } from './reading.ts';
import { changesOfTrail } from './trail.ts';

/** What was done to an account's resources, by CloudTrail, as changes. Throws UnderstudyError. */
export function awsChanges(
  options: AwsOptions,
): (
  window: { readonly from: string; readonly to: string },
  signal: AbortSignal,
) => Promise<{ readonly changes: readonly Change[]; readonly gaps: readonly string[] }> {
  const aws = openAws(options);
  const readers = [{ name: 'CloudTrail', read: changesOfTrail }];
  return async ({ from, to }, signal) => {
    const call = aws.startCall(signal);
    const window = { fromMs: Date.parse(from), toMs: Date.parse(to) };
    try {
      const { items, gaps } = await readAll(readers, call.regions, window);
      return { changes: items, gaps };
    } finally {
      options.recordCost?.('changes', call.cost);
    }
  };
}
