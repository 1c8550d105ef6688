import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ExecuteAnswer } from '#activities/types.ts';
import { workflowIds } from '#domain/ids.ts';
import type { Act } from './forged-workflows.ts';
import type { WholeInstance } from './instance.ts';

/** The act of a remediation, with its grant, as anybody can read it in Temporal's history. */
export async function actInHistory({ temporal }: WholeInstance, incidentId: string): Promise<Act> {
  const { events } = await temporal.workflow.getHandle(workflowIds.remediation(incidentId, 1)).fetchHistory();
  const act = events
    ?.map(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled)
    .find((scheduled) => scheduled?.activityType?.name === 'executeStep');
  const payload = act?.input?.payloads?.[0];
  if (payload === undefined || payload === null) throw new Error('there was no act');
  return defaultPayloadConverter.fromPayload<Act>(payload);
}

/** Asks the actions process for an act from a workflow of the forger's own, on a queue of his own. */
export async function actByForgery(instance: WholeInstance, act: Act): Promise<ExecuteAnswer> {
  const { options } = instance.temporal;
  const connection = await NativeConnection.connect({ address: instance.temporalAddress });
  const taskQueue = 'forgery';
  const worker = await Worker.create({
    connection,
    taskQueue,
    namespace: options.namespace,
    workflowsPath: fileURLToPath(new URL('forged-workflows.ts', import.meta.url)),
  });
  try {
    return await worker.runUntil(
      instance.temporal.workflow.execute<(act: Act) => Promise<ExecuteAnswer>>('forgedAct', {
        taskQueue,
        workflowId: `forgery/${Date.now()}`,
        args: [act],
      }),
    );
  } finally {
    await connection.close();
  }
}
