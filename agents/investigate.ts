import {
  type AgentTask,
  type AgentView,
  type FindingOf,
  findingSchemas,
  type Triage,
} from '#domain/agent-turn.ts';
import type { Diagnosis } from '#domain/diagnosis.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Evidence } from '#domain/evidence.ts';
import type { Plan } from '#domain/plan.ts';
import { unmappedEnvironment } from '#domain/service-catalogue.ts';
import { type CallTool, runTask } from './run-in-process.ts';

export type Investigation = {
  /** With the plan's steps as the proposed fix: what the automation agent would ask to have approved. */
  readonly diagnosis: Diagnosis;
  readonly plan: Plan | undefined;
  /** Why there is no plan. */
  readonly handOver: string | undefined;
  readonly view: AgentView;
};

const roundCap = 6;

async function finding<Task extends AgentTask>(
  task: Task,
  view: AgentView,
  callTool: CallTool,
): Promise<{ value: FindingOf<Task>; evidence: readonly Evidence[] }> {
  const run = await runTask({ ...view, task }, callTool, { roundCap });
  if (run.decision.kind !== 'finding') {
    throw new UnderstudyError('not-supported', `${task}: ${run.decision.reason}`);
  }
  return {
    value: findingSchemas[task].parse(run.decision.finding) as FindingOf<Task>,
    evidence: run.evidence,
  };
}

/** What is at stake where no alert says so: all that is under investigation, from the moment it was opened for. */
function withoutAlert(view: AgentView): Triage {
  const [cluster = 'unknown'] = view.clusters;
  const namespaces = view.scope?.namespaces ?? [];
  const [namespace] = namespaces;
  return {
    severity: 'sev3',
    title: view.incident.title,
    cluster,
    environment: view.incident.environment ?? unmappedEnvironment,
    ...(namespace === undefined || namespaces.length > 1 ? {} : { namespace }),
    isTest: false,
    why: 'no alert tells what it is about: everything that is under investigation is looked at',
  };
}

/** The steps that the plan would take; none where a person must go on. */
function withPlan(diagnosis: Diagnosis, plan: Plan | undefined): Diagnosis {
  const proposedFix = (plan?.steps ?? []).map(({ stepNo: _number, ...step }) => step);
  return { ...diagnosis, proposedFix };
}

/**
 * An incident from its alert to the plan in this process, the way the workflow goes it: triage, observe, diagnose, plan.
 * Without an alert a triage that is given or the view's `scope` says what is looked at. Throws `not-supported` where an agent hands over before there
 * is a diagnosis.
 */
export async function investigate(
  start: Omit<AgentView, 'task'>,
  callTool: CallTool,
): Promise<Investigation> {
  const begun: AgentView = { ...start, task: 'triage' };
  const triage =
    begun.alerts.length === 0
      ? (begun.findings.triage ?? withoutAlert(begun))
      : (await finding('triage', begun, callTool)).value;
  const seen: AgentView = { ...begun, findings: { triage } };
  const observation = await finding('observe', seen, callTool);
  const observed: AgentView = {
    ...seen,
    evidence: observation.evidence,
    findings: { triage, observation: observation.value },
  };
  const found = await finding('diagnose', observed, callTool);
  const view: AgentView = {
    ...observed,
    evidence: found.evidence,
    findings: { ...observed.findings, diagnosis: found.value },
  };
  const { decision } = await runTask({ ...view, task: 'plan' }, callTool, { roundCap });
  const plan = decision.kind === 'finding' ? findingSchemas.plan.parse(decision.finding) : undefined;
  return {
    diagnosis: withPlan(found.value, plan),
    plan,
    handOver: decision.kind === 'hand-over' ? decision.reason : undefined,
    view,
  };
}
