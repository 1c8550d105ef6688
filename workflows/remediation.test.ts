import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { StepKey } from '#activities/types.ts';
import { workflowIds } from '#domain/ids.ts';
import type { RemediationResult } from '#domain/plan.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { type Bench, until, withWorkflows } from '#test/workflows/run-workflows.ts';
import {
  inputsOf,
  scriptedActivities,
  scriptedStep,
  testDurations,
  timesCalled,
} from '#test/workflows/scripted-activities.ts';
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
    const { calls, activities } = scriptedActivities({ planSteps: async () => ({ steps: [] }) });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'refused' });
    });
    expect(timesCalled(calls, 'openGate') + timesCalled(calls, 'executeStep')).toBe(0);
  });

  it('touches nothing when it is started by hand under an id that is not its own', async () => {
    const { calls, activities } = scriptedActivities({});
    await withWorkflows(activities, async (bench) => {
      const forged = bench.client.workflow.execute(workflowTypes.remediation, {
        workflowId: `remediation/${bench.incidentId}/1-copy`,
        taskQueue: taskQueues.main,
        args: [{ tenant: 'default', incidentId: bench.incidentId, planNo: 1 }],
      });
      await expect(forged).rejects.toThrow(WorkflowFailedError);
    });
    expect(calls).toEqual([]);
  });

  it('shows what to paste, a field a line, and why the last decision does not count', async () => {
    const { activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0, refused: 'wrong-code' }),
    });
    await withWorkflows(activities, async (bench) => {
      const handle = await bench.client.workflow.start(workflowTypes.remediation, {
        workflowId: workflowIds.remediation(bench.incidentId, 1),
        taskQueue: taskQueues.main,
        args: [{ tenant: 'default', incidentId: bench.incidentId, planNo: 1 }],
      });
      const details = async (): Promise<string> =>
        (await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails ??
        '';
      await until(async () => (await details()).includes('does not count: wrong-code'));
      const [, json = ''] = /```json\n([^`]*)```/.exec(await details()) ?? [];
      expect(JSON.parse(json)).toMatchObject({ decision: 'approve', proof: { otp: '000000' } });
      expect(Math.max(...json.split('\n').map((line) => line.length))).toBeLessThan(85);
    });
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

  it('ends at once where nothing may be written, and says what it would have done', async () => {
    const { calls, activities } = scriptedActivities({
      planSteps: async () => ({
        steps: [scriptedStep],
        proposedOnly: 'read-only: proposed only (Roll back)',
      }),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({
        outcome: 'proposed',
        detail: 'read-only: proposed only (Roll back)',
      });
    });
    expect(timesCalled(calls, 'prepareStep') + timesCalled(calls, 'openGate')).toBe(0);
  });

  it('numbers its tries, so that the ledger holds each of them', async () => {
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
    await withWorkflows(activities, async (bench) => void (await remediate(bench)));
    expect(inputsOf(calls, 'executeStep').map((step) => step.attempt)).toEqual([1, 2]);
    expect(inputsOf(calls, 'observeStep').map((step) => step.attempt)).toEqual([1]);
  });

  it('does not try again what was taken back between two tries', async () => {
    let running: Bench | undefined;
    const { calls, activities } = scriptedActivities({
      ...passed,
      observeStep: async () => ({ effect: 'absent', detail: 'no mark' }),
      executeStep: async () => {
        await running
          ?.remediation()
          .signal(signalNames.withdraw, { reason: 'ben took over', takenOverBy: 'ben' });
        throw new Error('the process died');
      },
    });
    await withWorkflows(activities, async (bench) => {
      running = bench;
      expect(await remediate(bench)).toMatchObject({ outcome: 'withdrawn', detail: 'ben took over' });
    });
    expect(timesCalled(calls, 'executeStep')).toBe(1);
    expect(timesCalled(calls, 'prepareUndo')).toBe(0);
  });

  it('has decisions judged that came after their gate was closed', async () => {
    let running: Bench | undefined;
    const { calls, activities } = scriptedActivities({
      ...passed,
      executeStep: async () => {
        await running?.remediation().signal(signalNames.decide, approve);
        return { effect: 'applied', detail: 'patched' };
      },
    });
    await withWorkflows(activities, async (bench) => {
      running = bench;
      expect(await remediate(bench)).toMatchObject({ outcome: 'verified' });
    });
    expect(inputsOf(calls, 'judgeGate').map(({ gateId }) => gateId)).toEqual(['gate-1-1', 'gate-1-1']);
  });
});

const notYet = {
  kind: 'finding',
  brief: { task: 'verify', state: 'not-yet', summary: 'errors as before' },
} as const;
const well = { kind: 'finding', brief: { task: 'verify', state: 'well', summary: 'all is well' } } as const;

describe('a plan of two steps', () => {
  const steps = [scriptedStep, { ...scriptedStep, stepNo: 2, action: 'rollout-restart' }];

  it('can be well only after the last one: the first is held to its own effect', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      planSteps: async () => ({ steps }),
      takeTurn: async () =>
        inputsOf(calls, 'executeStep').some(({ stepNo }) => stepNo === 2) ? well : notYet,
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'verified' });
    });
    expect(inputsOf(calls, 'executeStep').map((step) => step.stepNo)).toEqual([1, 2]);
    expect(inputsOf(calls, 'observeStep').map((step) => step.stepNo)).toEqual([1]);
  });

  it('does not go on where the first had no lasting effect', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      planSteps: async () => ({ steps }),
      observeStep: async () => ({ effect: 'absent', detail: 'somebody took it back' }),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'undone', detail: 'somebody took it back' });
    });
    expect(inputsOf(calls, 'executeStep').map((step) => step.stepNo)).toEqual([1, 1001]);
  });

  it('keeps what was done where the alert ends before the second is decided', async () => {
    const { calls, activities } = scriptedActivities({
      planSteps: async () => ({ steps }),
      judgeGate: async ({ gateId }) =>
        gateId === 'gate-1-1' ? { state: 'approved', by: ['ana'] } : { state: 'open', approvals: 0 },
    });
    await withWorkflows(activities, async (bench) => {
      const running = remediate(bench);
      await until(() => inputsOf(calls, 'judgeGate').some(({ gateId }) => gateId === 'gate-2-1'));
      await bench.remediation().signal(signalNames.withdraw, { reason: 'the alert has ended' });
      expect(await running).toMatchObject({ outcome: 'withdrawn', detail: 'the alert has ended' });
    });
    expect(timesCalled(calls, 'prepareUndo')).toBe(0);
  });
});

describe('a step that did not help', () => {
  it('and left nothing to take back is done with', async () => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      takeTurn: async () => notYet,
      prepareUndo: async () => 'nothing-to-undo',
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome: 'undone' });
    });
    expect(timesCalled(calls, 'openGate')).toBe(1);
  });

  it.each([
    ['is taken back though the alert has ended meanwhile', { reason: 'the alert has ended' }, [1, 1001]],
    ['is left to the person who took over', { reason: 'ben took over', takenOverBy: 'ben' }, [1]],
  ])('%s', async (_what, withdrawal, taken) => {
    let running: Bench | undefined;
    const { calls, activities } = scriptedActivities({
      ...passed,
      takeTurn: async () => {
        if (timesCalled(calls, 'takeTurn') === 1)
          await running?.remediation().signal(signalNames.withdraw, withdrawal);
        return notYet;
      },
    });
    await withWorkflows(activities, async (bench) => {
      running = bench;
      expect(await remediate(bench)).toMatchObject({ outcome: taken.length === 2 ? 'undone' : 'failed' });
    });
    expect(inputsOf(calls, 'executeStep').map((step) => step.stepNo)).toEqual(taken);
  });
});

describe('the time of a verification', () => {
  /** Each look takes far longer than a pause between two, as if nobody had been there: it stands for two pauses at most. */
  const slowly = async (answer: typeof well | typeof notYet) => {
    await new Promise((resolve) => setTimeout(resolve, 1200));
    return answer;
  };
  const durations = { ...testDurations, verifyEveryMs: 500, soakMs: 2500, verifyTimeoutMs: 2500 };
  const policy = {
    decidePolicy: async (key: StepKey) => ({
      ...(await scriptedActivities().activities.decidePolicy(key)),
      durations,
    }),
  };

  it.each([
    ['soak', well, 'verified'],
    ['deadline', notYet, 'undone'],
  ] as const)('of its %s counts only as far as somebody looked', async (_what, answer, outcome) => {
    const { calls, activities } = scriptedActivities({
      ...passed,
      ...policy,
      takeTurn: () => slowly(answer),
    });
    await withWorkflows(activities, async (bench) => {
      expect(await remediate(bench)).toMatchObject({ outcome });
    });
    expect(timesCalled(calls, 'takeTurn')).toBeGreaterThanOrEqual(4);
  });
});
