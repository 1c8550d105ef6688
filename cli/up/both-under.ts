/**
 * Does two things at once and waits for both, also when one fails: what the other has started by then must be known before
 * anything is ended. The failure of one, and the signal, tell the other to give up.
 */
export async function bothUnder<First, Second>(
  signal: AbortSignal,
  work: (either: AbortSignal) => readonly [Promise<First>, Promise<Second>],
): Promise<[First, Second]> {
  const failed = new AbortController();
  const both = work(AbortSignal.any([signal, failed.signal]));
  for (const one of both) one.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(both);
  signal.throwIfAborted();
  // The first that failed is the reason; what the other says is that it was told to give up.
  if (failed.signal.aborted) throw failed.signal.reason;
  return Promise.all(both);
}
