import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { dataConverter } from '#activities/worker-process.ts';
import { workflowIds } from '#domain/ids.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { useTemporal } from '#test/setup/services.ts';
import { signalNames, workflowTypes } from '#workflows/contracts.ts';
import { testBundle } from './bundle.ts';
import type { AllActivities, ScriptedRecord } from './scripted-activities.ts';

export type Bench = {
  readonly client: Client;
  readonly incidentId: string;
  /** Starts the incident with its first delivery, as the dispatcher does. */
  startIncident(): Promise<WorkflowHandle>;
  remediation(planNo?: number): WorkflowHandle;
};

/** Puts a delivery on record and tells the incident of it, as intake and dispatcher do. */
export async function deliver(
  incident: WorkflowHandle,
  record: ScriptedRecord,
  deliveryNo: number,
  status: 'firing' | 'resolved',
): Promise<void> {
  Object.assign(record, { deliveryNo, firing: status === 'firing' });
  await incident.signal(signalNames.alertDelivered, { deliveryId: `d-${deliveryNo}`, deliveryNo, status });
}

export async function until(condition: () => Promise<boolean> | boolean, timeoutMs = 60_000): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ends what a test left open, a lesson that nobody waited for among it, so that it does not come back in the next one. */
async function endWorkflows(client: Client, incidentId: string): Promise<void> {
  const ids = [
    workflowIds.incident(incidentId),
    workflowIds.learning(incidentId),
    ...[1, 2, 3].map((no) => workflowIds.remediation(incidentId, no)),
  ];
  for (const id of ids) {
    try {
      await client.workflow.getHandle(id).terminate('the test is over');
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}

/** Runs the real workflow code on a real Temporal server, with the given activities on every queue. */
export async function withWorkflows(
  activities: AllActivities,
  play: (bench: Bench) => Promise<void>,
): Promise<void> {
  const { address, namespace } = await useTemporal();
  const connection = await NativeConnection.connect({ address });
  const workflowCode = await testBundle();
  const queues = Object.values(taskQueues);
  const workers = await Promise.all(
    queues.map((taskQueue) =>
      Worker.create({
        connection,
        namespace,
        taskQueue,
        activities,
        ...(taskQueue === taskQueues.main ? { workflowBundle: workflowCode, dataConverter } : {}),
      }),
    ),
  );
  const runs = Promise.all(workers.map((worker) => worker.run()));
  const clientConnection = await Connection.connect({ address });
  const client = new Client({ connection: clientConnection, namespace });
  const incidentId = randomUUID();
  try {
    await play({
      client,
      incidentId,
      startIncident: () =>
        client.workflow.signalWithStart(workflowTypes.incident, {
          workflowId: workflowIds.incident(incidentId),
          taskQueue: taskQueues.main,
          args: [{ tenant: 'default', incidentId }],
          signal: signalNames.alertDelivered,
          signalArgs: [{ deliveryId: 'd-1', deliveryNo: 1, status: 'firing' }],
        }),
      remediation: (planNo = 1) => client.workflow.getHandle(workflowIds.remediation(incidentId, planNo)),
    });
  } finally {
    await endWorkflows(client, incidentId);
    for (const worker of workers) worker.shutdown();
    await runs;
    await connection.close();
    await clientConnection.close();
  }
}
