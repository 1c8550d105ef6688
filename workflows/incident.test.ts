import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { FindingBrief } from '#activities/types.ts';
import { type Bench, deliver, until, withWorkflows } from '#test/workflows/run-workflows.ts';
import {
  type AllActivities,
  gateSeconds,
  inputsOf,
  scriptedActivities,
  scriptedStep,
  timesCalled,
} from '#test/workflows/scripted-activities.ts';
import { signalNames } from './contracts.ts';

const approve = {
  gateId: 'gate-1-1',
  argsHash: 'h1',
  decision: 'approve',
  proof: { user: 'ana', otp: '123456' },
} as const;

/** Agents that say what the test says, and otherwise what the script says. */
function agentsSaying(briefs: Partial<Record<string, FindingBrief>>): Pick<AllActivities, 'takeTurn'> {
  const { activities } = scriptedActivities();
  return {
    takeTurn: async (input) => {
      const brief = briefs[input.task];
      return brief === undefined ? activities.takeTurn(input) : { kind: 'finding', brief };
    },
  };
}

/** How many signals a workflow has got. */
async function signalsOf(workflow: WorkflowHandle | undefined): Promise<number> {
  const events = (await workflow?.fetchHistory())?.events ?? [];
  return events.filter((event) => event.workflowExecutionSignaledEventAttributes != null).length;
}

const healthy: FindingBrief = { task: 'diagnose', verdict: 'healthy', belief: 'all signals are in range' };

describe('incidentWorkflow', () => {
  it('goes the whole way: investigated, approved, taken once, verified, closed, learned', async () => {
    const { calls, activities } = scriptedActivities();
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      expect(timesCalled(calls, 'executeStep')).toBe(0);
      await bench.remediation().signal(signalNames.decide, approve);
      await incident.result();
      await bench.client.workflow.getHandle(`learning/${bench.incidentId}`).result();
    });
    expect(timesCalled(calls, 'executeStep')).toBe(1);
    expect(inputsOf(calls, 'closeIncident')).toEqual([
      expect.objectContaining({ outcome: 'mended', expectedDeliveryCount: 1 }),
    ]);
    expect(timesCalled(calls, 'recordCase')).toBe(1);
    expect(inputsOf(calls, 'recordStep').map((step) => step.status)).toEqual([
      'preparing',
      'awaiting-approval',
      'acting',
      'verifying',
      'verified',
    ]);
  });

  it('ends a test alert as healthy without looking for a step', async () => {
    const { calls, activities } = scriptedActivities(
      agentsSaying({
        triage: {
          task: 'triage',
          severity: 'sev4',
          title: 'test',
          cluster: 'c1',
          environment: 'practice',
          isTest: true,
        },
      }),
    );
    await withWorkflows(activities, async (bench) => (await bench.startIncident()).result());
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'healthy' });
    expect(timesCalled(calls, 'planSteps')).toBe(0);
  });

  it('calls a firing alert a false alarm only after several calm looks', async () => {
    const { calls, activities } = scriptedActivities(agentsSaying({ diagnose: healthy }));
    await withWorkflows(activities, async (bench) => (await bench.startIncident()).result());
    expect(inputsOf(calls, 'takeTurn').filter((turn) => turn.task === 'diagnose')).toHaveLength(3);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'healthy' });
  });

  it('withdraws the open gate and closes when the alert ends by itself', async () => {
    let asked = 0;
    const { calls, activities, record } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
      takeTurn: async (input) => {
        if (input.task === 'diagnose' && input.round === 0) asked += 1;
        return agentsSaying(asked > 1 ? { diagnose: healthy } : {}).takeTurn(input);
      },
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      await deliver(incident, record, 2, 'resolved');
      await incident.result();
    });
    expect(inputsOf(calls, 'closeGate')).toEqual([expect.objectContaining({ status: 'withdrawn' })]);
    expect(timesCalled(calls, 'executeStep')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({
      outcome: 'healthy',
      expectedDeliveryCount: 2,
    });
  });

  it('asks nobody where a person had it before there was a workflow to tell', async () => {
    const { calls, activities, record } = scriptedActivities();
    record.takenOverBy = 'ana';
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'takeOver') > 0);
      await deliver(incident, record, 2, 'resolved');
      await incident.result();
    });
    expect(inputsOf(calls, 'takeOver')[0]).toMatchObject({ user: 'ana' });
    expect(timesCalled(calls, 'openGate')).toBe(0);
  });

  it('hands over what may only be proposed where nothing is written', async () => {
    const { calls, activities, record } = scriptedActivities({
      planSteps: async () => ({
        steps: [scriptedStep],
        proposedOnly: 'read-only: proposed only (Roll back)',
      }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() =>
        inputsOf(calls, 'setPhase').some(
          ({ belief }) => belief?.includes('read-only: proposed only') === true,
        ),
      );
      await deliver(incident, record, 2, 'resolved');
      await incident.result();
    });
    expect(timesCalled(calls, 'planSteps')).toBe(1);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'handed-over' });
  });

  it('tells the remediation of a person who takes over after the alert has ended, once that is on record', async () => {
    let verifying: Bench | undefined;
    const { calls, activities, record } = scriptedActivities({
      judgeGate: async () => ({ state: 'approved', by: ['ana'] }),
      takeTurn: async (input) => {
        if (input.task !== 'verify') return scriptedActivities().activities.takeTurn(input);
        const incident = verifying?.client.workflow.getHandle(`incident/${input.incidentId}`);
        const looks = inputsOf(calls, 'takeTurn').filter(({ task }) => task === 'verify').length;
        if (looks === 1 && incident !== undefined) await deliver(incident, record, 2, 'resolved');
        if (looks === 2) {
          await incident?.signal(signalNames.takeOver, { user: 'ana' });
          await until(async () => (await signalsOf(verifying?.remediation())) === 2);
          expect(timesCalled(calls, 'takeOver')).toBe(1);
        }
        return { kind: 'finding', brief: { task: 'verify', state: 'not-yet', summary: 'errors as before' } };
      },
    });
    await withWorkflows(activities, async (bench) => {
      verifying = bench;
      await (await bench.startIncident()).result();
    });
    expect(inputsOf(calls, 'executeStep').map(({ stepNo }) => stepNo)).toEqual([1]);
    expect(timesCalled(calls, 'openGate')).toBe(1);
  });

  it('stands down when a person takes over, and closes when the alert ends', async () => {
    const { calls, activities, record } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      await incident.signal(signalNames.takeOver, { user: 'ana' });
      await until(() => timesCalled(calls, 'takeOver') > 0);
      await deliver(incident, record, 2, 'resolved');
      await incident.result();
    });
    expect(timesCalled(calls, 'executeStep')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'handed-over' });
  });

  it('goes on in a fresh run when its history gets long while a gate is open', async () => {
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      const { runId } = await incident.describe();
      for (let n = 0; n < 8; n += 1) await incident.signal('junk', { n, text: 'x'.repeat(900_000) });
      await expect.poll(async () => (await incident.describe()).runId, { timeout: 60_000 }).not.toBe(runId);
      // The fresh run still knows for which plan it waits.
      await incident.signal(signalNames.takeOver, { user: 'ana' });
      await until(() => timesCalled(calls, 'closeGate') > 0);
      await incident.terminate();
    });
    expect(inputsOf(calls, 'closeGate')).toEqual([expect.objectContaining({ status: 'withdrawn' })]);
  });

  it('closes when a person has ended it, also while the alert still fires', async () => {
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      await incident.signal(signalNames.close, { user: 'ana', reason: 'the node was replaced' });
      await incident.result();
    });
    expect(inputsOf(calls, 'closeGate')).toEqual([expect.objectContaining({ status: 'withdrawn' })]);
    expect(timesCalled(calls, 'executeStep')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')).toEqual([
      expect.objectContaining({ outcome: 'handed-over', reason: 'ana: the node was replaced' }),
    ]);
  });

  it('closes what was handed over before', async () => {
    const { calls, activities } = scriptedActivities({
      takeTurn: async (input) =>
        input.task === 'plan'
          ? { kind: 'hand-over', reason: 'no safe step is known' }
          : agentsSaying({}).takeTurn(input),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() =>
        inputsOf(calls, 'setPhase').some((call) => call.belief?.includes('no safe step') === true),
      );
      await incident.signal(signalNames.close, { user: 'ana', reason: 'known, and harmless' });
      await incident.result();
    });
    expect(inputsOf(calls, 'closeIncident')).toHaveLength(1);
  });

  it('goes on when a delivery came in while it was closing', async () => {
    let tries = 0;
    const { calls, activities, record } = scriptedActivities({
      ...agentsSaying({ diagnose: healthy }),
      closeIncident: async () => {
        tries += 1;
        // On record before its signal is here: nobody knows which of the two comes first.
        if (tries === 1) Object.assign(record, { deliveryNo: 2, firing: false });
        return tries > 1;
      },
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await incident.result();
    });
    expect(inputsOf(calls, 'closeIncident').map((call) => call.expectedDeliveryCount)).toEqual([1, 2]);
  });

  it('believes the record, not what a signal says of it, and puts a false claim on record', async () => {
    const { calls, activities } = scriptedActivities(agentsSaying({ diagnose: healthy }));
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'forged',
        deliveryNo: 900,
        status: 'resolved',
      });
      await incident.result();
    });
    // Were the claim believed, the alert would have ended after one look, and no closing would ever match the record.
    expect(inputsOf(calls, 'takeTurn').filter((turn) => turn.task === 'diagnose')).toHaveLength(3);
    expect(inputsOf(calls, 'closeIncident')).toEqual([expect.objectContaining({ expectedDeliveryCount: 1 })]);
    expect(inputsOf(calls, 'recordUnknownSignal')).toEqual([
      expect.objectContaining({ name: 'alertDelivered', detail: 'delivery 900 is not on record' }),
    ]);
  });

  it('lives on after signals that cannot even be decoded, and records them', async () => {
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      const { workflowService } = bench.client;
      for (const workflowId of [`incident/${bench.incidentId}`, `remediation/${bench.incidentId}/1`])
        for (const [encoding, data] of [
          ['binary/encrypted', 'x'],
          ['json/plain', '{"deliveryNo":'],
        ] as const)
          await workflowService.signalWorkflowExecution({
            namespace: bench.client.options.namespace,
            workflowExecution: { workflowId },
            signalName: workflowId.startsWith('incident') ? signalNames.takeOver : signalNames.decide,
            input: { payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }] },
          });
      await until(() => timesCalled(calls, 'recordUnknownSignal') >= 2);
      await incident.signal(signalNames.takeOver, { user: 'ana' });
      await until(() => timesCalled(calls, 'recordUnknownSignal') === 4);
      await incident.terminate();
    });
    for (const { detail } of inputsOf(calls, 'recordUnknownSignal'))
      expect(detail).toContain('it cannot be decoded');
  });

  it('lives on after a signal whose name Temporal keeps for itself', async () => {
    const { calls, activities } = scriptedActivities(agentsSaying({ diagnose: healthy }));
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await incident.signal('__temporal_anything', {});
      await incident.result();
    });
    expect(inputsOf(calls, 'recordUnknownSignal')).toEqual([
      expect.objectContaining({ name: 'reserved: __temporal_anything' }),
    ]);
  });

  it('takes no report for true that the record does not bear out', async () => {
    const standing = { underWay: true, verified: false };
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
      planStanding: async () => standing,
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      const forged = { planNo: 1, outcome: 'verified', detail: 'all is well, believe me' };
      await incident.signal(signalNames.remediationReported, forged);
      await until(() => timesCalled(calls, 'recordUnknownSignal') === 1);
      expect(timesCalled(calls, 'closeIncident')).toBe(0);
      // What is over but was not verified is no mend either.
      standing.underWay = false;
      await incident.signal(signalNames.remediationReported, forged);
      await until(() => timesCalled(calls, 'recordUnknownSignal') === 2);
      expect(timesCalled(calls, 'closeIncident')).toBe(0);
      standing.verified = true;
      await incident.signal(signalNames.remediationReported, forged);
      await incident.result();
    });
    expect(inputsOf(calls, 'closeIncident')).toEqual([expect.objectContaining({ outcome: 'mended' })]);
  });

  it('hands over with what it would have done where nobody may act', async () => {
    const { calls, activities, record } = scriptedActivities({
      remediationOutlook: async () => ({ may: false, why: 'read-only' }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() =>
        inputsOf(calls, 'setPhase').some(({ belief }) => belief?.includes('read-only') === true),
      );
      await deliver(incident, record, 2, 'resolved');
      await incident.result();
    });
    const told = inputsOf(calls, 'setPhase').find(({ belief }) => belief?.includes('read-only') === true);
    expect(told?.belief).toContain('rollout-undo Deployment app/api');
    expect(timesCalled(calls, 'planSteps')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'handed-over' });
  });

  it('ends, and learns, when somebody else has closed it meanwhile', async () => {
    const { calls, activities, record } = scriptedActivities({
      ...agentsSaying({ diagnose: healthy }),
      closeIncident: async () => {
        record.standing = 'closed';
        return false;
      },
    });
    await withWorkflows(activities, async (bench) => {
      await (await bench.startIncident()).result();
      // It is there, so it was learnt from.
      await bench.client.workflow.getHandle(`learning/${bench.incidentId}`).result();
    });
    expect(timesCalled(calls, 'closeIncident')).toBe(1);
  });

  it('does nothing for an incident that is not on record', async () => {
    const { calls, activities } = scriptedActivities({ readIncident: async () => ({ standing: 'unknown' }) });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await expect(incident.result()).rejects.toThrow();
    });
    expect(timesCalled(calls, 'takeTurn')).toBe(0);
  });

  it('records signals that nobody knows, and lives on', async () => {
    const { calls, activities } = scriptedActivities(agentsSaying({ diagnose: healthy }));
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await incident.signal('selfDestruct', { now: true });
      await incident.signal(signalNames.alertDelivered, { nonsense: 1 });
      await incident.result();
    });
    expect(
      inputsOf(calls, 'recordUnknownSignal')
        .map((call) => call.name)
        .toSorted(),
    ).toEqual(['alertDelivered', 'selfDestruct']);
  });

  it('hands over when nobody decides in time, after judging once more what is there', async () => {
    const seconds = { ...gateSeconds };
    gateSeconds.escalates = 1;
    gateSeconds.expires = 2;
    const { calls, activities, record } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    try {
      await withWorkflows(activities, async (bench) => {
        const incident = await bench.startIncident();
        await until(() => inputsOf(calls, 'closeGate').length === 1);
        await deliver(incident, record, 2, 'resolved');
        await incident.result();
      });
    } finally {
      Object.assign(gateSeconds, seconds);
    }
    expect(timesCalled(calls, 'escalateGate')).toBe(1);
    expect(inputsOf(calls, 'closeGate')[0]).toMatchObject({ status: 'expired' });
    expect(timesCalled(calls, 'judgeGate')).toBe(2);
    expect(timesCalled(calls, 'executeStep')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'handed-over' });
  });

  it('looks again when further alerts join an incident that was handed over for want of evidence', async () => {
    let plans = 0;
    const { calls, activities, record } = scriptedActivities({
      judgeGate: async () => ({ state: 'approved', by: ['ana'] }),
      takeTurn: async (input) => {
        if (input.task === 'plan') plans += 1;
        if (input.task === 'plan' && plans === 1)
          return { kind: 'hand-over', reason: 'no safe step is known' };
        return agentsSaying({}).takeTurn(input);
      },
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() =>
        inputsOf(calls, 'setPhase').some((call) => call.belief?.includes('no safe step') === true),
      );
      expect(timesCalled(calls, 'executeStep')).toBe(0);
      await deliver(incident, record, 2, 'firing');
      await incident.result();
    });
    expect(timesCalled(calls, 'executeStep')).toBe(1);
  });

  it('waits while another incident mends the same object', async () => {
    let looks = 0;
    const { calls, activities } = scriptedActivities({
      remediationOutlook: async () => {
        looks += 1;
        return looks === 1 ? { may: false, why: 'other-incident', incidentId: 'another' } : { may: true };
      },
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      await bench.remediation(2).signal(signalNames.decide, approve);
      await incident.result();
    });
    expect(looks).toBe(2);
    expect(timesCalled(calls, 'executeStep')).toBe(1);
  });
});
