import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { signalNames } from '#workflows/contracts.ts';
import { deliver, until, withWorkflows } from './run-workflows.ts';
import { scriptedActivities, timesCalled } from './scripted-activities.ts';

/** Where the golden histories are: what workflows that are open at an upgrade may hold. */
export const historyFolder = fileURLToPath(new URL('../histories/', import.meta.url));

async function save(name: string, handle: WorkflowHandle): Promise<void> {
  const history = historyToJSON(await handle.fetchHistory());
  // Which machine it was recorded on is nobody's business; queue names and identities hold its name.
  const shown = JSON.stringify(JSON.parse(history)).replaceAll(hostname(), 'recorder');
  await writeFile(`${historyFolder}${name}.json`, `${shown}\n`);
}

const approve = {
  gateId: 'gate-1-1',
  argsHash: 'h1',
  decision: 'approve',
  proof: { user: 'ana', otp: '123456' },
};

/**
 * Records the histories anew, from the workflows as they are now. To be done when a workflow has changed on purpose and no
 * open workflow can hold the old path any more.
 */
export async function recordHistories(): Promise<void> {
  const mended = scriptedActivities();
  await withWorkflows(mended.activities, async (bench) => {
    const incident = await bench.startIncident();
    await until(() => timesCalled(mended.calls, 'judgeGate') === 1);
    await save('incident-waiting', incident);
    await save('remediation-waiting', bench.remediation());
    await bench.remediation().signal(signalNames.decide, approve);
    await incident.result();
    const learning = bench.client.workflow.getHandle(`learning/${bench.incidentId}`);
    await learning.result();
    await save('incident-mended', incident);
    await save('remediation-verified', bench.remediation());
    await save('learning', learning);
  });
  const takenOver = scriptedActivities({ judgeGate: async () => ({ state: 'open', approvals: 0 }) });
  await withWorkflows(takenOver.activities, async (bench) => {
    const incident = await bench.startIncident();
    await until(() => timesCalled(takenOver.calls, 'judgeGate') === 1);
    await incident.signal(signalNames.takeOver, { user: 'ana' });
    await until(() => timesCalled(takenOver.calls, 'takeOver') > 0);
    await deliver(incident, takenOver.record, 2, 'resolved');
    await incident.result();
    await save('incident-taken-over', incident);
    await save('remediation-withdrawn', bench.remediation());
  });
}
