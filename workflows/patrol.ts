import { setCurrentDetails, sleep } from '@temporalio/workflow';
import { patrollers } from './activity-profiles.ts';
import type { PatrolInput } from './contracts.ts';

/** What is seen twice this far apart is no passing state: a rollout has other pods by then. */
const confirmAfterMs = 20_000;

type PatrolRound = { seen: number; opened: number; ended: number };

/**
 * One round of a patrol: looks over the clusters with the same analyzers as a diagnosis and, for what is still wrong at a
 * second look, opens an incident; what is over it tells as ended. It never acts.
 */
export async function patrolWorkflow(input: PatrolInput): Promise<PatrolRound> {
  const first = await patrollers.lookAround(input);
  const before = new Set(first.findings.filter(({ isNews }) => isNews).map(({ key }) => key));
  if (before.size === 0) {
    const ended = await patrollers.reportEnds({ ...input, look: first });
    setCurrentDetails('All well.');
    return { seen: 0, opened: 0, ended };
  }
  await sleep(confirmAfterMs, { summary: 'A second look' });
  const second = await patrollers.lookAround(input);
  const findings = second.findings.filter(({ key }) => before.has(key));
  const opened = findings.length === 0 ? 0 : await patrollers.reportFindings({ ...input, findings });
  const ended = await patrollers.reportEnds({ ...input, look: second });
  setCurrentDetails(
    findings.map(({ message }) => `- ${message}`).join('\n') || 'All well at the second look.',
  );
  return { seen: findings.length, opened, ended };
}
