/**
 * Waits for all, also when one fails: what is still being started would escape the cleaning-up otherwise. The first failure
 * goes to `stop`, so that nobody waits for what cannot come any more.
 */
export async function allOf<T extends readonly Promise<unknown>[] | []>(
  work: T,
  stop = new AbortController(),
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  for (const each of work) each.catch((error: unknown) => stop.abort(error));
  await Promise.allSettled(work);
  return Promise.all(work);
}
