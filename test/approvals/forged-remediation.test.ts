import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stepIdOf } from '#domain/plan.ts';
import { fromMs } from '#domain/time.ts';
import { stepAnnotation } from '#domain/tools/kubernetes-actions.ts';
import {
  type ActionBench,
  cluster,
  namespace,
  startActionBench,
} from '#mcp-tools/kubernetes-actions/testing/action-bench.ts';
import { issueGrant } from '#server/approvals/issue-grant.ts';
import { gatesOf } from '#store/gates.ts';
import { ledgerOf } from '#store/ledger.ts';
import { setWritesStopped } from '#store/switches.ts';
import { startKubernetesApiTimeoutMs } from '#test/setup/kubernetes-api.ts';
import { create, merge, paths, read } from '#test/setup/kubernetes-objects.ts';
import { type RealRemediation, withRealRemediation } from './real-remediation.ts';

let bench: ActionBench;
let count = 0;
/** A ConfigMap that nobody else writes: its resourceVersion tells of every write. */
let path: string;
let object: { cluster: string; kind: string; namespace: string; name: string };

beforeAll(async () => {
  bench = await startActionBench();
}, startKubernetesApiTimeoutMs);

afterAll(() => bench.stop());

beforeEach(async () => {
  count += 1;
  const name = `settings-${count}`;
  object = { cluster, kind: 'ConfigMap', namespace, name };
  path = paths.configMaps(namespace, name);
  const data = { size: '10', DB_PASSWORD: 'correct-horse' };
  await create(bench.admin, paths.configMaps(namespace), { metadata: { name }, data });
});

const setting = (value: string) => ({ operations: [{ op: 'replace', path: '/data/size', value }] });
const setSize = () => ({ action: 'patch', object, arguments: setting('20') });

async function withoutEffect(work: () => Promise<void>): Promise<void> {
  const before = await read(bench.admin, path);
  await work();
  expect(await read(bench.admin, path)).toEqual(before);
}

/** The gate is asked, and alice, who may, says yes to it. */
async function approve({ court, gate }: RealRemediation, incidentId: string, attempt = 1): Promise<void> {
  const asked = await gate(incidentId, attempt);
  await court.send(asked, await court.signed('alice', asked));
}

describe('a remediation', () => {
  test('of a recorded plan takes its step once, after a person said yes, and the ledger tells of it', () =>
    withRealRemediation(bench, async (world) => {
      const incidentId = await world.planned(setSize());
      const { result } = await world.start(incidentId);
      await approve(world, incidentId);
      expect(await result()).toMatchObject({ outcome: 'verified' });
      const after = await read(bench.admin, path);
      expect(after).toMatchObject({ data: { size: '20', DB_PASSWORD: 'correct-horse' } });
      const stepId = stepIdOf(incidentId, 1, 1);
      expect(after.metadata.annotations?.[stepAnnotation]).toBe(stepId);
      const rows = await world.court.db.run((tx) => ledgerOf(tx, { stepId }));
      expect(rows.map(({ kind }) => kind)).toEqual([
        ...['dry-run', 'intent', 'started', 'effect-observed', 'verified'],
      ]);
    }));

  test('changes a secret of which people and the store see nothing', () =>
    withRealRemediation(bench, async (world) => {
      const operations = [{ op: 'remove', path: '/data/DB_PASSWORD' }];
      const incidentId = await world.planned({ action: 'patch', object, arguments: { operations } });
      const { result } = await world.start(incidentId);
      const gate = await world.gate(incidentId);
      expect(JSON.stringify(gate)).not.toContain('correct-horse');
      expect(gate).toMatchObject({ riskClass: 'destroy', needs: { approvals: 2 } });
      await world.court.send(gate, await world.court.signed('alice', gate));
      await world.court.send(gate, await world.court.signed('bob', gate));
      expect(await result()).toMatchObject({ outcome: 'verified' });
      expect((await read(bench.admin, path)).data).toEqual({ size: '10' });
    }));

  test('is asked with a new hash where a person changed it, and not by that person', () =>
    withRealRemediation(bench, async (world) => {
      const incidentId = await world.planned(setSize());
      const { result } = await world.start(incidentId);
      const first = await world.gate(incidentId);
      const edit = { decision: 'edit', edits: setting('15') } as const;
      await world.court.send(first, await world.court.signed('alice', first, edit));
      const second = await world.gate(incidentId, 2);
      expect(second.argsHash).not.toBe(first.argsHash);
      expect(second).toMatchObject({ arguments: setting('15'), needs: { distinctFrom: ['alice'] } });
      await world.court.send(second, await world.court.signed('alice', second));
      await world.court.send(second, await world.court.signed('bob', second));
      expect(await result()).toMatchObject({ outcome: 'verified' });
      expect((await read(bench.admin, path)).data).toMatchObject({ size: '15' });
    }));

  test('takes its step through a writing server that runs alone, which uses the grant up itself', () =>
    withRealRemediation(
      bench,
      async (world) => {
        const incidentId = await world.planned(setSize());
        const { result } = await world.start(incidentId);
        await approve(world, incidentId);
        expect(await result()).toMatchObject({ outcome: 'verified' });
        expect((await read(bench.admin, path)).data).toMatchObject({ size: '20' });
        expect(await world.court.db.asOwner('SELECT burnt_at IS NOT NULL AS burnt FROM grants')).toEqual([
          { burnt: true },
        ]);
      },
      { actionsAlone: true },
    ));
});

describe('without effect is a remediation', () => {
  test('started by hand for an incident or a plan that is not on record', () =>
    withoutEffect(() =>
      withRealRemediation(bench, async (world) => {
        const incidentId = await world.planned(setSize());
        const other = await world.start('01970000-0000-7000-8000-000000000009');
        expect(await other.result()).toMatchObject({
          outcome: 'refused',
          detail: expect.stringMatching(/no such plan/),
        });
        const next = await world.start(incidentId, { planNo: 2 });
        expect(await next.result()).toMatchObject({
          outcome: 'refused',
          detail: expect.stringMatching(/no such plan/),
        });
      }),
    ));

  test('of a plan for a cluster that is not ours', () =>
    withoutEffect(() =>
      withRealRemediation(bench, async (world) => {
        const elsewhere = { ...object, cluster: 'production-1' };
        const incidentId = await world.planned({ ...setSize(), object: elsewhere });
        const { result } = await world.start(incidentId);
        expect(await result()).toMatchObject({
          outcome: 'refused',
          detail: expect.stringMatching(/no account for it/),
        });
      }),
    ));

  test('that takes another incident’s plan for its own', () =>
    withoutEffect(() =>
      withRealRemediation(bench, async (world) => {
        const [incidentId, own] = [await world.planned(setSize()), await world.planned(setSize())];
        const { result } = await world.start(own, { incidentId });
        await expect(result()).rejects.toThrow(WorkflowFailedError);
        expect(await world.court.db.run((tx) => gatesOf(tx, incidentId))).toEqual([]);
      }),
    ));

  test('whose step was changed in the store, before or after people said yes', () =>
    withoutEffect(() =>
      withRealRemediation(bench, async (world) => {
        const incidentId = await world.planned(setSize());
        const { result } = await world.start(incidentId);
        await world.gate(incidentId);
        await world.court.db.asOwner('UPDATE steps SET arguments = $1', [JSON.stringify(setting('9999'))]);
        await approve(world, incidentId);
        // What was approved is not what would be done now, so it is asked again; that is not what was planned.
        await approve(world, incidentId, 2);
        expect(await result()).toMatchObject({
          outcome: 'refused',
          detail: expect.stringMatching(/neither the planned ones/),
        });
      }),
    ));

  test('whose gate was rewritten in the store together with its step', () =>
    withoutEffect(() =>
      withRealRemediation(bench, async (world) => {
        const incidentId = await world.planned(setSize());
        const { result } = await world.start(incidentId);
        const gate = await world.gate(incidentId);
        await world.court.db.asOwner('UPDATE steps SET arguments = $1', [JSON.stringify(setting('9999'))]);
        await world.court.db.asOwner(
          `UPDATE gates SET body = jsonb_set(body, '{arguments}', $1), status = 'approved'`,
          [JSON.stringify(setting('9999'))],
        );
        await expect(issueGrant(world.court.deps, gate.gateId)).rejects.toMatchObject({
          code: 'grant-refused',
        });
        await world.court.send(gate, { rubbish: true });
        await world.court.send(gate, await world.court.signed('alice', gate));
        await world.gate(incidentId, 2);
        await world.client.workflow.getHandle(gate.workflowId).terminate();
        await expect(result()).rejects.toThrow();
      }),
    ));

  test('while all writes are stopped, though people said yes', () =>
    withoutEffect(() =>
      withRealRemediation(bench, async (world) => {
        const incidentId = await world.planned(setSize());
        const { result } = await world.start(incidentId);
        await world.gate(incidentId);
        const at = fromMs(Date.now());
        await world.court.db.run((tx) => setWritesStopped(tx, { stopped: true, by: 'bob', at }));
        await approve(world, incidentId);
        expect(await result()).toMatchObject({
          outcome: 'refused',
          detail: expect.stringMatching(/stop-all/),
        });
      }),
    ));

  test('that is reset past its gate after its step was taken and undone by hand', () =>
    withRealRemediation(bench, async (world) => {
      const incidentId = await world.planned(setSize());
      const { runId, result } = await world.start(incidentId);
      await approve(world, incidentId);
      expect(await result()).toMatchObject({ outcome: 'verified' });
      const annotations = { [stepAnnotation]: null };
      await merge(bench.admin, path, { metadata: { annotations }, data: { size: '10' } });
      await withoutEffect(async () => {
        const { workflowId } = await world.gate(incidentId);
        const again = await resetBefore(world, { workflowId, runId }, 'issueGrant');
        expect(await again()).toMatchObject({
          outcome: 'refused',
          detail: expect.stringMatching(/its grant was used/),
        });
      });
    }));
});

/** Resets a run to the moment before it asked for an activity, as anybody who reaches Temporal can. */
async function resetBefore(
  { client }: RealRemediation,
  workflowExecution: { workflowId: string; runId: string },
  activity: string,
): Promise<() => Promise<unknown>> {
  const { workflowId, runId } = workflowExecution;
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const asked = events?.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
  );
  const eventId = asked?.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId ?? null;
  await client.workflowService.resetWorkflowExecution({
    ...{ namespace: client.options.namespace, workflowExecution, workflowTaskFinishEventId: eventId },
    ...{ requestId: randomUUID(), reason: 'a test' },
  });
  // The newest run of that id.
  return () => client.workflow.getHandle(workflowId).result();
}
