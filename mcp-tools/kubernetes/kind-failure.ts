import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import { isOutage } from './api-failure.ts';

/** Why a kind is missing from an answer, in words; failures that are ours alone are thrown on. */
export function gapOf(kind: string, error: unknown): string {
  if (!(error instanceof UnderstudyError) || error.code === 'internal') throw error;
  if (error.code === 'forbidden') return `${kind}: forbidden for this account`;
  return `${kind}: ${messageOf(error)}`;
}

/**
 * The answers of several questions, some of which failed. Where all failed because the API server is away or is
 * nonsense, that is the answer: the first failure is thrown.
 */
export function settle<Item>(
  asked: readonly string[],
  results: readonly PromiseSettledResult<Item>[],
): { readonly found: readonly (Item | undefined)[]; readonly gaps: readonly string[] } {
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failures.length === results.length && failures.length > 0 && failures.every(isOutage))
    throw failures[0];
  const gaps: string[] = [];
  const found = results.map((result, index) => {
    if (result.status === 'fulfilled') return result.value;
    gaps.push(gapOf(asked[index] ?? '', result.reason));
    return undefined;
  });
  return { found, gaps };
}

export function isNotFound(error: unknown): boolean {
  return errorCodeOf(error) === 'not-found';
}
