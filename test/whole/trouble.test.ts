import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretFiles } from '#cli/up/secrets.ts';
import { diagnosisSchema } from '#domain/diagnosis.ts';
import { workflowIds } from '#domain/ids.ts';
import type { RemediationResult } from '#domain/plan.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { faultNamed } from '#range/faults/catalogue.ts';
import { workflowTypes } from '#workflows/contracts.ts';
import { type Breakage, whileBroken } from './testing/broken-world.ts';
import { actByForgery, actInHistory } from './testing/forger.ts';
import { judgedOn, openGate, typeIntoTemporal } from './testing/gates.ts';
import { joinInstance, type WholeInstance } from './testing/instance.ts';
import { playIncident, scalingUp, untilCalm } from './testing/play-incident.ts';
import { eventsSince, markNow, writesSince } from './testing/record.ts';
import { untilSo } from './testing/until-so.ts';

const timeoutMs = 60 * 60_000;

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('trouble from outside', () => {
  let instance: WholeInstance;
  /** The incident of the first test, in which a grant was used. */
  let mendedBefore = '';
  beforeAll(async () => {
    instance = await joinInstance();
  }, timeoutMs);
  afterAll(() => instance.leave());

  it(
    'decisions of nobody, of the wrong hash and in no form change nothing, and unknown signals are only noted',
    async () => {
      const { ending } = await playIncident(instance, 'scaled-to-zero', async ({ mark, approveAll }) => {
        const gate = await openGate(instance);
        const { gateId, argsHash, incidentId, workflowId } = gate;
        const yes = { gateId, argsHash, decision: 'approve' };
        const wrong = instance.approver.decide(gateId, { decision: 'approve', argsHash: 'f'.repeat(64) });
        await expect(wrong).rejects.toThrow('another one');
        await expect(
          instance.clientWith('nobody').decide(gateId, { decision: 'approve', argsHash }),
        ).rejects.toThrow();
        for (const forged of [
          yes,
          { ...yes, proof: { user: 'admin', otp: '000000' } },
          { ...yes, proof: { token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.' } },
          { ...yes, argsHash: 'f'.repeat(64), proof: { user: 'admin', otp: '000000' } },
          'yes',
        ])
          await typeIntoTemporal(instance, gate, forged);
        for (const id of [workflowId, workflowIds.incident(incidentId)])
          await instance.temporal.workflow.getHandle(id).signal('selfDestruct', { now: true });
        await untilSo('the decisions are judged', async () => (await judgedOn(instance, gate)).length >= 5);
        expect((await judgedOn(instance, gate)).filter(({ accepted }) => accepted)).toEqual([]);
        expect(await writesSince(instance, mark)).toEqual([]);
        mendedBefore = incidentId;
        approveAll();
        await untilSo('the unknown signals are on record', async () => {
          const events = await eventsSince(instance, mark);
          return (
            events.filter(({ type, data }) => type === 'signal.unknown' && data.name === 'selfDestruct')
              .length === 2
          );
        });
      });
      expect(ending).toMatchObject({ writes: [scalingUp(instance)], chainsHold: true });
      expect(ending.outcomes).toContain('mended');
    },
    timeoutMs,
  );

  it(
    'a used grant, taken from the history and shown again, has no effect; nor has a remediation started by hand',
    async () => {
      const act = await actInHistory(instance, mendedBefore);
      // The same trouble again, so that the act would have something to do.
      const { ending } = await playIncident(instance, 'scaled-to-zero', async ({ switchOff }) => {
        const gate = await openGate(instance);
        expect(await actByForgery(instance, act)).toMatchObject({ effect: 'refused' });
        expect(
          await actByForgery(instance, { ...act, incidentId: gate.incidentId, gateId: gate.gateId }),
        ).toMatchObject({
          effect: 'refused',
        });
        const forged = { tenant: instance.tenant, incidentId: gate.incidentId, planNo: 99 };
        const result = await instance.temporal.workflow.execute<
          (input: object) => Promise<RemediationResult>
        >(workflowTypes.remediation, {
          workflowId: workflowIds.remediation(gate.incidentId, 99),
          taskQueue: taskQueues.main,
          args: [
            {
              ...forged,
              grant: act.grant,
              approved: true,
              steps: [{ action: 'scale', arguments: { replicas: 9 } }],
            },
          ],
        });
        expect(result).toMatchObject({ outcome: 'refused' });
        await switchOff();
      });
      expect(ending).toMatchObject({ writes: [], chainsHold: true });
    },
    timeoutMs,
  );

  it(
    'bodies that are malformed, huge or nobody’s are refused in so many words, and the next alert is taken',
    async () => {
      const key = (await readFile(secretFiles(instance.stateFolder).intakeKey, 'utf8')).trim();
      const post = async (body: string, authorization = `Bearer ${key}`) => {
        const answer = await fetch(`${instance.serverUrl}/api/v1/intake/alertmanager`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization },
          body,
        });
        return { status: answer.status, text: await answer.text() };
      };
      const alert = { status: 'firing', labels: { alertname: 'X' }, startsAt: 'yesterday' };
      const group = { groupKey: 'g', status: 'firing', receiver: 'r', alerts: [alert] };
      expect(await post('{"groupKey":')).toMatchObject({
        status: 400,
        text: expect.stringContaining('not JSON'),
      });
      expect(await post(JSON.stringify(group))).toMatchObject({
        status: 400,
        text: expect.stringContaining('alerts.0.startsAt'),
      });
      expect(await post(`{"pad":"${'x'.repeat(20 * 1024 * 1024)}"}`)).toMatchObject({ status: 413 });
      expect(await post(JSON.stringify(group), 'Bearer nobody')).toMatchObject({ status: 401 });
      const mark = await markNow(instance);
      const sent = { name: 'AfterTheStorm', labels: { test: 'true' }, severity: 'info' } as const;
      expect(await instance.administrator.sendAlert(sent)).toMatchObject({ outcome: 'opened' });
      await instance.administrator.sendAlert({ ...sent, status: 'resolved' });
      await untilSo('it is closed', async () =>
        (await eventsSince(instance, mark)).some(({ type }) => type === 'incident.closed'),
      );
    },
    timeoutMs,
  );

  const worlds: readonly { prometheus: Breakage; kubernetes: Breakage }[] = [
    { prometheus: 'down', kubernetes: 'nonsense' },
    { prometheus: 'slow', kubernetes: 'down' },
    { prometheus: 'nonsense', kubernetes: 'slow' },
  ];
  it.each(worlds)(
    'with a Prometheus that is $prometheus and an API server that is $kubernetes: gaps are stated, nothing is done',
    async (how) => {
      await untilCalm(instance);
      const mark = await markNow(instance);
      const { namespace, services } = instance.range.names;
      const alert = {
        name: 'ErrorRatioHigh',
        severity: 'critical',
        labels: { namespace, service: services.shipping },
      };
      try {
        // Something is wrong indeed, and nobody can see it.
        await whileBroken(instance, how, async () => {
          await faultNamed('scaled-to-zero').on(instance.range);
          const { incidentId = '' } = await instance.administrator.sendAlert(alert);
          const diagnosis = await untilSo('it is diagnosed', async () => {
            const { turns } = await instance.administrator.incident(incidentId);
            return turns.flatMap(({ decision, task }) =>
              decision.kind === 'finding' && task === 'diagnose' ? [decision.finding] : [],
            )[0];
          });
          const { verdict, gaps } = diagnosisSchema.parse(diagnosis);
          expect(verdict).toBe('unknown');
          // Named by the server or by its tools.
          expect(gaps.join('\n')).toMatch(/prometheus|metrics/i);
          expect(gaps.join('\n')).toMatch(/kubernetes/i);
        });
        expect(await writesSince(instance, mark)).toEqual([]);
      } finally {
        await faultNamed('scaled-to-zero').off(instance.range);
        await instance.administrator.sendAlert({ ...alert, status: 'resolved' });
      }
      // With the world back everything comes to its end, and nothing was lost.
      await untilCalm(instance);
      expect(await writesSince(instance, mark)).toEqual([]);
    },
    timeoutMs,
  );
});
