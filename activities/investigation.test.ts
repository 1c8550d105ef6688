import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AgentTask } from '#domain/agent-turn.ts';
import { workerProcessSchema } from '#domain/configuration.ts';
import { diagnosisSchema } from '#domain/diagnosis.ts';
import { type EvidenceReceipt, evidenceReceiptSchema } from '#domain/evidence.ts';
import { fromMs } from '#domain/time.ts';
import { eventsAfter } from '#store/events.ts';
import { evidenceByIds, toolCallsOf } from '#store/evidence.ts';
import { getIncident } from '#store/incidents.ts';
import { anIncident, type TestStore, useStore } from '#store/test-store.ts';
import { turnOf, turnsOf } from '#store/turns.ts';
import { createAgentActivities } from './agent-activities.ts';
import type { ReadDeps } from './deps.ts';
import { createIncidentActivities } from './incident-activities.ts';
import { createToolActivities } from './tool-activities.ts';
import { createReadTools } from './tool-servers.ts';
import type { CallToolInput, FindingBrief, TakeTurnInput, TurnRef } from './types.ts';

const asOf = '2026-11-21T10:01:00.000Z';
const tenant = 'default';
/** Nobody listens there. */
const down = 'http://127.0.0.1:9';

type Scene = {
  readonly db: TestStore;
  readonly deps: ReadDeps;
  readonly incidentId: string;
  readonly workflowId: string;
};

/** An incident, and a worker's hands whose Prometheus and Alertmanager are down; the knowledge server works. */
async function scene(): Promise<Scene> {
  const db = await useStore();
  const settings = workerProcessSchema.parse({
    ...{ tenant, stateFolder: '/nowhere', databaseUrl: db.databaseUrl, healthPort: 1, serverUrl: down },
    ...{ temporal: { address: '127.0.0.1:9', namespace: 'default' }, internalTokenFile: '/nowhere' },
    ...{ clusters: [], prometheusUrl: down, alertmanagerUrl: down, serviceCatalogue: {}, readOnly: false },
  });
  const tools = createReadTools({ settings, store: db.store });
  onTestFinished(() => tools.close());
  const incidentId = await anIncident(db);
  const { serviceCatalogue } = settings;
  const deps: ReadDeps = {
    ...{ store: db.store, log: pino({ level: 'silent' }), now: () => fromMs(Date.now()), tools },
    ...{ clusters: ['range'], serviceCatalogue },
  };
  return { db, deps, incidentId, workflowId: `incident/${incidentId}` };
}

function turn({ incidentId, workflowId }: Scene, fields: Partial<TakeTurnInput>): TakeTurnInput {
  return {
    ...{ tenant, incidentId, workflowId, turnSeq: 1, task: 'triage', round: 0, asOf },
    ...{ evidenceIds: [], findings: {}, results: [] },
    ...fields,
  };
}

async function callTool({ deps }: Scene, input: CallToolInput, attempt = 1): Promise<EvidenceReceipt> {
  const environment = new MockActivityEnvironment({ attempt });
  return evidenceReceiptSchema.parse(await environment.run(createToolActivities(deps).callTool, input));
}

function callOf({ incidentId, workflowId }: Scene, fields: Partial<CallToolInput> = {}): CallToolInput {
  const call = { server: 'knowledge', tool: 'similar_cases', arguments: {}, why: 'to learn' };
  return { ...{ tenant, incidentId, workflowId, callSeq: 1, asOf, call }, ...fields };
}

function recordsOf({ deps }: Scene, readOnly = false) {
  return createIncidentActivities({ ...deps, readOnly });
}

const alertsCall = { server: 'alertmanager', tool: 'alerts_active', arguments: {}, why: 'what fires' };

describe('a turn', () => {
  test('is on record once: the same turn again is the same decision, whatever the world is like now', async () => {
    const here = await scene();
    const { takeTurn } = createAgentActivities(here.deps);
    const first = await takeTurn(turn(here, {}));
    expect(first).toMatchObject({ kind: 'finding', brief: { task: 'triage', isTest: false } });
    const again = await takeTurn(turn(here, { asOf: '2026-11-21T11:00:00.000Z' }));
    expect(again).toEqual(first);
    const [stored, ...more] = await here.db.run((tx) => turnsOf(tx, here.incidentId));
    expect(stored).toMatchObject({ agent: 'master', task: 'triage', asOf });
    expect(more).toEqual([]);
    const events = await here.db.run((tx) => eventsAfter(tx, { seq: 0, limit: 100 }));
    expect(events.filter(({ type }) => type === 'turn.taken')).toHaveLength(1);
  });

  test('of no incident, and a finding that is none, are errors', async () => {
    const here = await scene();
    const { takeTurn } = createAgentActivities(here.deps);
    const take = (input: TakeTurnInput) => new MockActivityEnvironment().run(takeTurn, input);
    const other = { ...here, incidentId: randomUUID() };
    await expect(take(turn(other, {}))).rejects.toMatchObject({ code: 'not-found' });
    const findings = { triage: { workflowId: here.workflowId, turnSeq: 77 } };
    await expect(take(turn(here, { task: 'diagnose', findings }))).rejects.toThrow('turn 77 of incident/');
  });
});

describe('a tool call', () => {
  test('is made once, and its evidence is kept', async () => {
    const here = await scene();
    const call = { server: 'knowledge', tool: 'runbooks_search', arguments: { query: 'x' }, why: 'w' };
    const known = (await here.deps.tools.tools()).filter((name) => name.includes('runbook'));
    const input = callOf(here, { call: { ...call, tool: known[0] ?? call.tool } });
    const receipt = await callTool(here, input);
    expect(await callTool(here, input)).toEqual(receipt);
    const calls = await here.db.run((tx) => toolCallsOf(tx, here.incidentId));
    expect(calls).toMatchObject([{ evidenceId: receipt.id, why: 'w' }]);
  });

  test('that cannot reach its back end is tried again; after that it is evidence of a gap', async () => {
    const here = await scene();
    const input = callOf(here, { call: alertsCall });
    await expect(callTool(here, input)).rejects.toMatchObject({ type: 'ToolUnavailable' });
    const receipt = await callTool(here, input, 2);
    expect(receipt).toMatchObject({ failed: true, gaps: [expect.stringContaining('alertmanager:')] });
    const [evidence] = await here.db.run((tx) => evidenceByIds(tx, [receipt.id]));
    expect(evidence).toMatchObject({ output: null, error: { code: 'unavailable' } });
  });

  test('of a tool that there is not is a gap at once', async () => {
    const here = await scene();
    const call = { ...alertsCall, tool: 'no_such_tool' };
    expect(await callTool(here, callOf(here, { call }))).toMatchObject({ failed: true });
  });
});

/** One agent's task from the first turn to the finding, as the workflow drives it. */
async function runTask(
  here: Scene,
  desk: { turnSeq: number; callSeq: number; evidenceIds: string[]; findings: Record<string, TurnRef> },
  task: AgentTask,
): Promise<FindingBrief> {
  for (let round = 0; round < 10; round += 1) {
    desk.turnSeq += 1;
    const ref = { workflowId: here.workflowId, turnSeq: desk.turnSeq };
    const { evidenceIds, findings } = desk;
    const input = turn(here, { ...ref, task, round, evidenceIds, findings });
    const answer = await createAgentActivities(here.deps).takeTurn(input);
    if (answer.kind === 'hand-over') throw new Error(answer.reason);
    if (answer.kind === 'finding') {
      desk.findings[task] = ref;
      return answer.brief;
    }
    for (const call of answer.calls) {
      desk.callSeq += 1;
      const receipt = await callTool(here, callOf(here, { call, callSeq: desk.callSeq }), 2);
      desk.evidenceIds.push(receipt.id);
    }
  }
  throw new Error('the agent asked without end');
}

test('where nothing can be looked at, the diagnosis is not "healthy" and says what it could not see', async () => {
  const here = await scene();
  const desk = { turnSeq: 0, callSeq: 0, evidenceIds: [], findings: {} as Record<string, TurnRef> };
  for (const task of ['triage', 'observe', 'recall'] as const) await runTask(here, desk, task);
  expect(await runTask(here, desk, 'diagnose')).toMatchObject({ task: 'diagnose', verdict: 'unknown' });
  const stored = await here.db.run((tx) => turnOf(tx, here.workflowId, desk.turnSeq));
  const decision = stored?.decision;
  const diagnosis = diagnosisSchema.parse(decision?.kind === 'finding' ? decision.finding : undefined);
  expect(diagnosis.gaps.join('\n')).toContain('Prometheus at 127.0.0.1:9 could not be reached');
  expect(diagnosis.proposedFix).toEqual([]);
});

describe('the incident’s record', () => {
  test('follows the workflow, answers with the pace, and tells of news that it did not know', async () => {
    const here = await scene();
    const { db, incidentId } = here;
    const activities = recordsOf(here);
    const ids = { tenant, incidentId };
    await activities.setPhase({ ...ids, phase: 'diagnose', belief: 'checkout is out of memory' });
    const pace = await activities.updateIncident({ ...ids, severity: 'sev1', environment: 'practice' });
    expect(pace.lookAgainMs).toBeGreaterThan(0);
    expect(await db.run((tx) => getIncident(tx, incidentId))).toMatchObject({
      ...{ phase: 'diagnose', belief: 'checkout is out of memory', severity: 'sev1' },
    });
    const closing = { ...ids, outcome: 'mended' as const };
    expect(await activities.closeIncident({ ...closing, expectedDeliveryCount: 7 })).toBe(false);
    expect(await activities.closeIncident({ ...closing, expectedDeliveryCount: 1 })).toBe(true);
  });

  test('holds signals that nobody knows, also for an incident that there is not', async () => {
    const here = await scene();
    const activities = recordsOf(here);
    const signal = { tenant, name: 'open-sesame', detail: '{"door":1}' };
    await activities.recordUnknownSignal({ ...signal, incidentId: here.incidentId });
    await activities.recordUnknownSignal({ ...signal, incidentId: randomUUID() });
    const events = await here.db.run((tx) => eventsAfter(tx, { seq: 0, limit: 100 }));
    expect(events.filter(({ type }) => type === 'signal.unknown')).toHaveLength(1);
    const audit = await here.db.asOwner(`SELECT outcome FROM audit WHERE action = 'signal.unknown'`);
    expect(audit).toEqual([{ outcome: 'ignored' }, { outcome: 'ignored' }]);
  });

  test('who took over is kept; a step may be proposed while it is open, unless nobody here may act', async () => {
    const here = await scene();
    const activities = recordsOf(here);
    const ids = { tenant, incidentId: here.incidentId };
    await activities.takeOver({ ...ids, user: 'alice' });
    await activities.takeOver({ ...ids, user: 'bob' });
    expect(await here.db.run((tx) => getIncident(tx, here.incidentId))).toMatchObject({
      takenOverBy: 'alice',
    });
    const object = { cluster: 'range', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
    expect(await activities.remediationOutlook({ ...ids, object })).toEqual({ may: true });
    const readOnly = recordsOf(here, true);
    expect(await readOnly.remediationOutlook({ ...ids, object })).toEqual({ may: false, why: 'read-only' });
    await activities.closeIncident({ ...ids, outcome: 'resolved', expectedDeliveryCount: 1 });
    expect(await activities.remediationOutlook({ ...ids, object })).toEqual({ may: false, why: 'closed' });
  });

  test('becomes a case only from a finding', async () => {
    const here = await scene();
    const activities = recordsOf(here);
    const ids = { tenant, incidentId: here.incidentId };
    const nothing = { workflowId: here.workflowId, turnSeq: 9 };
    await expect(activities.recordCase({ ...ids, turn: nothing })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(
      activities.recordCase({ tenant, incidentId: randomUUID(), turn: nothing }),
    ).rejects.toMatchObject({ code: 'not-found' });
  });
});
