import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { workflowIds } from '#domain/ids.ts';
import { type Plan, stepIdOf } from '#domain/plan.ts';
import { serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { fromMs } from '#domain/time.ts';
import {
  type ActionBench,
  cluster,
  namespace,
  startActionBench,
} from '#mcp-tools/kubernetes-actions/testing/action-bench.ts';
import { getGate } from '#store/gates.ts';
import { ledgerOf } from '#store/ledger.ts';
import { putPlan } from '#store/plans.ts';
import { getStep } from '#store/steps.ts';
import { setWritesStopped } from '#store/switches.ts';
import { anIncident, useStore } from '#store/test-store.ts';
import { startKubernetesApiTimeoutMs } from '#test/setup/kubernetes-api.ts';
import { create, paths, read, rolledOut, workload } from '#test/setup/kubernetes-objects.ts';
import { startApiProxy } from '#test/setup/kubernetes-proxy.ts';
import { createActionActivities } from './action-activities.ts';
import { createRemediationActivities } from './remediation-activities.ts';
import type { ActKey } from './types.ts';

const tenant = 'default';
let bench: ActionBench;
let count = 0;

beforeAll(async () => {
  bench = await startActionBench();
}, startKubernetesApiTimeoutMs);
afterAll(() => bench.stop());

/** A plan that scales a Deployment of one replica to two, and the hands that carry it out on a real API server. */
async function scene() {
  count += 1;
  const name = `checkout-${count}`;
  await create(bench.admin, paths.deployments(namespace), workload(name, { replicas: 1 }));
  await rolledOut(bench.admin, namespace, name, '1');
  const db = await useStore();
  const incidentId = await anIncident(db);
  const at = fromMs(Date.now());
  const object = { cluster, kind: 'Deployment', namespace, name };
  const step = { stepNo: 1, action: 'scale', object, arguments: { replicas: 2 }, why: 'w', undo: 'u' };
  const plan: Plan = { cause: 'image.bad-reference', object, confidence: 1, why: 'w', steps: [step] };
  await db.run((tx) => putPlan(tx, { incidentId, planNo: 1, plan, at }));
  const common = { store: db.store, log: pino({ level: 'silent' }), now: () => fromMs(Date.now()) };
  const judged: string[] = [];
  const remediation = createRemediationActivities({
    ...common,
    serviceCatalogue: serviceCatalogueSchema.parse({
      namespaces: { [`${cluster}/${namespace}`]: { environment: 'practice' } },
    }),
    readOnly: false,
    // What the server says is under test where the server is.
    server: {
      judgeGate: async (gateId) => {
        judged.push(gateId);
        return { state: 'approved', by: ['alice'] };
      },
      issueGrant: async () => ({ granted: false, refused: 'not here' }),
    },
  });
  const actions = createActionActivities({ ...common, tools: bench.clientOver(bench.actor) });
  const key: ActKey = { tenant, incidentId, planNo: 1, stepNo: 1, attempt: 1 };
  const { steps } = await remediation.planSteps({ tenant, incidentId, planNo: 1 });
  const replicas = async (): Promise<unknown> =>
    z.object({ replicas: z.int() }).parse((await read(bench.admin, paths.deployments(namespace, name))).spec)
      .replicas;
  const kinds = async (): Promise<string[]> =>
    (await db.run((tx) => ledgerOf(tx, { incidentId }))).map((row) => row.kind);
  const gateInput = {
    ...{ ...key, workflowId: workflowIds.remediation(incidentId, 1), runId: 'run-1' },
    openedAt: at,
  };
  return { db, incidentId, object, remediation, actions, key, steps, replicas, kinds, gateInput, judged };
}
type Scene = Awaited<ReturnType<typeof scene>>;

/** What the server signs for a gate that passed. */
async function grantFor({ db, key, object, incidentId, remediation }: Scene, gateId: string) {
  const step = await db.run((tx) => getStep(tx, key));
  if (step?.prepared === undefined) throw new Error('the step is not prepared');
  const { argsHash, policyVersion } = await remediation.decidePolicy(key);
  const wanted = { action: step.action, object, arguments: step.arguments };
  const claims = { argsHash, policyVersion, gateId, incidentId };
  return bench.sign(wanted, stepIdOf(incidentId, 1, key.stepNo), step.prepared, { claims });
}

describe('a remediation', () => {
  test('is prepared, asked for, taken once under its grant, seen, and on record in order', async () => {
    const here = await scene();
    const { remediation, actions, key, replicas, kinds } = here;
    expect(here.steps).toMatchObject([{ action: 'scale', arguments: { replicas: 2 } }]);
    expect(await actions.observeStep(key)).toMatchObject({ effect: 'absent' });
    expect(await actions.prepareStep(key)).toMatchObject({ ok: true, riskClass: 'adjust', undoable: true });
    expect(await remediation.decidePolicy(key)).toMatchObject({
      requirement: 'one',
      environment: 'practice',
    });
    const gate = await remediation.openGate(here.gateInput);
    expect(gate.diff).toContain('/spec/replicas: 1 → 2');
    // Asked again after a crash it is the same question.
    expect((await remediation.openGate(here.gateInput)).gateId).toBe(gate.gateId);
    await remediation.recordStep({ ...key, status: 'awaiting-approval', detail: '', attempt: 1 });

    const execution = { ...key, gateId: gate.gateId };
    expect(await actions.executeStep({ ...execution, grant: 'forged' })).toMatchObject({ effect: 'refused' });
    expect(await replicas()).toBe(1);
    const grant = await grantFor(here, gate.gateId);
    expect(await actions.executeStep({ ...execution, grant })).toMatchObject({ effect: 'applied' });
    expect(await replicas()).toBe(2);
    expect(await actions.observeStep(key)).toMatchObject({ effect: 'there' });
    await remediation.recordStep({ ...key, status: 'verified', detail: 'all well', attempt: 1 });
    // A kind is on record once a step and attempt, however often it was tried.
    expect(await kinds()).toEqual(['dry-run', 'intent', 'started', 'effect-observed', 'verified']);
  });

  test('can be taken back by the inverse of its step, and that by nothing', async () => {
    const { remediation, actions, key, db } = await scene();
    expect(await remediation.prepareUndo(key)).toBe('impossible');
    await actions.prepareStep(key);
    expect(await remediation.prepareUndo(key)).toBe('ready');
    const [undo] = (await db.asOwner(
      'SELECT step_no, action, arguments FROM steps ORDER BY step_no DESC',
    )) as {
      step_no: number;
    }[];
    expect(undo).toMatchObject({ action: 'scale', arguments: { replicas: 1 } });
    expect(await remediation.prepareUndo({ ...key, stepNo: Number(undo?.step_no) })).toBe('impossible');
    await db.asOwner(`UPDATE steps SET action = 'rollout-restart', prepared = NULL WHERE step_no = 1`);
    expect(await remediation.prepareUndo(key), 'a restart leaves nothing behind').toBe('nothing-to-undo');
  });

  test('whose step cannot be prepared is refused with the reason, and nothing is on record of it', async () => {
    const { actions, remediation, key, kinds, db } = await scene();
    await db.asOwner(`UPDATE steps SET object = jsonb_set(object, '{name}', '"nobody"')`);
    expect(await actions.prepareStep(key)).toMatchObject({ ok: false, refused: expect.any(String) });
    expect(await kinds()).toEqual([]);
    await expect(remediation.decidePolicy(key)).rejects.toMatchObject({ code: 'not-found' });
    await expect(actions.prepareStep({ ...key, stepNo: 9 })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('takes edits that fit the action, and no others', async () => {
    const { remediation, key, db } = await scene();
    await remediation.applyEdits({ ...key, edits: { replicas: 'many' } });
    expect(await db.run((tx) => getStep(tx, key))).toMatchObject({ arguments: { replicas: 2 } });
    await remediation.applyEdits({ ...key, edits: { replicas: 3 } });
    expect(await db.run((tx) => getStep(tx, key))).toMatchObject({ arguments: { replicas: 3 } });
    await expect(remediation.applyEdits({ ...key, stepNo: 9, edits: {} })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test('is forbidden while all writes are stopped', async () => {
    const { remediation, actions, key, db, gateInput } = await scene();
    await actions.prepareStep(key);
    await db.run((tx) => setWritesStopped(tx, { stopped: true, by: 'admin', at: fromMs(Date.now()) }));
    expect(await remediation.decidePolicy(key)).toMatchObject({ requirement: 'forbidden' });
    await expect(remediation.openGate(gateInput)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('has its gate judged by the server, escalated once and closed', async () => {
    const { remediation, actions, key, db, gateInput, judged } = await scene();
    await actions.prepareStep(key);
    const { gateId } = await remediation.openGate(gateInput);
    expect(await remediation.judgeGate({ tenant, gateId })).toEqual({ state: 'approved', by: ['alice'] });
    expect(judged).toEqual([gateId]);
    expect(await remediation.issueGrant({ tenant, gateId })).toEqual({ granted: false, refused: 'not here' });
    await remediation.escalateGate({ tenant, gateId });
    await remediation.closeGate({ tenant, gateId, status: 'withdrawn' });
    expect(await db.run((tx) => getGate(tx, gateId))).toMatchObject({ status: 'withdrawn' });
  });
});

test('a check that nobody answers for a moment is made again; a step is refused only when that lasts', async () => {
  const here = await scene();
  const proxy = await startApiProxy(bench.api, bench.actor, ({ url }) =>
    url?.includes('selfsubjectaccessreviews') === true ? (response) => response.destroy() : 'pass',
  );
  try {
    const { prepareStep } = createActionActivities({
      ...{ store: here.db.store, log: pino({ level: 'silent' }), now: () => fromMs(Date.now()) },
      tools: bench.clientOver(proxy.kubeconfig),
    });
    const prepare = (attempt: number) =>
      new MockActivityEnvironment({ attempt }).run(() => prepareStep(here.key));
    await expect(prepare(1)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await prepare(15)).toMatchObject({ ok: false, refused: expect.stringContaining('access: ') });
  } finally {
    proxy.close();
  }
});
