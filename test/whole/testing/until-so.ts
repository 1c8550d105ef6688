import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '#domain/errors.ts';

export type Patience = { readonly timeoutMs?: number; readonly everyMs?: number };

/** Generous: on a busy machine everything takes its time, and nothing here measures it. */
const patienceMs = 20 * 60_000;

type Found<T> = Exclude<T, undefined | false>;

/**
 * Asks until there is an answer other than undefined and false, and gives it. What throws meanwhile is asked again: parts of
 * the instance are dead at times. Throws, with the last reason, when the patience is over.
 */
export async function untilSo<T>(
  what: string,
  ask: () => Promise<T> | T,
  { timeoutMs = patienceMs, everyMs = 100 }: Patience = {},
): Promise<Found<T>> {
  const endMs = Date.now() + timeoutMs;
  let reason = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Found<T>;
      reason = '';
    } catch (error) {
      reason = `: ${messageOf(error)}`;
    }
    if (Date.now() > endMs) throw new Error(`it never came to this: ${what}${reason}`);
    await sleep(everyMs);
  }
}
