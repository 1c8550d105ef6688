import { alertsOfIncident } from '#agents/subject.ts';
import type { AgentTask, AgentView, Findings, TriedStep } from '#domain/agent-turn.ts';
import { agentDecisionSchema, findingSchemas } from '#domain/agent-turn.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { Plan } from '#domain/plan.ts';
import { alertsOf } from '#store/deliveries.ts';
import { evidenceByIds } from '#store/evidence.ts';
import { getIncident } from '#store/incidents.ts';
import { getPlan, plansOf } from '#store/plans.ts';
import type { Tx } from '#store/pool.ts';
import { turnOf } from '#store/turns.ts';
import type { ReadDeps } from './deps.ts';
import type { TakeTurnInput, TurnRef } from './types.ts';

/** The finding that a turn ended with; an error where the turn is not there or was not a finding. */
export async function findingOfTurn<Task extends AgentTask>(
  tx: Tx,
  task: Task,
  ref: TurnRef,
): Promise<ReturnType<(typeof findingSchemas)[Task]['parse']>> {
  const turn = await turnOf(tx, ref.workflowId, ref.turnSeq);
  const decision = turn === undefined ? undefined : agentDecisionSchema.parse(turn.decision);
  if (decision?.kind !== 'finding') {
    throw new UnderstudyError(
      'not-found',
      `turn ${ref.turnSeq} of ${ref.workflowId} holds no finding of ${task}`,
    );
  }
  return findingSchemas[task].parse(decision.finding) as ReturnType<(typeof findingSchemas)[Task]['parse']>;
}

/** The plan that a turn is about: the one on record that it names, or else the one that was just made. */
async function planOf(tx: Tx, { incidentId, planNo, findings }: TakeTurnInput): Promise<Plan | undefined> {
  if (planNo !== undefined) return getPlan(tx, incidentId, planNo);
  return findings.plan === undefined ? undefined : findingOfTurn(tx, 'plan', findings.plan);
}

async function findingsOf(tx: Tx, input: TakeTurnInput): Promise<Findings> {
  const { triage, observe, recall, diagnose } = input.findings;
  const plan = await planOf(tx, input);
  return {
    ...(triage === undefined ? {} : { triage: await findingOfTurn(tx, 'triage', triage) }),
    ...(observe === undefined ? {} : { observation: await findingOfTurn(tx, 'observe', observe) }),
    ...(recall === undefined ? {} : { recall: await findingOfTurn(tx, 'recall', recall) }),
    ...(diagnose === undefined ? {} : { diagnosis: await findingOfTurn(tx, 'diagnose', diagnose) }),
    ...(plan === undefined ? {} : { plan }),
  };
}

async function triedSteps(tx: Tx, input: TakeTurnInput): Promise<TriedStep[]> {
  if (input.results.length === 0) return [];
  const plans = await plansOf(tx, input.incidentId);
  return input.results.flatMap((result) => {
    const plan = plans.find((candidate) => candidate.planNo === result.planNo)?.plan;
    return (plan?.steps ?? []).map((step) => ({
      planNo: result.planNo,
      cause: plan?.cause ?? ('application.other' as const),
      object: step.object,
      action: step.action,
      arguments: step.arguments,
      result,
    }));
  });
}

/** Everything that the agent may see in this turn, read in one transaction. */
export async function buildView(tx: Tx, deps: ReadDeps, input: TakeTurnInput): Promise<AgentView> {
  const incident = await getIncident(tx, input.incidentId);
  if (incident === undefined)
    throw new UnderstudyError('not-found', `there is no incident ${input.incidentId}`);
  const { id, source, groupKey, severity, title, openedAt, deliveryCount, service, cluster, environment } =
    incident;
  const outcome = input.outcome ?? incident.outcome;
  return {
    task: input.task,
    round: input.round,
    asOf: input.asOf,
    incident: {
      ...{ id, source, groupKey, severity, title, openedAt, deliveryCount, environment },
      ...(service === undefined ? {} : { service }),
      ...(cluster === undefined ? {} : { cluster }),
      ...(outcome === undefined ? {} : { outcome }),
    },
    alerts: alertsOfIncident(await alertsOf(tx, input.incidentId), openedAt),
    services: deps.serviceCatalogue.services,
    clusters: deps.clusters,
    tools: await deps.tools.tools(),
    evidence: await evidenceByIds(tx, input.evidenceIds),
    findings: await findingsOf(tx, input),
    tried: await triedSteps(tx, input),
    ...(input.actedAt === undefined ? {} : { actedAt: input.actedAt }),
  };
}
