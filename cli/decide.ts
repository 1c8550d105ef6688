import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import type { ApiClient } from './api-client.ts';
import type { Words } from './words/words.ts';

export type DecisionWords = { readonly decision: 'approve' | 'reject'; readonly reason?: string };

/** Verdicts on a decision that was right when it was made: somebody or something was quicker. */
const overtaken: ReadonlySet<string> = new Set(['too-late', 'wrong-hash', 'other-gate']);

/**
 * Sends a decision on exactly what was shown. Throws `forbidden` with the reason where it was judged and does not count, `conflict`
 * where the gate had been closed or changed;
 * true once it counts, false where it is still to be judged.
 */
export async function sendDecision(
  client: ApiClient,
  gate: Pick<Gate, 'gateId' | 'argsHash'>,
  { decision, reason }: DecisionWords,
  words: Words,
): Promise<boolean> {
  const answer = await client.decide(gate.gateId, {
    decision,
    argsHash: gate.argsHash,
    channel: 'cli',
    ...(reason === undefined ? {} : { reason }),
  });
  const { accepted, verdict = '' } = answer;
  if (accepted === false) {
    const message = words.approval.notAccepted(words.verdictMeans[verdict] ?? verdict);
    throw new UnderstudyError(overtaken.has(verdict) ? 'conflict' : 'forbidden', message);
  }
  return answer.recorded;
}
