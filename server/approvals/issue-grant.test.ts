import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { argsHash, diffDigest } from '#domain/actions/args-hash.ts';
import type { Gate } from '#domain/gate.ts';
import { grantAudience, grantClaimsSchema, grantIssuer } from '#domain/grant.ts';
import { stepIdOf, undoStepNo } from '#domain/plan.ts';
import { policyVersionOf, shippedPolicy } from '#domain/policy/policy.ts';
import { fromMs } from '#domain/time.ts';
import { auditRows } from '#store/audit.ts';
import { decisionsOf, openGate } from '#store/gates.ts';
import { burnGrant } from '#store/grants.ts';
import { closeIncident, takeOver } from '#store/incidents.ts';
import { appendLedger, type LedgerKind } from '#store/ledger.ts';
import { putPolicy } from '#store/policies.ts';
import { putStep } from '#store/steps.ts';
import { setWritesStopped } from '#store/switches.ts';
import { issueGrant } from './issue-grant.ts';
import { judgeGateForWorkflow } from './judge-gate.ts';
import { type Court, hashOfGate, object, useCourt } from './test-gates.ts';

const inMs = (ms: number): string => fromMs(Date.now() + ms);

/** A gate that alice has approved. */
async function approved(court: Court, fields: Partial<Gate> = {}): Promise<Gate> {
  const gate = await court.open(fields);
  await court.send(gate, await court.signed('alice', gate));
  return gate;
}

async function claimsIn(court: Court, grant: string) {
  const { payload } = await jwtVerify(grant, court.deps.keys.grant.publicKey, {
    ...{ issuer: grantIssuer, audience: grantAudience, algorithms: ['EdDSA'] },
  });
  return grantClaimsSchema.parse(payload);
}

const refused = (why: RegExp) => ({ code: 'grant-refused', message: expect.stringMatching(why) });

describe('a grant', () => {
  test('says exactly what was approved, is signed, and is on record', async () => {
    const court = await useCourt();
    const gate = await approved(court);
    const issued = await issueGrant(court.deps, gate.gateId);
    expect(await claimsIn(court, issued.grant)).toMatchObject({
      ...{ gateId: gate.gateId, incidentId: gate.incidentId, stepId: stepIdOf(gate.incidentId, 1, 1) },
      ...{
        argsHash: gate.argsHash,
        action: 'scale',
        cluster: 'range',
        riskClass: 'adjust',
        approvedBy: ['alice'],
      },
      policyVersion: policyVersionOf(shippedPolicy),
    });
    const rows = await court.db.run((tx) => auditRows(tx, { afterSeq: 0, subject: gate.gateId, limit: 10 }));
    expect(rows.map((row) => row.action)).toEqual(['gate.decide', 'grant.issue']);
    expect(JSON.stringify(rows)).not.toContain(issued.grant);
  });

  test('asked for again, also by many at once, is the same one', async () => {
    const court = await useCourt();
    const gate = await approved(court);
    const first = await issueGrant(court.deps, gate.gateId);
    const again = await Promise.all([1, 2, 3].map(() => issueGrant(court.deps, gate.gateId)));
    expect(new Set([first, ...again].map((issued) => issued.grant)).size).toBe(1);
  });

  test('that was used is not given again, unless the step was seen to have had no effect', async () => {
    const court = await useCourt();
    const gate = await approved(court);
    const first = await claimsIn(court, (await issueGrant(court.deps, gate.gateId)).grant);
    expect(await court.db.run((tx) => burnGrant(tx, first.jti, inMs(0)))).toBe(true);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/was used/));
    const { incidentId } = gate;
    const learn = (kind: LedgerKind, attempt: number) =>
      court.db.run((tx) =>
        appendLedger(tx, {
          incidentId,
          planNo: 1,
          stepNo: 1,
          stepId: first.stepId,
          kind,
          attempt,
          at: inMs(0),
          data: {},
        }),
      );
    await learn('effect-absent', 1);
    const second = await claimsIn(court, (await issueGrant(court.deps, gate.gateId)).grant);
    expect(second.jti).not.toBe(first.jti);
    expect(await court.db.run((tx) => burnGrant(tx, first.jti, inMs(0)))).toBe(false);
    expect(await court.db.run((tx) => burnGrant(tx, second.jti, inMs(0)))).toBe(true);
    await learn('effect-observed', 2);
    await learn('effect-absent', 2);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/was used/));
  });

  test('that ran out unused is replaced, while the approval is fresh', async () => {
    let now = Date.now();
    const court = await useCourt({ now: () => fromMs(now) });
    const gate = await approved(court);
    expect(await judgeGateForWorkflow(court.deps, gate.gateId)).toMatchObject({ state: 'approved' });
    now += 299_000;
    const first = await claimsIn(court, (await issueGrant(court.deps, gate.gateId)).grant);
    expect(first.exp - first.iat).toBe(300);
    now += 400_000;
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/too old/));
  });

  test('is given for a change of which people were shown only that it is one of a secret', async () => {
    const court = await useCourt();
    const shown = [{ path: '/spec/replicas', before: '[redacted:named-secret]', after: 2 }];
    const digest = diffDigest([{ path: '/spec/replicas', before: 'correct-horse', after: 2 }], shown);
    const content = {
      ...{ action: 'scale', arguments: { replicas: 2 }, changes: shown, diffDigest: digest },
      policyVersion: policyVersionOf(shippedPolicy),
    };
    const gate = await approved(court, { ...content, argsHash: hashOfGate(content) });
    await expect(issueGrant(court.deps, gate.gateId)).resolves.toMatchObject({ stepId: expect.any(String) });
  });

  test('may be asked for long after the approval, if the workflow learns of it only then', async () => {
    let now = Date.now();
    const court = await useCourt({ now: () => fromMs(now) });
    const gate = await approved(court);
    now += 60 * 60_000;
    await expect(judgeGateForWorkflow(court.deps, gate.gateId)).resolves.toMatchObject({ state: 'approved' });
    await expect(issueGrant(court.deps, gate.gateId)).resolves.toMatchObject({ stepId: expect.any(String) });
  });
});

describe('no grant', () => {
  test('without an approval', async () => {
    const court = await useCourt();
    const open = await court.open();
    await expect(issueGrant(court.deps, open.gateId)).rejects.toMatchObject(refused(/not approved/));
    const rejected = await court.open();
    await court.send(rejected, await court.signed('alice', rejected, { decision: 'reject' }));
    await expect(issueGrant(court.deps, rejected.gateId)).rejects.toMatchObject(refused(/rejected/));
    const rows = await court.db.run((tx) => auditRows(tx, { afterSeq: 0, subject: open.gateId, limit: 10 }));
    expect(rows).toMatchObject([{ action: 'grant.refuse', outcome: 'refused' }]);
  });

  test('for a row that somebody wrote as approved, asking nobody', async () => {
    const court = await useCourt();
    const gate = await court.open({ needs: { approvals: 0, roles: ['approver'], distinctFrom: [] } });
    await court.db.asOwner(`UPDATE gates SET status = 'approved'`);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/not approved/));
  });

  test('for a gate that is nowhere', async () => {
    const court = await useCourt();
    await expect(issueGrant(court.deps, 'nowhere')).rejects.toMatchObject({ code: 'not-found' });
  });

  test('for another workflow than the plan’s', async () => {
    const court = await useCourt();
    const gate = await approved(court, { workflowId: 'remediation/forged/1' });
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('while the kill switch is on; afterwards the approval still holds', async () => {
    const court = await useCourt();
    const gate = await approved(court);
    const stop = (stopped: boolean) =>
      court.db.run((tx) => setWritesStopped(tx, { stopped, by: 'bob', at: inMs(0) }));
    await stop(true);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/stop-all/));
    await stop(false);
    await expect(issueGrant(court.deps, gate.gateId)).resolves.toBeDefined();
  });

  test('on a read-only instance', async () => {
    const court = await useCourt({ readOnly: true });
    const gate = await approved(court);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/read-only/));
  });

  test('for a cluster that is not ours', async () => {
    const court = await useCourt({ clusters: ['another'] });
    const gate = await approved(court);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/not ours/));
  });

  test('after somebody took the incident over, or it was closed', async () => {
    const court = await useCourt();
    const taken = await approved(court);
    await court.db.run((tx) => takeOver(tx, taken.incidentId, 'bob', inMs(0)));
    await expect(issueGrant(court.deps, taken.gateId)).rejects.toMatchObject(refused(/bob has taken/));
    const closed = await approved(court);
    const closing = { expectedDeliveryCount: 1, outcome: 'resolved' as const, at: inMs(0) };
    await court.db.run((tx) => closeIncident(tx, closed.incidentId, closing));
    await expect(issueGrant(court.deps, closed.gateId)).rejects.toMatchObject(refused(/closed/));
  });

  test('without a plan on record, or for a step that it does not have', async () => {
    const court = await useCourt();
    const without = await approved(court);
    await court.db.asOwner('DELETE FROM steps');
    await court.db.asOwner('DELETE FROM plans');
    await expect(issueGrant(court.deps, without.gateId)).rejects.toMatchObject(
      refused(/no such (plan|step)/),
    );
    const other = await approved(court, { stepNo: 2 });
    await expect(issueGrant(court.deps, other.gateId)).rejects.toMatchObject(refused(/no such step/));
  });

  test('for arguments that nobody planned and nobody wrote', async () => {
    const court = await useCourt();
    const gate = await approved(court, { arguments: { replicas: 50 } });
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/arguments are neither/));
  });

  test('for another object than the planned one', async () => {
    const court = await useCourt();
    const gate = await approved(court, { object: { ...object, name: 'payments' } });
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(
      refused(/not the one that was planned/),
    );
  });

  test('for content that does not have the approved hash', async () => {
    const court = await useCourt();
    const hash = await approved(court, { argsHash: 'made-up' });
    await expect(issueGrant(court.deps, hash.gateId)).rejects.toMatchObject(refused(/hash/));
    const diff = await approved(court, {
      changes: [{ path: '/spec/replicas', before: 1, after: 50 }],
      diffDigest: diffDigest([]),
    });
    await expect(issueGrant(court.deps, diff.gateId)).rejects.toMatchObject(
      refused(/not the one that was shown/),
    );
  });

  test('after the policy has changed', async () => {
    const court = await useCourt();
    const gate = await approved(court);
    const policy = { ...shippedPolicy, durations: { ...shippedPolicy.durations, soakMs: 1 } };
    await court.db.run((tx) => putPolicy(tx, { policy, by: 'bob', at: inMs(0) }));
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/policy has changed/));
  });
});

describe('a step that a person has changed', () => {
  test('is granted with the changed arguments, after those were approved', async () => {
    const court = await useCourt();
    const gate = await court.open();
    await court.send(gate, await court.signed('alice', gate, { decision: 'edit', edits: { replicas: 3 } }));
    expect(await judgeGateForWorkflow(court.deps, gate.gateId)).toMatchObject({ state: 'edited' });
    const changes = [{ path: '/spec/replicas', before: 1, after: 3 }];
    const content = {
      action: 'scale',
      arguments: { replicas: 3 },
      changes,
      policyVersion: gate.policyVersion,
    };
    const next: Gate = {
      ...{ ...gate, ...content, gateId: `${gate.gateId}-2`, attempt: 2, status: 'open' },
      ...{ diffDigest: diffDigest(changes), argsHash: hashOfGate(content) },
    };
    await court.db.run((tx) => openGate(tx, next));
    await expect(issueGrant(court.deps, next.gateId)).rejects.toMatchObject(refused(/not approved/));
    // Whoever changed it is not the one to approve the change, though the gate's row does not say so.
    await court.send(next, await court.signed('alice', next));
    await expect(issueGrant(court.deps, next.gateId)).rejects.toMatchObject(refused(/not approved/));
    const [own] = await court.db.run((tx) => decisionsOf(tx, next.gateId));
    expect(own).toMatchObject({ user: 'alice', verdict: 'four-eyes' });
    await court.send(next, await court.signed('bob', next));
    const issued = await issueGrant(court.deps, next.gateId);
    expect(await claimsIn(court, issued.grant)).toMatchObject({
      argsHash: next.argsHash,
      approvedBy: ['bob'],
    });
  });
});

describe('taking a step back', () => {
  /** A gate on the way back of the scaling, as the workflow asks it. */
  async function undoGate(court: Court, replicas: number): Promise<Gate> {
    const gate = await court.open();
    const changes = [{ path: '/spec/replicas', before: 2, after: replicas }];
    const { incidentId, policyVersion } = gate;
    const content = { action: 'scale', arguments: { replicas }, changes, policyVersion };
    const stepNo = undoStepNo(1);
    const hash = argsHash({
      ...{ action: 'scale', cluster: 'range', targetUid: gate.targetUid, arguments: { replicas } },
      ...{ policyVersion, diffDigest: diffDigest(changes) },
    });
    const back: Gate = {
      ...{ ...gate, ...content, gateId: `${gate.gateId}-undo`, stepNo, argsHash: hash },
      ...{ diffDigest: diffDigest(changes) },
    };
    await court.db.run(async (tx) => {
      const stepId = stepIdOf(incidentId, 1, stepNo);
      const step = {
        incidentId,
        planNo: 1,
        stepNo,
        stepId,
        action: 'scale',
        object,
        arguments: { replicas },
      };
      await putStep(tx, { ...step, why: 'w', undo: 'u', at: inMs(0) });
      await openGate(tx, back);
    });
    await court.send(back, await court.signed('alice', back));
    return back;
  }

  const begin = (court: Court, { incidentId }: Gate) =>
    court.db.run((tx) =>
      appendLedger(tx, {
        ...{ incidentId, planNo: 1, stepNo: 1, stepId: stepIdOf(incidentId, 1, 1), kind: 'started' },
        ...{ at: inMs(0), data: {} },
      }),
    );

  test('is granted for the inverse of a step that was begun, and only then', async () => {
    const court = await useCourt();
    const gate = await undoGate(court, 1);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(refused(/never begun/));
    await begin(court, gate);
    const issued = await issueGrant(court.deps, gate.gateId);
    expect(issued.stepId).toBe(stepIdOf(gate.incidentId, 1, undoStepNo(1)));
  });

  test('is not granted for anything but the inverse', async () => {
    const court = await useCourt();
    const gate = await undoGate(court, 0);
    await begin(court, gate);
    await expect(issueGrant(court.deps, gate.gateId)).rejects.toMatchObject(
      refused(/does not take the step back/),
    );
  });
});
