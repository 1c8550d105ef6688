import { proxyActivities } from '@temporalio/workflow';
import type { ActionActivities, ExecuteAnswer } from '#activities/types.ts';
import { taskQueues } from '#domain/task-queues.ts';

const { executeStep } = proxyActivities<Pick<ActionActivities, 'executeStep'>>({
  taskQueue: taskQueues.actions,
  startToCloseTimeout: '60s',
  retry: { maximumAttempts: 1 },
});

/** What the actions process is asked with. */
export type Act = Parameters<ActionActivities['executeStep']>[0];

/** What somebody who can write to Temporal may run on a queue of his own: he asks for an act with whatever grant he has. */
export async function forgedAct(input: Act): Promise<ExecuteAnswer> {
  return executeStep(input);
}
