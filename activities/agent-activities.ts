import { nextStep } from '#agents/next-step.ts';
import { type AgentDecision, type AgentTask, agentDecisionSchema, agentTasks } from '#domain/agent-turn.ts';
import { hashOf } from '#domain/hash.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Plan } from '#domain/plan.ts';
import { plansOf, putPlan } from '#store/plans.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { putTurn, turnOf } from '#store/turns.ts';
import { buildView, findingOfTurn } from './agent-view.ts';
import type { ReadDeps } from './deps.ts';
import type { AgentActivities, FindingBrief, TakeTurnInput, TurnAnswer } from './types.ts';

/** Rounds of questions that the reasoner may ask before it must say what it found. */
const roundCap = 5;

type Brief = (tx: Tx, input: TakeTurnInput) => Promise<FindingBrief>;

/** What the workflow is told of each kind of finding. */
const briefs: Readonly<Record<AgentTask, Brief>> = {
  triage: async (tx, input) => {
    const { severity, title, service, cluster, environment, isTest } = await findingOfTurn(
      tx,
      'triage',
      input,
    );
    return {
      task: 'triage',
      severity,
      title,
      cluster,
      environment,
      isTest,
      ...(service === undefined ? {} : { service }),
    };
  },
  observe: async (tx, input) => {
    const found = await findingOfTurn(tx, 'observe', input);
    return {
      task: 'observe',
      summary: `${found.moved.length} signals moved, ${found.calm.length} services calm`,
    };
  },
  recall: async (tx, input) => {
    const found = await findingOfTurn(tx, 'recall', input);
    return {
      task: 'recall',
      summary: `${found.cases.length} similar cases, ${found.runbooks.length} runbooks`,
    };
  },
  diagnose: async (tx, input) => {
    const { verdict, summary, hypotheses } = await findingOfTurn(tx, 'diagnose', input);
    const object = hypotheses[0]?.object;
    return { task: 'diagnose', verdict, belief: summary, ...(object === undefined ? {} : { object }) };
  },
  plan: async (tx, input) => {
    const plan = await findingOfTurn(tx, 'plan', input);
    const planNo = await recordPlan(tx, input, plan);
    const first = plan.steps[0];
    const title = first === undefined ? plan.why : `${first.action} ${formatObject(first.object)}`;
    return { task: 'plan', planNo, object: plan.object, title };
  },
  verify: async (tx, input) => {
    const { state, summary } = await findingOfTurn(tx, 'verify', input);
    return { task: 'verify', state, summary };
  },
  conclude: async (tx, input) => ({
    task: 'conclude',
    story: (await findingOfTurn(tx, 'conclude', input)).story,
  }),
  learn: async (tx, input) => ({ task: 'learn', summary: (await findingOfTurn(tx, 'learn', input)).title }),
};

/** Puts a plan on record under the next number; a repeated turn finds the number that it got. */
async function recordPlan(tx: Tx, input: TakeTurnInput, plan: Plan): Promise<number> {
  const plans = await plansOf(tx, input.incidentId);
  const same = plans.find((known) => known.turnSeq === input.turnSeq);
  if (same !== undefined) return same.planNo;
  const planNo = plans.length + 1;
  await putPlan(tx, { incidentId: input.incidentId, planNo, turnSeq: input.turnSeq, plan, at: input.asOf });
  return planNo;
}

async function answerOf(tx: Tx, input: TakeTurnInput, decision: AgentDecision): Promise<TurnAnswer> {
  if (decision.kind === 'tool-calls') return decision;
  if (decision.kind === 'hand-over') return decision;
  return { kind: 'finding', brief: await briefs[input.task](tx, input) };
}

export function createAgentActivities(deps: ReadDeps): AgentActivities {
  return {
    async takeTurn(input) {
      return inTenant(deps.store, input.tenant, async (tx) => {
        const before = await turnOf(tx, input.workflowId, input.turnSeq);
        if (before !== undefined) return answerOf(tx, input, agentDecisionSchema.parse(before.decision));
        const view = await buildView(tx, deps, input);
        const stored = await putTurn(tx, {
          incidentId: input.incidentId,
          workflowId: input.workflowId,
          turnSeq: input.turnSeq,
          agent: agentTasks[input.task],
          task: input.task,
          round: input.round,
          asOf: input.asOf,
          decision: nextStep(view, { roundCap }),
          reasoner: 'rules',
          viewHash: hashOf([input.evidenceIds, input.findings, input.asOf]),
        });
        return answerOf(tx, input, agentDecisionSchema.parse(stored));
      });
    },
  };
}
