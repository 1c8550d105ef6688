import { UnderstudyError } from '#domain/errors.ts';

/** Classes of SQLSTATE that say that no database could keep this: a time out of range, a text too long for an index. */
const faultsOfContent: readonly unknown[] = ['22', '54'];

function isFaultOfContent(error: unknown): boolean {
  if (!(error instanceof UnderstudyError) || error.code !== 'bad-input') return false;
  const { sqlState } = error.details;
  return typeof sqlState === 'string' && faultsOfContent.includes(sqlState.slice(0, 2));
}

/**
 * What is being stored for a sender. Whatever goes wrong is `unavailable`, so that it is sent again: Alertmanager drops for
 * good what any other refusal answers, and rights that were lost or a table that is missing are no fault of the alert.
 * Only what cannot be stored by any means stays `bad-input`.
 */
export async function stored<Result>(storing: Promise<Result>): Promise<Result> {
  try {
    return await storing;
  } catch (error) {
    if (isFaultOfContent(error)) throw error;
    if (error instanceof UnderstudyError && error.code === 'unavailable') throw error;
    throw new UnderstudyError('unavailable', 'it could not be stored; send it again', { cause: error });
  }
}
