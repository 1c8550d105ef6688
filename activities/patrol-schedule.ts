import {
  Client,
  ScheduleAlreadyRunning,
  type ScheduleClient,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { workflowIds } from '#domain/ids.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { type PatrolInput, workflowTypes } from '#workflows/contracts.ts';

const patrolName = 'health';

type Wanted = { readonly tenant: string; readonly everyMinutes: number };

function scheduleOf({ tenant, everyMinutes }: Wanted): ScheduleOptions {
  const input: PatrolInput = { tenant, name: patrolName };
  return {
    scheduleId: workflowIds.patrol(patrolName),
    spec: { intervals: [{ every: `${everyMinutes} minutes` }], jitter: '10 seconds' },
    action: {
      type: 'startWorkflow',
      workflowType: workflowTypes.patrol,
      workflowId: workflowIds.patrol(patrolName),
      taskQueue: taskQueues.main,
      args: [input],
    },
    policies: {
      // A round that takes long is not overtaken by the next one.
      overlap: ScheduleOverlapPolicy.SKIP,
      // What was missed while we were away is not made up for: the next round sees the same world.
      catchupWindow: '1 minute',
    },
  };
}

async function removeSchedule(schedule: ScheduleClient): Promise<void> {
  try {
    await schedule.getHandle(workflowIds.patrol(patrolName)).delete();
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
  }
}

/** Sees to it that the patrol's schedule is there and as this version wants it; safe to repeat and to race. */
export async function ensurePatrolSchedule(
  connection: NativeConnection,
  namespace: string,
  wanted: Wanted,
): Promise<void> {
  const { schedule } = new Client({ connection, namespace });
  if (wanted.everyMinutes === 0) return removeSchedule(schedule);
  const options = scheduleOf(wanted);
  try {
    await schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await schedule
      .getHandle(options.scheduleId)
      // Whether somebody has paused it is theirs to say.
      .update(({ state }) => ({ ...options, state, action: { ...options.action, type: 'startWorkflow' } }));
  }
}
