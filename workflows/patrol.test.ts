import { describe, expect, it } from 'vitest';
import type { PatrolFinding, PatrolLook } from '#activities/types.ts';
import { taskQueues } from '#domain/task-queues.ts';
import { type Bench, withWorkflows } from '#test/workflows/run-workflows.ts';
import { inputsOf, scriptedActivities, timesCalled } from '#test/workflows/scripted-activities.ts';
import { workflowTypes } from './contracts.ts';

function patrolOnce(bench: Bench): Promise<unknown> {
  return bench.client.workflow.execute(workflowTypes.patrol, {
    workflowId: `patrol/${bench.incidentId}`,
    taskQueue: taskQueues.main,
    args: [{ tenant: 'default', name: 'health' }],
  });
}

const object = { cluster: 'c1', kind: 'Deployment', namespace: 'shop', name: 'checkout' };
const ill: PatrolFinding = {
  key: 'a|x',
  kind: 'fault',
  object,
  cause: 'x',
  message: 'checkout is ill',
  isCertain: false,
  isFelt: true,
  isNews: true,
};
const whole = (clusters: string[]) => ({ fault: clusters, signal: clusters, forecast: clusters });

describe('patrolWorkflow', () => {
  it('tells what has ended also where all is well', async () => {
    const look: PatrolLook = { findings: [], seenWhole: whole(['c1']), gaps: [] };
    const { calls, activities } = scriptedActivities({
      lookAround: async () => look,
      reportEnds: async () => 1,
    });
    await withWorkflows(activities, async (bench) => {
      expect(await patrolOnce(bench)).toEqual({ seen: 0, opened: 0, ended: 1 });
    });
    expect(inputsOf(calls, 'reportEnds')).toEqual([expect.objectContaining({ look })]);
    expect(timesCalled(calls, 'reportFindings')).toBe(0);
  });

  it('opens nothing for an old wound, and knows that it is no end of one', async () => {
    const look: PatrolLook = { findings: [{ ...ill, isNews: false }], seenWhole: whole(['c1']), gaps: [] };
    const { calls, activities } = scriptedActivities({ lookAround: async () => look });
    await withWorkflows(activities, async (bench) => {
      expect(await patrolOnce(bench)).toEqual({ seen: 0, opened: 0, ended: 0 });
    });
    expect(inputsOf(calls, 'reportEnds')).toEqual([expect.objectContaining({ look })]);
    expect(timesCalled(calls, 'reportFindings')).toBe(0);
  });

  it('does not take an outage at the second look for a recovery, and says what it could not see', async () => {
    const blind: PatrolLook = { findings: [], seenWhole: whole([]), gaps: ['c1: the API server is away'] };
    const looks: PatrolLook[] = [
      { findings: [ill], seenWhole: whole(['c1']), gaps: [] },
      blind,
      { findings: [ill], seenWhole: whole(['c1']), gaps: [] },
    ];
    const { calls, activities } = scriptedActivities({
      lookAround: async () => looks.shift() ?? blind,
      reportFindings: async () => 1,
    });
    await withWorkflows(activities, async (bench) => {
      expect(await patrolOnce(bench)).toEqual({ seen: 1, opened: 1, ended: 0 });
    });
    expect(inputsOf(calls, 'reportFindings')).toEqual([expect.objectContaining({ findings: [ill] })]);
  });

  it('opens what is certain at the first look, and waits for the second with the rest', async () => {
    const other = { ...ill, key: 'b|y', object: { ...object, name: 'basket' } };
    const first: PatrolLook = {
      findings: [{ ...ill, isCertain: true }, other],
      seenWhole: whole(['c1']),
      gaps: [],
    };
    const looks = [first, { ...first, findings: [other] }];
    const { calls, activities } = scriptedActivities({
      lookAround: async () => looks.shift() ?? first,
      reportFindings: async ({ findings }) => findings.length,
    });
    await withWorkflows(activities, async (bench) => {
      expect(await patrolOnce(bench)).toEqual({ seen: 2, opened: 2, ended: 0 });
    });
    expect(inputsOf(calls, 'reportFindings').map(({ findings }) => findings.map(({ key }) => key))).toEqual([
      ['a|x'],
      ['b|y'],
    ]);
    expect(calls.findIndex(({ name }) => name === 'reportFindings')).toBeLessThan(
      calls.findLastIndex(({ name }) => name === 'lookAround'),
    );
  });

  it('looks once where all that is new is certain', async () => {
    const look: PatrolLook = { findings: [{ ...ill, isCertain: true }], seenWhole: whole(['c1']), gaps: [] };
    const { calls, activities } = scriptedActivities({
      lookAround: async () => look,
      reportFindings: async () => 1,
    });
    await withWorkflows(activities, async (bench) => {
      expect(await patrolOnce(bench)).toEqual({ seen: 1, opened: 1, ended: 0 });
    });
    expect(timesCalled(calls, 'lookAround')).toBe(1);
  });
});
