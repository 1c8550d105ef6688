import { setCurrentDetails } from '@temporalio/workflow';
import { recorders } from './activity-profiles.ts';
import type { LearningInput } from './contracts.ts';
import { type Desk, runTask, workflowNow } from './desk.ts';

/** Turns a closed incident into a case that the next similar incident finds. */
export async function learningWorkflow(input: LearningInput & { readonly desk: Desk }): Promise<void> {
  const desk: Desk = { ...input.desk, workflowId: `learning/${input.incidentId}`, turnSeq: 0, callSeq: 0 };
  const answer = await runTask(desk, 'learn', workflowNow());
  const turn = desk.findings.learn;
  if (answer.kind === 'hand-over' || turn === undefined) return;
  await recorders.recordCase({ tenant: input.tenant, incidentId: input.incidentId, turn });
  setCurrentDetails('The case is recorded.');
}
