import { activityInfo } from '@temporalio/activity';
import { nextStep } from '#agents/next-step.ts';
import { type AgentDecision, type AgentTask, agentDecisionSchema, agentTasks } from '#domain/agent-turn.ts';
import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import { hashOf } from '#domain/hash.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { Plan } from '#domain/plan.ts';
import { plansOf, putPlan } from '#store/plans.ts';
import { inTenant, type Tx } from '#store/pool.ts';
import { putTurn, type Turn, turnOf } from '#store/turns.ts';
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

const passing: readonly string[] = ['unavailable', 'timeout'];
/** Thinking has no luck: what fails so often, and not because something is away, will fail for ever. */
const triesOfTurn = 3;

function isForGood(error: unknown): boolean {
  const ofDatabase = error instanceof UnderstudyError && 'sqlState' in error.details;
  return !ofDatabase && !passing.includes(errorCodeOf(error)) && activityInfo().attempt >= triesOfTurn;
}

async function think(deps: ReadDeps, tx: Tx, input: TakeTurnInput): Promise<TurnAnswer> {
  const before = await turnOf(tx, input.workflowId, input.turnSeq);
  if (before !== undefined) return answerOf(tx, input, agentDecisionSchema.parse(before.decision));
  const view = await buildView(tx, deps, input);
  const stored = await putTurn(tx, turnWith(input, nextStep(view, { roundCap })));
  return answerOf(tx, input, agentDecisionSchema.parse(stored));
}

function turnWith(input: TakeTurnInput, decision: AgentDecision): Turn {
  const { incidentId, workflowId, turnSeq, task, round, asOf } = input;
  return {
    ...{ incidentId, workflowId, turnSeq, agent: agentTasks[task], task, round, asOf, decision },
    ...{ reasoner: 'rules', viewHash: hashOf([input.evidenceIds, input.findings, asOf]) },
  };
}

export function createAgentActivities(deps: ReadDeps): AgentActivities {
  const { store, log } = deps;
  return {
    /** Where the store is away a turn is tried until it is back. An agent that fails again and again hands over. */
    async takeTurn(input) {
      try {
        return await inTenant(store, input.tenant, (tx) => think(deps, tx, input));
      } catch (error) {
        if (!isForGood(error)) throw error;
        const { incidentId, task } = input;
        log.error({ err: error, incidentId, task }, 'an agent failed; the incident is handed over');
        const reason = `the ${agentTasks[task]} agent failed: ${messageOf(error)}`.slice(0, 500);
        const decision: AgentDecision = { kind: 'hand-over', reason };
        await inTenant(store, input.tenant, (tx) => putTurn(tx, turnWith(input, decision)));
        return decision;
      }
    },
  };
}
