import { proxyActivities } from '@temporalio/workflow';
import type { ActionActivities, ExecuteAnswer, StepKey } from '#activities/types.ts';
import { taskQueues } from '#domain/task-queues.ts';

const { executeStep } = proxyActivities<Pick<ActionActivities, 'executeStep'>>({
  taskQueue: taskQueues.actions,
  startToCloseTimeout: '60s',
  retry: { maximumAttempts: 1 },
});

/** What somebody who can write to Temporal may run on a queue of his own: he asks for an act with whatever grant he has. */
export async function forgedAct(input: StepKey & { grant: string; gateId: string }): Promise<ExecuteAnswer> {
  return executeStep(input);
}
