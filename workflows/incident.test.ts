import { describe, expect, it } from 'vitest';
import type { FindingBrief } from '#activities/types.ts';
import { until, withWorkflows } from '#test/workflows/run-workflows.ts';
import {
  type AllActivities,
  gateSeconds,
  inputsOf,
  scriptedActivities,
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

  it('calls a firing alert a false alarm only after a second calm look', async () => {
    const { calls, activities } = scriptedActivities(agentsSaying({ diagnose: healthy }));
    await withWorkflows(activities, async (bench) => (await bench.startIncident()).result());
    expect(inputsOf(calls, 'takeTurn').filter((turn) => turn.task === 'diagnose')).toHaveLength(2);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'healthy' });
  });

  it('withdraws the open gate and closes when the alert ends by itself', async () => {
    let asked = 0;
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
      takeTurn: async (input) => {
        if (input.task === 'diagnose' && input.round === 0) asked += 1;
        return agentsSaying(asked > 1 ? { diagnose: healthy } : {}).takeTurn(input);
      },
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'd-2',
        deliveryNo: 2,
        status: 'resolved',
      });
      await incident.result();
    });
    expect(inputsOf(calls, 'closeGate')).toEqual([expect.objectContaining({ status: 'withdrawn' })]);
    expect(timesCalled(calls, 'executeStep')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({
      outcome: 'healthy',
      expectedDeliveryCount: 2,
    });
  });

  it('stands down when a person takes over, and closes when the alert ends', async () => {
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => timesCalled(calls, 'judgeGate') === 1);
      await incident.signal(signalNames.takeOver, { user: 'ana' });
      await until(() => timesCalled(calls, 'takeOver') > 0);
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'd-2',
        deliveryNo: 2,
        status: 'resolved',
      });
      await incident.result();
    });
    expect(timesCalled(calls, 'executeStep')).toBe(0);
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ outcome: 'handed-over' });
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
    const { calls, activities } = scriptedActivities({
      ...agentsSaying({ diagnose: healthy }),
      closeIncident: async () => {
        tries += 1;
        return tries > 1;
      },
    });
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await until(() => tries === 1);
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'd-2',
        deliveryNo: 2,
        status: 'resolved',
      });
      await incident.result();
    });
    expect(inputsOf(calls, 'closeIncident').map((call) => call.expectedDeliveryCount)).toEqual([1, 2]);
  });

  it('does not let an older delivery that arrives late bring its state back', async () => {
    const { calls, activities } = scriptedActivities(agentsSaying({ diagnose: healthy }));
    await withWorkflows(activities, async (bench) => {
      const incident = await bench.startIncident();
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'd-3',
        deliveryNo: 3,
        status: 'resolved',
      });
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'd-2',
        deliveryNo: 2,
        status: 'firing',
      });
      await incident.result();
    });
    expect(inputsOf(calls, 'closeIncident')[0]).toMatchObject({ expectedDeliveryCount: 3 });
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
    const { calls, activities } = scriptedActivities({
      judgeGate: async () => ({ state: 'open', approvals: 0 }),
    });
    try {
      await withWorkflows(activities, async (bench) => {
        const incident = await bench.startIncident();
        await until(() => inputsOf(calls, 'closeGate').length === 1);
        await incident.signal(signalNames.alertDelivered, {
          deliveryId: 'd-2',
          deliveryNo: 2,
          status: 'resolved',
        });
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
    const { calls, activities } = scriptedActivities({
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
      await incident.signal(signalNames.alertDelivered, {
        deliveryId: 'd-2',
        deliveryNo: 2,
        status: 'firing',
      });
      await incident.result();
    });
    expect(timesCalled(calls, 'executeStep')).toBe(1);
  });

  it('waits while another incident mends the same object', async () => {
    let looks = 0;
    const { calls, activities } = scriptedActivities({
      otherRemediationOf: async () => {
        looks += 1;
        return looks === 1 ? 'other-incident' : undefined;
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
