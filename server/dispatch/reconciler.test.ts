import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { workflowIds } from '#domain/ids.ts';
import type { Plan } from '#domain/plan.ts';
import { fromMs } from '#domain/time.ts';
import { acceptDeliveries } from '#store/deliveries.ts';
import { getIncident, setPhase } from '#store/incidents.ts';
import { appendLedger } from '#store/ledger.ts';
import { claimOutbox, completeOutbox, outboxBacklog } from '#store/outbox.ts';
import { putPlan } from '#store/plans.ts';
import { getStep, putStep, setStep } from '#store/steps.ts';
import { aDelivery, type TestStore, useStore } from '#store/test-store.ts';
import { putTurn } from '#store/turns.ts';
import { useTemporal } from '#test/setup/services.ts';
import { workflowTypes } from '#workflows/contracts.ts';
import { connectWorkflows, type Workflows } from '../temporal/workflows.ts';
import { createReconciler, type Reconciler } from './reconciler.ts';

type Scene = {
  readonly db: TestStore;
  readonly workflows: Workflows;
  readonly client: Client;
  readonly reconciler: Reconciler;
  readonly healed: string[];
  /** An open incident of five minutes ago, with nothing in the outbox. */
  readonly incident: () => Promise<string>;
};

async function useScene(): Promise<Scene> {
  const db = await useStore();
  const { address, namespace } = await useTemporal();
  const connection = await Connection.connect({ address });
  const workflows = connectWorkflows({ address, namespace, tenant: 'default' });
  onTestFinished(async () => {
    await workflows.close();
    await connection.close();
  });
  const healed: string[] = [];
  const reconciler = createReconciler({
    ...{ store: db.store, tenant: 'default', workflows, log: pino({ level: 'silent' }) },
    now: () => fromMs(Date.now()),
    onHealed: (kind) => void healed.push(kind),
  });
  const incident = async (): Promise<string> => {
    const receivedAt = fromMs(Date.now() - 300_000);
    const [accepted] = await db.run((tx) => acceptDeliveries(tx, [{ delivery: aDelivery(), receivedAt }]));
    await db.run(async (tx) => {
      const items = await claimOutbox(tx, { limit: 10, at: fromMs(Date.now()), leaseMs: 1 });
      await completeOutbox(
        tx,
        items.map((item) => item.id),
      );
    });
    return accepted?.incidentId ?? '';
  };
  return { db, workflows, client: new Client({ connection, namespace }), reconciler, healed, incident };
}

const start = (scene: Scene, incidentId: string) =>
  scene.workflows.deliver({
    ...{ incidentId, severity: 'sev1', title: `“A” \u0001 ${'长'.repeat(300)}` },
    delivery: { deliveryId: 'd', deliveryNo: 1, status: 'firing' },
  });

/** A remediation whose first step is under way since five minutes ago. */
async function underWay(scene: Scene, incidentId: string, begun: boolean): Promise<void> {
  const at = fromMs(Date.now() - 300_000);
  const object = { cluster: 'range', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
  const step = { stepNo: 1, action: 'scale', object, arguments: { replicas: 2 }, why: 'w', undo: 'u' };
  const plan: Plan = { cause: 'image.bad-reference', object, confidence: 1, why: 'w', steps: [step] };
  await scene.db.run(async (tx) => {
    await putPlan(tx, { incidentId, planNo: 1, plan, at });
    await putStep(tx, { incidentId, planNo: 1, stepId: 's1', ...step, at });
    await setStep(tx, { incidentId, planNo: 1, stepNo: 1 }, { status: 'acting', at });
    const row = { incidentId, planNo: 1, stepNo: 1, stepId: 's1', at, data: {} };
    await appendLedger(tx, { ...row, kind: 'intent' });
    if (begun) await appendLedger(tx, { ...row, kind: 'started' });
  });
}

describe('the reconciler', () => {
  test('hands over what had begun and was lost with Temporal, and says which steps are in doubt', async () => {
    const scene = await useScene();
    const incidentId = await scene.incident();
    await underWay(scene, incidentId, true);
    await scene.db.run((tx) =>
      putTurn(tx, {
        ...{ incidentId, workflowId: workflowIds.incident(incidentId), turnSeq: 1, round: 0, viewHash: 'v' },
        ...{ agent: 'master', task: 'triage', asOf: fromMs(Date.now()), reasoner: 'rules' },
        decision: { kind: 'hand-over', reason: 'x' },
      }),
    );
    await scene.reconciler.run();
    expect(scene.healed).toEqual(['handed-over']);
    const incident = await scene.db.run((tx) => getIncident(tx, incidentId));
    expect(incident).toMatchObject({ status: 'closed', outcome: 'handed-over' });
    expect(incident?.belief).toContain('s1');
    expect(await scene.db.run(outboxBacklog)).toMatchObject({ waiting: 0 });
  });

  test('starts what was never started, and leaves alone what runs', async () => {
    const scene = await useScene();
    const lost = await scene.incident();
    const running = await scene.incident();
    await start(scene, running);
    await scene.reconciler.run();
    await scene.reconciler.run();
    expect(scene.healed).toEqual(['started']);
    expect(await scene.db.run(outboxBacklog)).toMatchObject({ waiting: 1 });
    const [item] = await scene.db.run((tx) =>
      claimOutbox(tx, { limit: 10, at: fromMs(Date.now()), leaseMs: 1 }),
    );
    expect(item).toMatchObject({ incidentId: lost, deliveryNo: 1 });
  });

  test('asks nothing about what is still in the outbox, however much that is', async () => {
    const scene = await useScene();
    const alone = await scene.incident();
    const receivedAt = fromMs(Date.now() - 300_000);
    const items = Array.from({ length: 100 }, (_, n) => ({
      delivery: aDelivery({ groupKey: `${n}` }),
      receivedAt,
    }));
    await scene.db.run((tx) => acceptDeliveries(tx, items));
    let asked = 0;
    const counting = createReconciler({
      ...{
        store: scene.db.store,
        tenant: 'default',
        log: pino({ level: 'silent' }),
        now: () => fromMs(Date.now()),
      },
      workflows: {
        ...scene.workflows,
        stateOf: (id) => {
          asked += 1;
          return scene.workflows.stateOf(id);
        },
      },
    });
    await counting.run();
    expect(asked).toBe(1);
    expect(await scene.workflows.stateOf(workflowIds.incident(alone))).toEqual({ state: 'absent' });
  });

  test('leaves alone what is young', async () => {
    const scene = await useScene();
    await scene.db.run((tx) =>
      acceptDeliveries(tx, [{ delivery: aDelivery(), receivedAt: fromMs(Date.now()) }]),
    );
    await scene.reconciler.run();
    expect(scene.healed).toEqual([]);
  });

  test('hands an incident whose workflow somebody ended to a person, and says why', async () => {
    const scene = await useScene();
    const id = await scene.incident();
    await start(scene, id);
    await scene.client.workflow.getHandle(workflowIds.incident(id)).terminate('by hand');
    await scene.reconciler.look(id);
    const incident = await scene.db.run((tx) => getIncident(tx, id));
    expect(incident).toMatchObject({ status: 'closed', outcome: 'handed-over' });
    expect(incident?.belief).toContain('ended from outside (terminated)');
    expect(await start(scene, id)).toBe('workflow-closed');
  });

  test('where a step was begun and its effect not seen, says so and repeats nothing', async () => {
    const scene = await useScene();
    const id = await scene.incident();
    await start(scene, id);
    await underWay(scene, id, true);
    await scene.client.workflow.getHandle(workflowIds.incident(id)).terminate('by hand');
    await scene.reconciler.look(id);
    const incident = await scene.db.run((tx) => getIncident(tx, id));
    expect(incident?.belief).toContain('nobody saw whether it had its effect (s1)');
    expect(await scene.db.run(outboxBacklog)).toMatchObject({ waiting: 0 });
  });

  test('tells an incident whose remediation was ended before any of its steps was on record', async () => {
    const scene = await useScene();
    const id = await scene.incident();
    await start(scene, id);
    const at = fromMs(Date.now() - 300_000);
    const object = { cluster: 'range', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    const step = { stepNo: 1, action: 'scale', object, arguments: { replicas: 2 }, why: 'w', undo: 'u' };
    const plan: Plan = { cause: 'image.bad-reference', object, confidence: 1, why: 'w', steps: [step] };
    await scene.db.run(async (tx) => {
      await putPlan(tx, { incidentId: id, planNo: 1, plan, at });
      await setPhase(tx, id, 'awaiting-approval', at);
    });
    const remediation = await scene.client.workflow.start(workflowTypes.remediation, {
      ...{ workflowId: workflowIds.remediation(id, 1), taskQueue: 'nobody-works-here' },
    });
    await scene.reconciler.look(id);
    expect(scene.healed).toEqual([]);
    await remediation.terminate('by hand');
    await scene.reconciler.look(id);
    expect(scene.healed).toEqual(['remediation-reported']);
  });

  test.each([
    [true, 'failed', 'failed'],
    [false, 'withdrawn', 'withdrawn'],
  ])(
    'tells an incident whose remediation somebody ended (begun: %s) that it %s',
    async (begun, outcome, status) => {
      const scene = await useScene();
      const id = await scene.incident();
      await start(scene, id);
      await underWay(scene, id, begun);
      const remediation = await scene.client.workflow.start(workflowTypes.remediation, {
        ...{ workflowId: workflowIds.remediation(id, 1), taskQueue: 'nobody-works-here' },
      });
      await scene.reconciler.look(id);
      expect(scene.healed).toEqual([]);
      await remediation.terminate('by hand');
      await scene.reconciler.look(id);
      await pause(50);
      await scene.reconciler.look(id);
      expect(scene.healed).toEqual(['remediation-reported']);
      const { events } = await scene.client.workflow.getHandle(workflowIds.incident(id)).fetchHistory();
      const reports = events?.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
        signal?.signalName === 'remediationReported'
          ? [JSON.parse(Buffer.from(signal.input?.payloads?.[0]?.data ?? []).toString())]
          : [],
      );
      expect(reports).toMatchObject([{ planNo: 1, outcome }]);
      const key = { incidentId: id, planNo: 1, stepNo: 1 };
      expect(await scene.db.run((tx) => getStep(tx, key))).toMatchObject({ status });
    },
  );
});
