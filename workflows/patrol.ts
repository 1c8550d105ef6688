import { setCurrentDetails, sleep } from '@temporalio/workflow';
import { patrollers } from './activity-profiles.ts';
import type { PatrolInput } from './contracts.ts';

/** What is seen twice this far apart is no passing state: a rollout has other pods by then. */
const confirmAfterMs = 20_000;

/**
 * One round of a patrol: looks over the clusters with the same analyzers as a diagnosis and, for what is still wrong at a
 * second look, opens an incident. It never acts.
 */
export async function patrolWorkflow(input: PatrolInput): Promise<{ seen: number; opened: number }> {
  const first = await patrollers.lookAround(input);
  if (first.length === 0) {
    setCurrentDetails('All well.');
    return { seen: 0, opened: 0 };
  }
  await sleep(confirmAfterMs, { summary: 'A second look' });
  const second = await patrollers.lookAround(input);
  const before = new Set(first.map((finding) => finding.key));
  const confirmed = second.filter((finding) => before.has(finding.key));
  const opened =
    confirmed.length === 0 ? 0 : await patrollers.reportFindings({ ...input, findings: confirmed });
  setCurrentDetails(
    confirmed.map((finding) => `- ${finding.message}`).join('\n') || 'All well at the second look.',
  );
  return { seen: confirmed.length, opened };
}
