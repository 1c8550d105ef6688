import { messageOf, UnderstudyError } from '#domain/errors.ts';

/**
 * What several questions brought, some of which failed: those are gaps. Where every one failed the first failure is
 * thrown, and so is one that is no expected one.
 */
export function settled<Value>(results: readonly PromiseSettledResult<Value>[]): {
  readonly found: readonly Value[];
  readonly gaps: readonly string[];
} {
  const found = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  const unexpected = failures.find((failure) => !(failure instanceof UnderstudyError));
  if (unexpected !== undefined) throw unexpected;
  if (found.length === 0 && failures.length > 0) throw failures[0];
  return { found, gaps: [...new Set(failures.map(messageOf))] };
}
