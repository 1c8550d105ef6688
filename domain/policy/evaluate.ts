import type { RiskClass } from '../risk.ts';
import {
  durationsIn,
  type Policy,
  type PolicyDurations,
  type PolicyRule,
  policyVersionOf,
  type Requirement,
  type Role,
} from './policy.ts';

export type PolicyQuestion = {
  readonly environment: string;
  readonly riskClass: RiskClass;
  /** shadow forbids every write; propose never allows `auto`. */
  readonly mode: 'shadow' | 'propose' | 'act';
  /** The kill switch. */
  readonly writesStopped: boolean;
};

/** What a gate asks for. */
export type GateNeeds = {
  readonly approvals: number;
  readonly roles: readonly Role[];
  /** Names that may not decide: whoever asked for the step. */
  readonly distinctFrom: readonly string[];
};

export type PolicyAnswer = {
  readonly requirement: Requirement;
  readonly roles: readonly Role[];
  /** The rule that decided, by name. */
  readonly rule: string;
  readonly policyVersion: string;
  readonly durations: PolicyDurations;
};

function ruleFor(policy: Policy, question: PolicyQuestion): PolicyRule | undefined {
  const fitting = policy.rules.filter((rule) => rule.riskClass === question.riskClass);
  return (
    fitting.find((rule) => rule.environment === question.environment) ??
    fitting.find((rule) => rule.environment === '*')
  );
}

/** `auto` becomes `one` where the mode does not let the stand-in act by itself. */
function withinMode(requirement: Requirement, question: PolicyQuestion): Requirement {
  const actsAlone = question.mode === 'act' || question.riskClass === 'observe';
  return requirement === 'auto' && !actsAlone ? 'one' : requirement;
}

/**
 * What the policy says of a step. Total and deterministic: what no rule speaks of needs two people; a freeze, a stop or
 * shadow mode forbid every write.
 */
export function evaluatePolicy(policy: Policy, question: PolicyQuestion): PolicyAnswer {
  const policyVersion = policyVersionOf(policy);
  const durations = durationsIn(policy, question.environment);
  const answer = (requirement: Requirement, roles: readonly Role[], rule: string): PolicyAnswer => ({
    requirement,
    roles,
    rule,
    policyVersion,
    durations,
  });
  if (question.riskClass !== 'observe') {
    if (question.writesStopped) return answer('forbidden', [], 'stop-all');
    if (policy.freeze) return answer('forbidden', [], 'freeze');
    if (question.mode === 'shadow') return answer('forbidden', [], 'shadow');
  }
  const rule = ruleFor(policy, question);
  if (rule === undefined) return answer('two', ['approver', 'admin'], 'no rule: two people');
  return answer(withinMode(rule.requirement, question), rule.roles, rule.name);
}

const approvalsByRequirement = { auto: 0, one: 1, two: 2 } as const;

/** What a gate asks for, or undefined where the step is forbidden and there is nothing to ask. */
export function needsOf(answer: PolicyAnswer, distinctFrom: readonly string[] = []): GateNeeds | undefined {
  if (answer.requirement === 'forbidden') return undefined;
  return { approvals: approvalsByRequirement[answer.requirement], roles: answer.roles, distinctFrom };
}
