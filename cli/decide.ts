import { UnderstudyError } from '#domain/errors.ts';
import type { Gate } from '#domain/gate.ts';
import type { ApiClient } from './api-client.ts';
import type { Words } from './words/words.ts';

export type DecisionWords = { readonly decision: 'approve' | 'reject'; readonly reason?: string };

/**
 * Sends a decision on exactly what was shown. Throws `forbidden` with the reason where it was judged and does not count;
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
  if (answer.accepted === false) {
    throw new UnderstudyError('forbidden', words.approval.notAccepted(answer.verdict ?? ''));
  }
  return answer.recorded;
}
