import type { AgentTask, AgentView, FindingOf } from '#domain/agent-turn.ts';
import { findingSchemas } from '#domain/agent-turn.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import type { Plan } from '#domain/plan.ts';
import { runTask } from '../run-in-process.ts';
import { toolsOf, viewOf, type World } from './world.ts';

export type Investigation = {
  readonly diagnosis: Diagnosis;
  readonly plan: Plan | undefined;
  readonly handOver: string | undefined;
  readonly view: AgentView;
};

async function finding<Task extends AgentTask>(
  task: Task,
  view: AgentView,
  world: World,
): Promise<{ value: FindingOf<Task>; evidence: AgentView['evidence'] }> {
  const run = await runTask({ ...view, task }, toolsOf(world, view.asOf), { roundCap: 6 });
  if (run.decision.kind !== 'finding') throw new Error(`${task}: ${run.decision.reason}`);
  return {
    value: findingSchemas[task].parse(run.decision.finding) as FindingOf<Task>,
    evidence: run.evidence,
  };
}

/** An incident from its alert to the plan, the way the workflow goes it. */
export async function investigate(
  world: World,
  asOf: string,
  more: Partial<AgentView> = {},
): Promise<Investigation> {
  const start = viewOf(world, 'triage', asOf, more);
  const triage = await finding('triage', start, world);
  const seen: AgentView = { ...start, findings: { triage: triage.value } };
  const observation = await finding('observe', seen, world);
  const observed: AgentView = {
    ...seen,
    evidence: observation.evidence,
    findings: { ...seen.findings, observation: observation.value },
  };
  const diagnosis = await finding('diagnose', observed, world);
  const view: AgentView = {
    ...observed,
    evidence: diagnosis.evidence,
    findings: { ...observed.findings, diagnosis: diagnosis.value },
  };
  const planning = await runTask({ ...view, task: 'plan' }, toolsOf(world, asOf), { roundCap: 6 });
  const { decision } = planning;
  return {
    diagnosis: diagnosis.value,
    plan: decision.kind === 'finding' ? findingSchemas.plan.parse(decision.finding) : undefined,
    handOver: decision.kind === 'hand-over' ? decision.reason : undefined,
    view,
  };
}
