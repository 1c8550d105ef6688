import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { JudgedDecision } from '#domain/gate.ts';
import { shippedPolicy } from '#domain/policy/policy.ts';
import { fromMs } from '#domain/time.ts';
import { auditRows, verifyAudit } from '#store/audit.ts';
import { decisionsOf, getGate, openGate, putDecision, setGateStatus } from '#store/gates.ts';
import { putPolicy } from '#store/policies.ts';
import { disableUser, revokeTokens } from '#store/users.ts';
import { signDecision } from './decision-token.ts';
import { judgeGate, judgeGateForWorkflow } from './judge-gate.ts';
import { type Court, contentOf, useCourt } from './test-gates.ts';

const inMs = (ms: number): string => fromMs(Date.now() + ms);

async function verdictsOf(court: Court, gateId: string): Promise<string[]> {
  const decisions = await court.db.run((tx) => decisionsOf(tx, gateId));
  return decisions.map((decision) => decision.verdict);
}

describe('a decision that counts', () => {
  test('is a signed one of somebody with the role; the gate is approved and the audit trail says how', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.send(gate, await court.signed('alice', gate, { reason: 'looks right' }));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['alice'] });
    await court.db.run(async (tx) => {
      expect(await getGate(tx, gate.gateId)).toMatchObject({ status: 'approved' });
      const [row, ...more] = await auditRows(tx, { afterSeq: 0, subject: gate.gateId, limit: 10 });
      expect(more).toEqual([]);
      expect(row).toMatchObject({
        ...{ actor: 'alice', action: 'gate.decide', outcome: 'accepted' },
        data: { decision: 'approve', reason: 'looks right', accepted: true },
        proof: { kind: 'token', channel: 'api', runId: gate.runId },
      });
      expect(JSON.stringify(row)).not.toContain('eyJ');
      expect(await verifyAudit(tx)).toMatchObject({ ok: true });
    });
  });

  test('is one with a one-time code, judged long after it came', async () => {
    const late = { now: () => inMs(10 * 60_000) };
    const court = await useCourt(late);
    const gate = await court.open({ expiresAt: inMs(60_000) });
    await court.send(gate, await court.coded('alice', gate));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['alice'] });
  });

  test('is judged once, however often the gate is', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.send(gate, await court.coded('alice', gate));
    const states = [];
    for (let n = 0; n < 3; n += 1) states.push(await judgeGate(court.deps, gate.gateId));
    const atOnce = await Promise.all([1, 2, 3].map(() => judgeGate(court.deps, gate.gateId)));
    expect([...states, ...atOnce]).toEqual(Array(6).fill({ state: 'approved', by: ['alice'] }));
    expect(await verdictsOf(court, gate.gateId)).toEqual(['accepted']);
  });

  test('needs another one where two people are asked for; one person twice is one', async () => {
    const court = await useCourt();
    const gate = await court.open({
      needs: { approvals: 2, roles: ['approver', 'admin'], distinctFrom: [] },
    });
    await court.send(gate, await court.signed('alice', gate));
    await court.send(gate, await court.signed('alice', gate, { reason: 'again' }));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 1 });
    await court.send(gate, await court.signed('bob', gate));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['alice', 'bob'] });
  });

  test('may be a no, or other arguments', async () => {
    const court = await useCourt();
    const rejected = await court.open();
    await court.send(
      rejected,
      await court.signed('alice', rejected, { decision: 'reject', reason: 'not now' }),
    );
    expect(await judgeGate(court.deps, rejected.gateId)).toEqual({
      ...{ state: 'rejected', by: 'alice', reason: 'not now' },
    });
    const edited = await court.open();
    const edit = { decision: 'edit', edits: { replicas: 3 } } as const;
    await court.send(edited, await court.signed('alice', edited, edit));
    expect(await judgeGate(court.deps, edited.gateId)).toEqual({
      ...{ state: 'edited', by: 'alice', edits: { replicas: 3 } },
    });
    expect(await court.db.run((tx) => getGate(tx, edited.gateId))).toMatchObject({ status: 'edited' });
  });

  test('of a yes and a no at once is the one that Temporal recorded first', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const yes = await court.signed('alice', gate);
    const no = await court.signed('bob', gate, { decision: 'reject' });
    await Promise.all([court.send(gate, yes), court.send(gate, no)]);
    const state = await judgeGate(court.deps, gate.gateId);
    const decisions = await court.db.run((tx) => decisionsOf(tx, gate.gateId));
    expect(decisions.every((decision) => decision.accepted)).toBe(true);
    expect(state.state).toBe(decisions[0]?.decision === 'approve' ? 'approved' : 'rejected');
    expect(await judgeGate(court.deps, gate.gateId)).toEqual(state);
  });
});

/** Sends one decision and answers with what became of it; the gate must still be open then. */
async function judged(
  court: Court,
  gate: Parameters<Court['send']>[0] & { gateId: string },
  payload: unknown,
): Promise<JudgedDecision | undefined> {
  await court.send(gate, payload);
  expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 0 });
  const last = (await court.db.run((tx) => decisionsOf(tx, gate.gateId))).at(-1);
  // The workflow is told why, to show it.
  const told = { state: 'open', approvals: 0, refused: last?.verdict };
  expect(await judgeGateForWorkflow(court.deps, gate.gateId)).toEqual(told);
  return last;
}

describe('a decision that is recorded and does not count:', () => {
  test('made before the gate was open, even if it is judged afterwards', async () => {
    const court = await useCourt();
    const gate = await court.open({ openedAt: inMs(30_000) });
    expect(await judged(court, gate, await court.signed('alice', gate))).toMatchObject({
      ...{ accepted: false, verdict: 'too-early' },
    });
  });

  test('made after the deadline, by the time of the event', async () => {
    const court = await useCourt();
    const gate = await court.open({ expiresAt: inMs(300) });
    await pause(500);
    expect(await judged(court, gate, await court.signed('alice', gate))).toMatchObject({
      verdict: 'too-late',
    });
  });

  test('made after the gate was withdrawn', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.db.run((tx) => setGateStatus(tx, gate.gateId, 'withdrawn', inMs(0)));
    expect(await judged(court, gate, await court.signed('alice', gate))).toMatchObject({
      verdict: 'too-late',
    });
  });

  test('made for other content than what was asked', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const other = await court.signed('alice', { ...gate, argsHash: 'x' });
    expect(await judged(court, gate, other)).toMatchObject({ verdict: 'wrong-hash' });
  });

  test('by somebody without the role', async () => {
    const court = await useCourt();
    const gate = await court.open();
    expect(await judged(court, gate, await court.signed('victor', gate))).toMatchObject({
      ...{ verdict: 'role-missing', user: 'victor' },
    });
  });

  test('by nobody we know', async () => {
    const court = await useCourt();
    const gate = await court.open();
    expect(await judged(court, gate, await court.signed('nobody', gate))).toMatchObject({
      verdict: 'unknown-user',
    });
    const coded = { ...contentOf(gate), proof: { user: 'nobody', otp: '123456' } };
    expect(await judged(court, gate, coded)).toMatchObject({ verdict: 'wrong-code' });
  });

  test('by whoever asked for the step', async () => {
    const court = await useCourt();
    const needs = { approvals: 1, roles: ['approver' as const], distinctFrom: ['alice'] };
    const gate = await court.open({ needs });
    expect(await judged(court, gate, await court.signed('alice', gate))).toMatchObject({
      verdict: 'four-eyes',
    });
  });

  test('by somebody whose account was disabled before; made before that, it counts', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.db.run((tx) => disableUser(tx, 'alice', inMs(-1000)));
    expect(await judged(court, gate, await court.signed('alice', gate))).toMatchObject({
      verdict: 'disabled-user',
    });
    await court.send(gate, await court.signed('bob', gate));
    await pause(20);
    await court.db.run((tx) => disableUser(tx, 'bob', inMs(0)));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['bob'] });
  });

  test('by the range’s approver outside practice, whatever the gate’s row says of its environment', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.send(gate, await court.signed('range-approver', gate));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['range-approver'] });
    const elsewhere = await court.open({ object: { ...gate.object, cluster: 'production-1' } });
    expect(await judged(court, elsewhere, await court.signed('range-approver', elsewhere))).toMatchObject({
      ...{ verdict: 'other-environment' },
    });
  });

  test('with a token that is expired, forged, or not one', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const decision = contentOf(gate);
    const sign = { user: 'alice', decision, channel: 'api' };
    const old = await signDecision(court.deps.keys.decision, { ...sign, now: inMs(-120_000) });
    const stranger = generateKeyPairSync('ed25519');
    const forged = await signDecision(stranger, { ...sign, now: inMs(0) });
    const confused = await signDecision(court.deps.keys.grant, { ...sign, now: inMs(0) });
    const cases = [
      [old, 'token-expired'],
      [forged, 'token-invalid'],
      [confused, 'token-invalid'],
      ['not.a.token', 'token-invalid'],
    ];
    for (const [token, verdict] of cases)
      expect(await judged(court, gate, { ...decision, proof: { token } })).toMatchObject({ verdict });
  });

  test('with a token that was revoked before it was used', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const decision = await court.signed('alice', gate);
    await court.db.run((tx) => revokeTokens(tx, 'alice', inMs(0)));
    await pause(20);
    expect(await judged(court, gate, decision)).toMatchObject({ verdict: 'token-revoked' });
  });

  test('with a token for another gate, or for other words', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const other = await court.open();
    const { proof } = await court.signed('alice', other);
    expect(await judged(court, gate, { ...contentOf(gate), proof })).toMatchObject({
      verdict: 'token-altered',
    });
    const yes = await court.signed('alice', gate, { reason: 'only this once' });
    expect(await judged(court, gate, { ...yes, reason: 'always' })).toMatchObject({
      verdict: 'token-altered',
    });
    const no = await court.signed('alice', gate, { decision: 'reject' });
    expect(await judged(court, gate, { ...no, decision: 'approve' })).toMatchObject({
      verdict: 'token-altered',
    });
    const edit = await court.signed('alice', gate, { decision: 'edit', edits: { replicas: 3 } });
    expect(await judged(court, gate, { ...edit, edits: { replicas: 300 } })).toMatchObject({
      ...{ verdict: 'token-altered' },
    });
  });

  test('with a code that was used for another decision', async () => {
    const court = await useCourt();
    const gate = await court.open({ needs: { approvals: 2, roles: ['approver'], distinctFrom: [] } });
    const other = await court.open();
    const coded = await court.coded('alice', gate);
    await court.send(gate, coded);
    await court.send(gate, coded);
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 1 });
    expect(await verdictsOf(court, gate.gateId)).toEqual(['accepted', 'code-used']);
    const replayed = { ...contentOf(other), proof: coded.proof };
    expect(await judged(court, other, replayed)).toMatchObject({ verdict: 'code-used' });
  });

  test('with a code of another time, a wrong one, or after many wrong ones', async () => {
    const court = await useCourt();
    const gate = await court.open();
    expect(await judged(court, gate, await court.coded('alice', gate, inMs(-120_000)))).toMatchObject({
      ...{ verdict: 'wrong-code' },
    });
    const good = await court.coded('alice', gate);
    const goodCode = 'otp' in good.proof ? good.proof.otp : '';
    const wrong = { user: 'alice', otp: goodCode === '111111' ? '222222' : '111111' };
    for (let n = 0; n < 4; n += 1) await court.send(gate, { ...contentOf(gate), proof: wrong });
    await court.send(gate, good);
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 0 });
    expect(await verdictsOf(court, gate.gateId)).toEqual([...Array(5).fill('wrong-code'), 'codes-locked']);
    await court.send(gate, await court.signed('alice', gate));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'approved', by: ['alice'] });
  });

  test('with new arguments that the action does not take', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const edit = await court.signed('alice', gate, { decision: 'edit', edits: { replicas: -1 } });
    expect(await judged(court, gate, edit)).toMatchObject({ verdict: 'bad-edits' });
    const marked = { decision: 'edit', edits: { replicas: '[redacted:assignment]' } } as const;
    expect(await judged(court, gate, await court.signed('alice', gate, marked))).toMatchObject({
      verdict: 'bad-edits',
    });
  });

  test.each([
    ['nothing', undefined],
    ['a text', 'approve'],
    ['an empty object', {}],
    ['a decision without proof', { gateId: 'g', argsHash: 'h', decision: 'approve' }],
    [
      'a decision that says who made it',
      { gateId: 'g', argsHash: 'h', decision: 'approve', approver: 'admin' },
    ],
    [
      'a proof of both kinds',
      {
        gateId: 'g',
        argsHash: 'h',
        decision: 'approve',
        proof: { token: 't', user: 'alice', otp: '123456' },
      },
    ],
  ])('that is %s', async (_, payload) => {
    const court = await useCourt();
    const gate = await court.open();
    expect(await judged(court, gate, payload)).toMatchObject({ verdict: 'malformed', accepted: false });
  });

  test('that names a gate which this workflow has not asked; one of its other gates is left to that', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const nowhere = await court.signed('alice', { ...gate, gateId: 'nowhere' });
    expect(await judged(court, gate, nowhere)).toMatchObject({ verdict: 'other-gate' });
    const elsewhere = await court.signed('alice', await court.open());
    expect(await judged(court, gate, elsewhere)).toMatchObject({ verdict: 'other-gate' });
    const next = { ...gate, gateId: `${gate.gateId}-2`, attempt: 2 };
    await court.db.run((tx) => openGate(tx, next));
    await court.send(gate, await court.signed('alice', next));
    await judgeGate(court.deps, gate.gateId);
    expect(await verdictsOf(court, gate.gateId)).toEqual(['other-gate', 'other-gate']);
    expect(await judgeGate(court.deps, next.gateId)).toEqual({ state: 'approved', by: ['alice'] });
  });

  test('uses up the code that came with it, so that whoever reads it there cannot use it elsewhere', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const soon = await court.open({ openedAt: inMs(60_000) });
    const over = await court.open();
    await court.db.run((tx) => setGateStatus(tx, over.gateId, 'withdrawn', inMs(0)));
    const nowMs = Date.now();
    const sent = [
      { to: gate, fields: { argsHash: 'another' }, verdict: 'wrong-hash' },
      { to: soon, fields: {}, verdict: 'too-early' },
      { to: over, fields: {}, verdict: 'too-late' },
      { to: gate, fields: { gateId: 'nowhere' }, verdict: 'other-gate' },
      { to: gate, fields: { decision: 'edit', edits: { replicas: -1 } }, verdict: 'bad-edits' },
      { to: gate, fields: { decision: 'no such decision' }, verdict: 'malformed' },
    ];
    // Everybody's codes of this moment and of the next half minute: one for each case, good for as long as this takes.
    const steps = [0, 30_000].map((ms) => fromMs(nowMs + ms));
    const codes = ['alice', 'bob', 'victor'].flatMap((user) => steps.map((at) => ({ user, at })));
    for (const [index, { to, fields, verdict }] of sent.entries()) {
      const { user = '', at } = codes[index] ?? {};
      const { proof } = await court.coded(user, to, at);
      expect(await judged(court, to, { ...contentOf(to), ...fields, proof })).toMatchObject({ verdict });
      const replayed = { ...contentOf(gate), proof };
      expect(await judged(court, gate, replayed), verdict).toMatchObject({ verdict: 'code-used' });
    }
  });
});

describe('a gate that is not what it seems', () => {
  test('a row that asks for nobody is not approved without a person', async () => {
    const court = await useCourt();
    const gate = await court.open({ needs: { approvals: 0, roles: [], distinctFrom: [] } });
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 0 });
  });

  test('decisions that somebody wrote into the store count for nothing: the history is asked', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.send(gate, 'no decision at all');
    const forge = (eventId: number) =>
      court.db.run((tx) =>
        putDecision(tx, {
          ...{
            gateId: gate.gateId,
            runId: gate.runId,
            eventId,
            at: inMs(0),
            decision: 'approve',
            user: 'alice',
          },
          ...{ accepted: true, verdict: 'accepted' },
        }),
      );
    // One for the event that is there, one for an event that never was.
    await Promise.all([2, 3, 4, 99].map(forge));
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 0 });
    expect(await court.db.run((tx) => getGate(tx, gate.gateId))).toMatchObject({ status: 'open' });
  });

  test('a row that lets viewers decide does not', async () => {
    const court = await useCourt();
    const gate = await court.open({ needs: { approvals: 1, roles: ['viewer'], distinctFrom: [] } });
    expect(await judged(court, gate, await court.signed('victor', gate))).toMatchObject({
      verdict: 'role-missing',
    });
  });

  test('a row that calls a rollback harmless is judged by the catalogue', async () => {
    const court = await useCourt();
    const gate = await court.open({
      action: 'set-image',
      arguments: { container: 'c', image: 'i' },
      riskClass: 'observe',
    });
    expect(await judgeGate(court.deps, gate.gateId)).toEqual({ state: 'open', approvals: 0 });
  });

  test('a gate that names a workflow other than its plan’s is refused', async () => {
    const court = await useCourt();
    const gate = await court.open({ workflowId: 'remediation/somebody-else/1' });
    await court.send(gate, await court.signed('alice', gate));
    await expect(judgeGate(court.deps, gate.gateId)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a run that is no remediation is refused', async () => {
    const court = await useCourt();
    const gate = await court.open();
    const handle = court.client.workflow.getHandle(gate.workflowId);
    await handle.terminate();
    const forged = await court.client.workflow.start('somethingElse', {
      ...{ workflowId: gate.workflowId, taskQueue: 'nobody-works-here' },
    });
    await court.db.asOwner(`UPDATE gates SET body = jsonb_set(body, '{runId}', to_jsonb($1::text))`, [
      forged.firstExecutionRunId,
    ]);
    await expect(judgeGate(court.deps, gate.gateId)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('where the policy asks nobody, the gate is passed; where it forbids, nobody can', async () => {
    const court = await useCourt();
    const rule = {
      ...{ name: 'r', environment: 'practice', riskClass: 'adjust' as const },
      roles: ['approver' as const],
    };
    const rules = (requirement: 'auto' | 'forbidden') => ({
      ...shippedPolicy,
      rules: [{ ...rule, requirement }],
    });
    const put = (requirement: 'auto' | 'forbidden') =>
      court.db.run((tx) => putPolicy(tx, { policy: rules(requirement), by: 'bob', at: inMs(0) }));
    const needs = { approvals: 0, roles: ['approver' as const], distinctFrom: [] };
    await put('forbidden');
    const forbidden = await court.open({ needs });
    expect(await judged(court, forbidden, await court.signed('alice', forbidden))).toMatchObject({
      ...{ verdict: 'forbidden' },
    });
    await put('auto');
    const asked = await court.open({ needs });
    // The service is in mode `propose`: what the policy would allow is asked all the same.
    expect(await judgeGate(court.deps, asked.gateId)).toEqual({ state: 'open', approvals: 0 });
    const services = [
      {
        service: 'checkout',
        cluster: 'range',
        namespace: 'shop',
        environment: 'practice',
        mode: 'act' as const,
      },
    ];
    const acting = { ...court.deps, serviceCatalogue: { namespaces: {}, services } };
    expect(await judgeGate(acting, asked.gateId)).toEqual({ state: 'approved', by: [] });
  });
});
