import { actionNamed, actionNames } from '#domain/actions/catalogue.ts';
import type { AgentView, TriedStep } from '#domain/agent-turn.ts';
import type { Hypothesis, ProposedStep } from '#domain/diagnosis.ts';
import { canonicalJson } from '#domain/hash.ts';
import { formatObject, sameObject } from '#domain/object-ref.ts';
import type { Plan } from '#domain/plan.ts';
import type { HandOver, TaskRules } from '../define-agent.ts';

/** Below this nobody is asked to approve anything: a person looks first. */
const leastConfidence = 0.4;
const mostSteps = 10;

/** Why a step cannot be taken, or undefined where it can. */
function objectionTo(step: ProposedStep, view: AgentView): string | undefined {
  if (!actionNames.includes(step.action)) return `there is no action "${step.action}"`;
  const action = actionNamed(step.action);
  if (!action.kinds.includes(step.object.kind))
    return `${step.action} cannot be taken on a ${step.object.kind}`;
  if (!view.clusters.includes(step.object.cluster))
    return `cluster ${step.object.cluster} is not one of ours`;
  const args = action.arguments.safeParse(step.arguments);
  if (args.success) return undefined;
  const [issue] = args.error.issues;
  return `${step.action} has wrong arguments (${issue?.path.join('.')}: ${issue?.message})`;
}

function isSame(step: ProposedStep, tried: TriedStep): boolean {
  return (
    step.action === tried.action &&
    sameObject(step.object, tried.object) &&
    canonicalJson(step.arguments) === canonicalJson(tried.arguments)
  );
}

/** Outcomes after which the same step may be asked for again. */
const askAgain = new Set<TriedStep['result']['outcome']>(['expired', 'withdrawn']);

function triedInVain(step: ProposedStep, view: AgentView): boolean {
  return view.tried.some((tried) => isSame(step, tried) && !askAgain.has(tried.result.outcome));
}

/** The hypothesis that the steps are for: the best one about an object that they touch. */
function hypothesisFor(
  steps: readonly ProposedStep[],
  hypotheses: readonly Hypothesis[],
): Hypothesis | undefined {
  return (
    hypotheses.find(({ object }) => steps.some((step) => sameObject(step.object, object))) ?? hypotheses[0]
  );
}

function judge(view: AgentView): Plan | HandOver {
  const { diagnosis } = view.findings;
  if (diagnosis === undefined) return { handOver: 'there is no diagnosis to plan from' };
  if (diagnosis.verdict !== 'fault') return { handOver: `nothing is to be mended: ${diagnosis.summary}` };
  const steps = diagnosis.proposedFix.slice(0, mostSteps);
  const hypothesis = hypothesisFor(steps, diagnosis.hypotheses);
  if (hypothesis === undefined || steps.length === 0)
    return { handOver: `no safe step is known. ${diagnosis.summary}` };
  if (hypothesis.confidence < leastConfidence) {
    return {
      handOver: `the diagnosis is too unsure to act on (${Math.round(hypothesis.confidence * 100)} %). ${diagnosis.summary}`,
    };
  }
  const objection = steps.map((step) => objectionTo(step, view)).find((reason) => reason !== undefined);
  if (objection !== undefined)
    return { handOver: `the proposed step cannot be taken: ${objection}. ${diagnosis.summary}` };
  if (steps.every((step) => triedInVain(step, view))) {
    return {
      handOver: `what could be done was tried (${steps.map(({ action, object }) => `${action} ${formatObject(object)}`).join(', ')}). ${diagnosis.summary}`,
    };
  }
  return {
    cause: hypothesis.cause,
    object: hypothesis.object,
    ...(hypothesis.service === undefined ? {} : { service: hypothesis.service }),
    confidence: hypothesis.confidence,
    why: hypothesis.explanation,
    steps: steps.map(({ action, object, arguments: args, why, undo }, index) => ({
      stepNo: index + 1,
      action,
      object,
      arguments: args,
      why,
      undo,
    })),
  };
}

/** A plan from the catalogue of actions, or the reason why a person must go on. */
export const plan: TaskRules<'plan'> = { needs: () => [], judge };
