import { describe, expect, test } from 'vitest';
import { setGateStatus } from '#store/gates.ts';
import { getUser } from '#store/users.ts';
import type { Caller } from '../auth/permissions.ts';
import { decide } from './decide.ts';
import { judgeGateForWorkflow } from './judge-gate.ts';
import { type Court, useCourt } from './test-gates.ts';

async function callerOf(court: Court, name: string): Promise<Caller> {
  const user = await court.db.run((tx) => getUser(tx, name));
  if (user === undefined) throw new Error(`nobody is called ${name}`);
  return { user, scope: 'full' };
}

const yes = { decision: 'approve', channel: 'cli' } as const;

describe('a decision over the API', () => {
  test('is signed, recorded by Temporal, judged, and found by the workflow', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const request = { ...yes, argsHash: gate.argsHash, reason: 'fine' };
    const answer = await decide(court.deps, await callerOf(court, 'alice'), gate.gateId, request);
    expect(answer).toEqual({
      ...{ recorded: true, accepted: true, verdict: 'accepted' },
      gate: { state: 'approved', by: ['alice'] },
    });
    expect(await judgeGateForWorkflow(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['alice'] });
  });

  test('made again when it is decided is a conflict', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const request = { ...yes, argsHash: gate.argsHash };
    await decide(court.deps, await callerOf(court, 'alice'), gate.gateId, request);
    const again = decide(court.deps, await callerOf(court, 'bob'), gate.gateId, request);
    await expect(again).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('approved'),
    });
  });

  test('of two people who are both asked counts step by step', async () => {
    const court = await useCourt();
    const gate = await court.open({ needs: { approvals: 2, roles: ['approver'], distinctFrom: [] } });
    const request = { ...yes, argsHash: gate.argsHash };
    const first = await decide(court.deps, await callerOf(court, 'alice'), gate.gateId, request);
    expect(first.gate).toEqual({ state: 'open', approvals: 1 });
    const second = await decide(court.deps, await callerOf(court, 'bob'), gate.gateId, request);
    expect(second.gate).toEqual({ state: 'approved', by: ['alice', 'bob'] });
  });

  test('is refused before it is signed where it cannot count', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const alice = await callerOf(court, 'alice');
    const request = { ...yes, argsHash: gate.argsHash };
    const asVictor = decide(court.deps, await callerOf(court, 'victor'), gate.gateId, request);
    await expect(asVictor).rejects.toMatchObject({ code: 'forbidden' });
    const ofOther = decide(court.deps, alice, gate.gateId, { ...request, argsHash: 'x' });
    await expect(ofOther).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('argsHash'),
    });
    const edit = decide(court.deps, alice, gate.gateId, { ...request, decision: 'edit' });
    await expect(edit).rejects.toMatchObject({ code: 'bad-input' });
    await expect(decide(court.deps, alice, 'nowhere', request)).rejects.toMatchObject({ code: 'not-found' });
    const expired = await court.open({ expiresAt: new Date(Date.now() - 1000).toISOString() });
    const late = decide(court.deps, alice, expired.gateId, { ...request, argsHash: expired.argsHash });
    await expect(late).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('expired'),
    });
    const elsewhere = await court.open({ object: { ...gate.object, cluster: 'production-1' } });
    const robot = await callerOf(court, 'range-approver');
    const outside = decide(court.deps, robot, elsewhere.gateId, { ...request, argsHash: elsewhere.argsHash });
    await expect(outside).rejects.toMatchObject({ code: 'forbidden' });
    const { events } = await court.client.workflow.getHandle(gate.workflowId).fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toEqual([]);
  });

  test('on a question that was withdrawn, or whose workflow has ended, is a conflict', async () => {
    const court = await useCourt();
    const alice = await callerOf(court, 'alice');
    const withdrawn = await court.open();
    await court.db.run((tx) => setGateStatus(tx, withdrawn.gateId, 'withdrawn', new Date().toISOString()));
    const request = { ...yes, argsHash: withdrawn.argsHash };
    await expect(decide(court.deps, alice, withdrawn.gateId, request)).rejects.toMatchObject({
      code: 'conflict',
    });
    const ended = await court.open();
    await court.client.workflow.getHandle(ended.workflowId).terminate();
    const onEnded = decide(court.deps, alice, ended.gateId, { ...yes, argsHash: ended.argsHash });
    await expect(onEnded).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('ended'),
    });
  });
});
