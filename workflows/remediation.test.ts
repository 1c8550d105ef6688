import { describe, expect, it } from 'vitest';
import { workflowIds } from '#domain/ids.ts';
import type { RemediationResult } from '#domain/plan.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { type Bench, until, withWorkflows } from '#test/workflows/run-workflows.ts';
import { inputsOf, scriptedActivities, timesCalled } from '#test/workflows/scripted-activities.ts';
import { signalNames, workflowTypes } from './contracts.ts';

const approve = {
  gateId: 'gate-1-1',
  argsHash: 'h1',
  decision: 'approve',
  proof: { user: 'ana', otp: '123456' },
} as const;

async function remediate(bench: Bench): Promise<RemediationResult> {
  return bench.client.workflow.execute<(input: object) => Promise<RemediationResult>>(
    workflowTypes.remediation,
    {
      workflowId: workflowIds.remediation(bench.incidentId, 1),
      taskQueue: taskQueues.main,
      args: [{ tenant: 'default', incidentId: bench.incidentId, planNo: 1 }],
    },
  );
}

const passed = { judgeGate: async () => ({ state: 'approved' as const, by: ['ana'] }) };

describe('remediationWorkflow', () => {
  it('has no step to take when it is started by hand for a plan that is not on record', async () => {
    const { calls, activities } = scriptedActivities({ planSteps: async () => [] });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'refused' });
    });
    expect(timesCalled(calls, 'openGate') + timesCalled(calls, 'executeStep')).toBe(0);
  });

  it('looks for the effect after a lost answer and does not repeat the step', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      executeStep: async () => {
        throw new Error('the connection was lost');
      },
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'verified' });
    });
    expect(timesCalled(calls, 'executeStep')).toBe(1);
    expect(timesCalled(calls, 'observeStep')).toBe(1);
  });

  it('takes the step under a new grant when it is seen to have had no effect', async () => {
    let tries = 0;
    const { calls, activities } = scriptedActivities({
      ...passed,
      observeStep: async () => ({ effect: 'absent', detail: 'no mark' }),
      executeStep: async () => {
        tries += 1;
        if (tries === 1) throw new Error('the process died');
        return { effect: 'applied', detail: 'patched' };
      },
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'verified' });
    });
    expect(timesCalled(calls, 'issueGrant')).toBe(2);
  });

  it('gives it to a person when nobody can tell whether it was done, and takes nothing back', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      observeStep: async () => ({ effect: 'unknown', detail: 'the API server is away' }),
      executeStep: async () => {
        throw new Error('the process died');
      },
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'failed' });
    });
    expect(timesCalled(calls, 'prepareUndo')).toBe(0);
  });

  it('asks again when the object changed between approval and act', async () => {
    let prepared = 0;
    const { calls, activities } = scriptedActivities({
      ...passed,
      prepareStep: async () => {
        prepared += 1;
        return {
          ok: true,
          targetUid: 'u1',
          diffDigest: prepared === 1 ? 'd1' : 'd2',
          riskClass: 'disrupt',
          undoable: true,
        };
      },
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'verified' });
    });
    expect(inputsOf(calls, 'openGate').map((gate) => gate.attempt)).toEqual([1, 2]);
    expect(timesCalled(calls, 'executeStep')).toBe(1);
  });

  it('takes back, through its own gate, what did not help', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      takeTurn: async () => ({
        kind: 'finding',
        brief: { task: 'verify', state: 'not-yet', summary: 'errors as before' },
      }),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'undone' });
    });
    expect(inputsOf(calls, 'executeStep').map((step) => step.stepNo)).toEqual([1, 1001]);
    expect(timesCalled(calls, 'openGate')).toBe(2);
  });

  it('does nothing that the policy forbids', async () => {
    const { calls, activities } = scriptedActivities({
      decidePolicy: async (key) => ({
        ...(await scriptedActivities().activities.decidePolicy(key)),
        requirement: 'forbidden',
        rule: 'freeze',
      }),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({
        outcome: 'refused',
        detail: 'policy freeze forbids it',
      });
    });
    expect(timesCalled(calls, 'openGate')).toBe(0);
  });

  it('has no effect when the grant is refused', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      issueGrant: async () => ({ granted: false, refused: 'stop-all is on' }),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'refused', detail: 'stop-all is on' });
    });
    expect(timesCalled(calls, 'executeStep')).toBe(0);
  });

  it('carries the reason of a rejection back', async () => {
    const { activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'rejected', by: 'ana', reason: 'not during the sale' }),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'rejected', reason: 'not during the sale' });
    });
  });

  it('shows the JSON to send in its query and forgets it when the gate is closed', async () => {
    const { calls, activities } = scriptedActivities();
    await withWorkflows(activities, async (bench) => {
      const running = remediate(bench);
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      const handle = bench.remediation();
      expect(await handle.query('approval')).toMatchObject({
        gateId: 'gate-1-1',
        argsHash: 'h1',
        decision: 'approve',
      });
      await handle.signal(signalNames.decide, { rubbish: true });
      await handle.signal(signalNames.decide, approve);
      expect(await running).toMatchObject({ outcome: 'verified' });
      expect(await handle.query('approval')).toBeNull();
    });
    const unknown = inputsOf(calls, 'recordUnknownSignal').filter((signal) => signal.name === 'decide');
    expect(unknown).toHaveLength(1);
  });
});
