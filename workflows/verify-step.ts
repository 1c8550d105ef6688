import { sleep } from '@temporalio/workflow';
import type { PolicyBrief, StepKey } from '#activities/types.ts';
import { lookers } from './activity-profiles.ts';
import { briefOf, type Desk, workflowNow } from './desk.ts';

/** Looks in a row that must say "worse" before a step is given up early. */
const worseLooks = 3;
/** How many pauses between looks one look may stand for. */
const pausesPerLook = 2;

export type Verified = { readonly well: boolean; readonly summary: string };

/** A step that others follow is held to its own effect: the whole can be well only after the last one. */
export async function verifyEffect(key: StepKey, attempt: number): Promise<Verified> {
  const seen = await lookers.observeStep({ ...key, attempt });
  return { well: seen.effect === 'there', summary: seen.detail };
}

/**
 * Looks again and again until all has been well for the soak time, or the time is up. Time counts only as far as somebody
 * looked: while the worker was away nobody knows what was, so that such a gap neither makes a mend proved nor a step failed.
 */
export async function verifyWhole(desk: Desk, key: StepKey, policy: PolicyBrief): Promise<Verified> {
  const { verifyTimeoutMs, verifyEveryMs, soakMs } = policy.durations;
  const actedAt = workflowNow();
  let watchedMs = 0;
  let soakedMs = 0;
  let wasWell = false;
  let worse = 0;
  for (let lookedMs = Date.now(); ; ) {
    const passedMs = Math.min(Date.now() - lookedMs, verifyEveryMs * pausesPerLook);
    lookedMs = Date.now();
    desk.evidenceIds = [];
    const look = await briefOf(desk, 'verify', workflowNow(), { planNo: key.planNo, actedAt });
    const summary = look?.summary ?? 'it could not be looked at';
    const isWell = look?.state === 'well';
    watchedMs += passedMs;
    soakedMs = isWell && wasWell ? soakedMs + passedMs : 0;
    worse = look?.state === 'worse' ? worse + 1 : 0;
    wasWell = isWell;
    if (isWell && soakedMs >= soakMs) return { well: true, summary };
    if (worse >= worseLooks) return { well: false, summary };
    if (!isWell && watchedMs >= verifyTimeoutMs) return { well: false, summary };
    await sleep(verifyEveryMs, { summary: `Soak: ${look?.state ?? 'unknown'}` });
  }
}
