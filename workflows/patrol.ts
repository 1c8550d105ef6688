import { setCurrentDetails, sleep } from '@temporalio/workflow';
import type { PatrolLook } from '#activities/types.ts';
import { patrollers } from './activity-profiles.ts';
import type { PatrolInput } from './contracts.ts';

/** What is seen twice this far apart is no passing state: a rollout has other pods by then. */
const confirmAfterMs = 20_000;

/** How often a second look is tried that cannot see everything: an outage must not pass for a recovery. */
const secondLooks = 3;

type PatrolRound = { seen: number; opened: number; ended: number };

function show(messages: readonly string[], gaps: readonly string[], otherwise: string): void {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n');
  const seen = list(messages) || (gaps.length === 0 ? otherwise : 'Nothing is wrong in what could be seen.');
  setCurrentDetails(gaps.length === 0 ? seen : `${seen}\n\nWhat could not be seen:\n${list(gaps)}`);
}

async function lookAgain(input: PatrolInput): Promise<PatrolLook> {
  for (let tries = 1; ; tries += 1) {
    await sleep(confirmAfterMs, { summary: 'A second look' });
    const look = await patrollers.lookAround(input);
    if (look.gaps.length === 0 || tries === secondLooks) return look;
  }
}

/**
 * One round of a patrol: looks over the clusters with the same analyzers as a diagnosis and, for what is still wrong at a
 * second look, opens an incident; what is over it tells as ended. It never acts.
 */
export async function patrolWorkflow(input: PatrolInput): Promise<PatrolRound> {
  const first = await patrollers.lookAround(input);
  const before = new Set(first.findings.filter(({ isNews }) => isNews).map(({ key }) => key));
  if (before.size === 0) {
    const ended = await patrollers.reportEnds({ ...input, look: first });
    show([], first.gaps, 'All well.');
    return { seen: 0, opened: 0, ended };
  }
  const second = await lookAgain(input);
  const findings = second.findings.filter(({ key }) => before.has(key));
  const opened = findings.length === 0 ? 0 : await patrollers.reportFindings({ ...input, findings });
  const ended = await patrollers.reportEnds({ ...input, look: second });
  show(
    findings.map(({ message }) => message),
    second.gaps,
    'All well at the second look.',
  );
  return { seen: findings.length, opened, ended };
}
