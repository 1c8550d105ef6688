import { describe, expect, test } from 'vitest';
import type { Case } from '#domain/agent-turn.ts';
import type { Evidence } from '#domain/evidence.ts';
import type { Gate, JudgedDecision } from '#domain/gate.ts';
import type { Plan } from '#domain/plan.ts';
import { shippedPolicy } from '#domain/policy/policy.ts';
import { getApiKey, putApiKey, revokeApiKeysOf } from './api-keys.ts';
import { candidateCases, putCase } from './cases.ts';
import { changesBetween, putChange } from './changes.ts';
import { eventsAfter } from './events.ts';
import { evidenceByIds, evidenceOfCall, putEvidence, toolCallsOf } from './evidence.ts';
import {
  countVerdicts,
  decisionsOf,
  getGate,
  judgedEventIds,
  listGates,
  markEscalated,
  openGate,
  putDecision,
  setGateStatus,
} from './gates.ts';
import { burnGrant, grantOf, putGrant, voidGrant } from './grants.ts';
import {
  closeIncident,
  getIncident,
  listIncidents,
  setPhase,
  takeOver,
  updateIncident,
} from './incidents.ts';
import { burnOtp } from './otp-burns.ts';
import { getPlan, plansOf, putPlan } from './plans.ts';
import { currentPolicy, putPolicy } from './policies.ts';
import { candidateRunbooks, countRunbookUse, putRunbook } from './runbooks.ts';
import { searchTerms } from './search-terms.ts';
import { getStep, openStepOnObject, putStep, setStep } from './steps.ts';
import { setWritesStopped, writesStopped } from './switches.ts';
import { anIncident, type TestStore, useStore } from './test-store.ts';
import { putTurn, turnOf } from './turns.ts';
import { createUser, disableUser, getUser, totpSecretOf } from './users.ts';

const at = '2026-11-21T10:00:00.000Z';
const later = '2026-11-21T10:01:00.000Z';
const object = { cluster: 'range', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

const plan: Plan = {
  cause: 'image.bad-reference',
  object,
  confidence: 0.9,
  why: 'the image does not exist',
  steps: [{ stepNo: 1, action: 'scale', object, arguments: { replicas: 2 }, why: 'w', undo: 'u' }],
};

async function withStep(test: TestStore): Promise<string> {
  const incidentId = await anIncident(test);
  await test.run(async (tx) => {
    await putPlan(tx, { incidentId, planNo: 1, plan, at });
    const step = plan.steps[0];
    if (step === undefined) throw new Error('no step');
    await putStep(tx, { incidentId, planNo: 1, ...step, stepId: `${incidentId}/1/1`, at });
  });
  return incidentId;
}

function aGate(incidentId: string, fields: Partial<Gate> = {}): Gate {
  return {
    ...{ gateId: 'g1', incidentId, planNo: 1, stepNo: 1, attempt: 1, status: 'open', argsHash: 'h' },
    ...{ workflowId: `remediation/${incidentId}/1`, runId: 'r1', action: 'scale', object, targetUid: 'u' },
    ...{ arguments: { replicas: 2 }, changes: [{ path: '/spec/replicas', before: 1, after: 2 }] },
    ...{
      diffDigest: 'd',
      riskClass: 'adjust',
      environment: 'practice',
      policyVersion: 'p',
      rule: '*/adjust',
    },
    ...{ needs: { approvals: 1, roles: ['approver'], distinctFrom: [] }, what: { en: 'Scale', zh: '扩容' } },
    ...{ why: 'w', undo: 'u', blastRadius: { objects: 1, replicas: 1, namespaces: 1 } },
    ...{ openedAt: at, escalateAt: later, expiresAt: '2026-11-21T10:30:00.000Z' },
    ...fields,
  };
}

const typesSince = (test: TestStore, seq: number): Promise<string[]> =>
  test.run(async (tx) => (await eventsAfter(tx, { seq, limit: 100 })).map((event) => event.type));

describe('incidents', () => {
  test('tell each change once, and nothing where nothing changed', async () => {
    const test = await useStore();
    const id = await anIncident(test);
    await test.run(async (tx) => {
      await setPhase(tx, id, 'triage', at);
      await setPhase(tx, id, 'triage', at);
      await updateIncident(tx, id, { service: 'checkout', environment: 'practice', belief: 'b' }, at);
      expect(await takeOver(tx, id, 'alice', at)).toBe(true);
      expect(await takeOver(tx, id, 'bob', at)).toBe(false);
      expect(
        await closeIncident(tx, id, { expectedDeliveryCount: 1, outcome: 'handed-over', at: later }),
      ).toBe(true);
      await setPhase(tx, id, 'learning', later);
    });
    expect(await test.run((tx) => getIncident(tx, id))).toMatchObject({
      ...{ status: 'closed', phase: 'closed', service: 'checkout', environment: 'practice', belief: 'b' },
      ...{ takenOverBy: 'alice', outcome: 'handed-over', closedAt: later, severity: 'sev1' },
    });
    expect(await typesSince(test, 1)).toEqual([
      'incident.phase',
      'incident.phase',
      'incident.taken-over',
      'incident.closed',
    ]);
  });

  test('are listed newest first, page by page', async () => {
    const test = await useStore();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push(await anIncident(test));
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const query = { limit: 2, ...(cursor === undefined ? {} : { cursor }) };
      const page = await test.run((tx) => listIncidents(tx, query));
      seen.push(...page.items.map((incident) => incident.id));
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(ids.toSorted().toReversed());
    expect((await test.run((tx) => listIncidents(tx, { status: 'closed', limit: 5 }))).items).toEqual([]);
  });
});

describe('what a workflow repeats after a crash', () => {
  test('a tool call keeps what it brought first', async () => {
    const test = await useStore();
    const incidentId = await anIncident(test);
    const evidence = (id: string, digest: string): Evidence => ({
      ...{ id, asOf: at, output: { items: [1, null] }, digest, truncated: false, gaps: [] },
      call: { server: 'prometheus', tool: 'metrics_window', arguments: { a: 1 }, why: 'w' },
    });
    const entry = { incidentId, workflowId: 'w', callSeq: 1, durationMs: 12.7 };
    const first = await test.run((tx) => putEvidence(tx, { ...entry, evidence: evidence('e1', 'one') }));
    const again = await test.run((tx) => putEvidence(tx, { ...entry, evidence: evidence('e2', 'two') }));
    expect(again).toEqual(first);
    await test.run(async (tx) => {
      expect((await evidenceOfCall(tx, 'w', 1))?.id).toBe('e1');
      expect((await evidenceByIds(tx, ['nobody', 'e1'])).map((e) => e.output)).toEqual([
        { items: [1, null] },
      ]);
      expect(await toolCallsOf(tx, incidentId)).toMatchObject([
        { evidenceId: 'e1', durationMs: 13, outcome: 'ok' },
      ]);
    });
    expect(await typesSince(test, 1)).toEqual(['tool.called']);
  });

  test('a turn keeps its first decision, also when two are taken at once', async () => {
    const test = await useStore();
    const incidentId = await anIncident(test);
    const take = (reason: string) =>
      test.run((tx) =>
        putTurn(tx, {
          ...{ incidentId, workflowId: 'w', turnSeq: 1, agent: 'master', task: 'triage', round: 0, asOf: at },
          ...{ decision: { kind: 'hand-over', reason }, reasoner: 'rules', viewHash: 'v' },
        }),
      );
    const [a, b] = await Promise.all([take('one'), take('two')]);
    expect(a).toEqual(b);
    expect((await test.run((tx) => turnOf(tx, 'w', 1)))?.decision).toEqual(a);
  });

  test('a plan keeps its number', async () => {
    const test = await useStore();
    const incidentId = await anIncident(test);
    await test.run((tx) => putPlan(tx, { incidentId, planNo: 1, turnSeq: 4, plan, at }));
    const kept = await test.run((tx) =>
      putPlan(tx, { incidentId, planNo: 1, plan: { ...plan, why: 'x' }, at }),
    );
    expect(kept.why).toBe(plan.why);
    expect(await test.run((tx) => getPlan(tx, incidentId, 2))).toBeUndefined();
    expect(await test.run((tx) => plansOf(tx, incidentId))).toEqual([{ planNo: 1, turnSeq: 4, plan, at }]);
  });
});

describe('steps', () => {
  test('keep what is not given, and tell a new status once', async () => {
    const test = await useStore();
    const key = { incidentId: await withStep(test), planNo: 1, stepNo: 1 };
    await test.run(async (tx) => {
      await setStep(tx, key, { status: 'preparing', at });
      await setStep(tx, key, { status: 'preparing', detail: 'again', at });
      await setStep(tx, key, { arguments: { replicas: 3 }, at: later });
    });
    expect(await test.run((tx) => getStep(tx, key))).toMatchObject({
      ...{ status: 'preparing', detail: 'again', arguments: { replicas: 3 }, object, updatedAt: later },
    });
    expect(await typesSince(test, 1)).toEqual(['plan.proposed', 'step.changed', 'step.changed']);
  });

  test('on one object of two open incidents are seen', async () => {
    const test = await useStore();
    const incidentId = await withStep(test);
    const other = await anIncident(test);
    const ask = () => test.run((tx) => openStepOnObject(tx, { object, notOf: other }));
    expect(await ask()).toBeUndefined();
    await test.run((tx) => setStep(tx, { incidentId, planNo: 1, stepNo: 1 }, { status: 'acting', at }));
    expect(await ask()).toBe(incidentId);
    expect(await test.run((tx) => openStepOnObject(tx, { object, notOf: incidentId }))).toBeUndefined();
    const elsewhere = { ...object, cluster: 'other' };
    expect(await test.run((tx) => openStepOnObject(tx, { object: elsewhere, notOf: other }))).toBeUndefined();
    await test.run((tx) =>
      closeIncident(tx, incidentId, { expectedDeliveryCount: 1, outcome: 'resolved', at }),
    );
    expect(await ask()).toBeUndefined();
  });
});

describe('gates', () => {
  test('open once, close once, and keep the question as it was asked', async () => {
    const test = await useStore();
    const incidentId = await anIncident(test);
    await test.run(async (tx) => {
      await openGate(tx, aGate(incidentId));
      await openGate(tx, aGate(incidentId, { argsHash: 'forged' }));
      await markEscalated(tx, 'g1', later);
      await markEscalated(tx, 'g1', '2026-11-21T10:05:00.000Z');
      expect(await setGateStatus(tx, 'g1', 'rejected', later)).toBe(true);
      expect(await setGateStatus(tx, 'g1', 'approved', later)).toBe(false);
    });
    expect(await test.run((tx) => getGate(tx, 'g1'))).toEqual(
      aGate(incidentId, { status: 'rejected', escalatedAt: later, closedAt: later }),
    );
    expect(await test.run((tx) => listGates(tx, { status: 'open', limit: 5 }))).toEqual([]);
    expect(await typesSince(test, 1)).toEqual(['gate.opened', 'gate.escalated', 'gate.closed']);
  });

  test('an event is judged once', async () => {
    const test = await useStore();
    const incidentId = await anIncident(test);
    const judged: JudgedDecision = {
      ...{ gateId: 'g1', runId: 'r1', eventId: 7, at, user: 'alice', accepted: false, verdict: 'wrong-code' },
    };
    await test.run(async (tx) => {
      await openGate(tx, aGate(incidentId));
      expect(await putDecision(tx, judged)).toBe(true);
      expect(await putDecision(tx, { ...judged, accepted: true })).toBe(false);
      expect(await decisionsOf(tx, 'g1')).toEqual([judged]);
      expect(await judgedEventIds(tx, 'r1')).toEqual(new Set([7]));
      const wrong = { user: 'alice', verdict: 'wrong-code', from: at, to: later };
      expect(await countVerdicts(tx, wrong)).toBe(1);
      expect(await countVerdicts(tx, { ...wrong, from: later })).toBe(0);
    });
  });
});

describe('grants', () => {
  const claimsOf = (incidentId: string, jti: string) => ({
    ...{ jti, gateId: 'g1', incidentId, stepId: 's', argsHash: 'h', action: 'scale', cluster: 'range' },
    ...{ policyVersion: 'p', riskClass: 'adjust' as const, approvedBy: ['alice'], iat: 1, exp: 2 },
  });

  async function granted(test: TestStore): Promise<string> {
    const incidentId = await anIncident(test);
    await test.run(async (tx) => {
      await openGate(tx, aGate(incidentId));
      await putGrant(tx, { claims: claimsOf(incidentId, 'j1'), issuedAt: at, expiresAt: later });
    });
    return incidentId;
  }

  test('burn once, also when many try at once', async () => {
    const test = await useStore();
    await granted(test);
    const burnt = await Promise.all(
      Array.from({ length: 8 }, () => test.run((tx) => burnGrant(tx, 'j1', at))),
    );
    expect(burnt.filter(Boolean)).toHaveLength(1);
    expect((await test.run((tx) => grantOf(tx, 'g1')))?.burntAt).toBe(at);
  });

  test('do not burn when expired, replaced, unknown, or while writes are stopped', async () => {
    const test = await useStore();
    const incidentId = await granted(test);
    expect(await test.run((tx) => burnGrant(tx, 'j1', later))).toBe(false);
    expect(await test.run((tx) => burnGrant(tx, 'nobody', at))).toBe(false);
    await test.run((tx) => setWritesStopped(tx, { stopped: true, by: 'alice', at }));
    expect(await test.run((tx) => burnGrant(tx, 'j1', at))).toBe(false);
    await test.run((tx) => setWritesStopped(tx, { stopped: false, by: 'alice', at }));
    expect(await test.run(writesStopped)).toBe(false);
    const second = { claims: claimsOf(incidentId, 'j2'), issuedAt: at, expiresAt: later };
    await expect(test.run((tx) => putGrant(tx, second))).rejects.toMatchObject({ code: 'conflict' });
    await test.run(async (tx) => {
      await voidGrant(tx, 'j1', at);
      await putGrant(tx, second);
    });
    expect(await test.run((tx) => burnGrant(tx, 'j1', at))).toBe(false);
    expect(await test.run((tx) => burnGrant(tx, 'j2', at))).toBe(true);
  });
});

test('a one-time code is used by one decision only, however often that is judged', async () => {
  const test = await useStore();
  const use = { user: 'alice', step: 58_000_000, gateId: 'g1', runId: 'r1', eventId: 7 };
  const burn = (fields: Partial<typeof use>) => test.run((tx) => burnOtp(tx, { ...use, ...fields }));
  expect(await burn({})).toBe(true);
  expect(await burn({})).toBe(true);
  expect(await burn({ eventId: 8 })).toBe(false);
  expect(await burn({ gateId: 'g2' })).toBe(false);
  expect(await burn({ runId: 'r2' })).toBe(false);
  expect(await burn({ user: 'bob' })).toBe(true);
  expect(await burn({ step: use.step + 1, eventId: 8 })).toBe(true);
});

test('the shipped policy is in force until somebody writes another', async () => {
  const { run } = await useStore();
  expect(await run(currentPolicy)).toEqual(shippedPolicy);
  await run((tx) => putPolicy(tx, { policy: { ...shippedPolicy, freeze: true }, by: 'alice', at }));
  await run((tx) => putPolicy(tx, { policy: { ...shippedPolicy, rules: [] }, by: 'alice', at }));
  expect(await run(currentPolicy)).toMatchObject({ rules: [], freeze: false });
});

test('users and keys: a name is taken once, the seed stays apart, revoked keys say so', async () => {
  const { run } = await useStore();
  const alice = { name: 'alice', kind: 'person', roles: ['approver'], totpSecret: 'S3CRET', at } as const;
  expect(await run((tx) => createUser(tx, alice))).toBe(true);
  expect(await run((tx) => createUser(tx, { ...alice, roles: ['admin'] }))).toBe(false);
  await run((tx) => putApiKey(tx, { id: 'k1', userName: 'alice', scope: 'full', secretHash: 'h', at }));
  expect(JSON.stringify(await run((tx) => getUser(tx, 'alice')))).not.toContain('S3CRET');
  expect(await run((tx) => totpSecretOf(tx, 'alice'))).toBe('S3CRET');
  expect(await run((tx) => getApiKey(tx, 'k1'))).toMatchObject({
    user: { name: 'alice', roles: ['approver'] },
  });
  await run(async (tx) => {
    await revokeApiKeysOf(tx, 'alice', at);
    await disableUser(tx, 'alice', at);
  });
  const key = await run((tx) => getApiKey(tx, 'k1'));
  expect(key?.revokedAt).toBe(at);
  expect(Date.parse(key?.user.disabledAt ?? '')).toBe(Date.parse(at));
});

describe('memory', () => {
  const learned = (fields: Partial<Case>): Case => ({
    ...{ title: 'Checkout fails', alertNames: ['HighErrorRate'], symptoms: [], outcome: 'mended', steps: [] },
    ...{ story: '' },
    ...fields,
  });

  test('cases are found by words in either language, alert, service and cause, the closest first', async () => {
    const test = await useStore();
    const put = async (fields: Partial<Case>): Promise<string> => {
      const incidentId = await anIncident(test);
      await test.run((tx) =>
        putCase(tx, { incidentId, case: learned(fields), openedAt: at, closedAt: later }),
      );
      return incidentId;
    };
    const disk = await put({ title: '数据库磁盘空间不足', alertNames: ['DiskFull'], service: 'db' });
    const image = await put({ cause: 'image.bad-reference', service: 'checkout', story: 'ImagePullBackOff' });
    const find = async (query: Partial<Parameters<typeof candidateCases>[1]>): Promise<string[]> =>
      (await test.run((tx) => candidateCases(tx, { tokens: [], limit: 5, ...query }))).map(
        (c) => c.incidentId,
      );
    expect(await find({ tokens: searchTerms('磁盘满了') })).toEqual([disk]);
    expect(await find({ tokens: searchTerms('image pull') })).toEqual([image]);
    expect(await find({ alertName: 'DiskFull' })).toEqual([disk]);
    expect(await find({ cause: 'image.bad-reference', tokens: searchTerms('磁盘') })).toEqual([image, disk]);
    expect(await find({ service: 'nobody' })).toEqual([]);
    await test.run((tx) =>
      putCase(tx, { incidentId: disk, case: learned({}), openedAt: at, closedAt: later }),
    );
    expect(await find({ alertName: 'DiskFull' })).toEqual([]);
  });

  test('runbooks are found by words and cause, and keep their counts when they are written again', async () => {
    const { run } = await useStore();
    const runbook = {
      id: 'r1',
      title: 'Image cannot be pulled',
      causes: ['image.bad-reference'],
      text: 'x',
    } as const;
    await run((tx) => putRunbook(tx, runbook));
    await run((tx) => countRunbookUse(tx, { id: 'r1', helped: true }));
    await run((tx) => putRunbook(tx, { ...runbook, text: '镜像拉取失败' }));
    const found = await run((tx) => candidateRunbooks(tx, { tokens: searchTerms('镜像'), limit: 5 }));
    expect(found).toMatchObject([{ id: 'r1', used: 1, helped: 1 }]);
    const byCause = { tokens: [], cause: 'image.bad-reference', limit: 5 } as const;
    expect(await run((tx) => candidateRunbooks(tx, byCause))).toHaveLength(1);
  });

  test('changes are found by time and place; one that names no place fits any', async () => {
    const { run } = await useStore();
    const change = { id: 'c1', at, kind: 'deploy', summary: 's', details: {} } as const;
    await run((tx) => putChange(tx, { change: { ...change, namespace: 'shop' }, cluster: 'range' }));
    await run((tx) => putChange(tx, { change: { ...change, id: 'c2', at: later } }));
    const span = { from: at, to: later };
    const ids = async (query: object): Promise<string[]> =>
      (await run((tx) => changesBetween(tx, { ...span, ...query }))).map((c) => c.id);
    expect(await ids({})).toEqual(['c2', 'c1']);
    expect(await ids({ namespace: 'other' })).toEqual(['c2']);
    expect(await ids({ cluster: 'range', namespace: 'shop' })).toEqual(['c2', 'c1']);
    expect(await ids({ to: at })).toEqual(['c1']);
  });
});
