import { setCurrentDetails, sleep } from '@temporalio/workflow';
import type { PatrolFinding, PatrolLook } from '#activities/types.ts';
import { lastingOf, newsOf } from '#domain/patrol.ts';
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

async function report(input: PatrolInput, findings: readonly PatrolFinding[]): Promise<number> {
  return findings.length === 0 ? 0 : patrollers.reportFindings({ ...input, findings });
}

/**
 * One round of a patrol: looks over the clusters with the same analyzers and signals as a diagnosis and, for what is new and
 * certain or still there at a second look, opens an incident; what is over it tells as ended. It never acts.
 */
export async function patrolWorkflow(input: PatrolInput): Promise<PatrolRound> {
  const first = await patrollers.lookAround(input);
  const { certain, unsure } = newsOf(first.findings);
  if (certain.length + unsure.length === 0) {
    const ended = await patrollers.reportEnds({ ...input, look: first });
    show([], first.gaps, 'All well.');
    return { seen: 0, opened: 0, ended };
  }
  const openedAtOnce = await report(input, certain);
  const second = unsure.length === 0 ? first : await lookAgain(input);
  const lasting = lastingOf(unsure, second.findings);
  const openedLater = await report(input, lasting);
  const ended = await patrollers.reportEnds({ ...input, look: second });
  const findings = [...certain, ...lasting];
  show(
    findings.map(({ message }) => message),
    second.gaps,
    'All well at the second look.',
  );
  return { seen: findings.length, opened: openedAtOnce + openedLater, ended };
}
