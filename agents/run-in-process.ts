import type { AgentDecision, AgentView } from '#domain/agent-turn.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import { type NextStepOptions, nextStep } from './next-step.ts';

/** Makes one call. It does not reject: a call that failed is evidence with an `error`. */
export type CallTool = (call: ToolCall) => Promise<Evidence>;

export type TaskRun = {
  readonly decision: Exclude<AgentDecision, { kind: 'tool-calls' }>;
  /** All that is known now: what the view held and what was asked. */
  readonly evidence: readonly Evidence[];
  readonly rounds: number;
};

/**
 * Runs one task of one agent to its end in this process: the driver of `understudy diagnose` and of tests. Durable runs go
 * through the workflow, with the same `nextStep`.
 */
export async function runTask(
  view: Omit<AgentView, 'round'>,
  callTool: CallTool,
  options: NextStepOptions,
): Promise<TaskRun> {
  let evidence = view.evidence;
  for (let round = 0; ; round += 1) {
    const decision = nextStep({ ...view, round, evidence }, options);
    if (decision.kind !== 'tool-calls') return { decision, evidence, rounds: round };
    evidence = [...evidence, ...(await Promise.all(decision.calls.map(callTool)))];
  }
}
