import { type AgentDecision, type AgentTask, type AgentView, findingSchemas } from '#domain/agent-turn.ts';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolCall } from '#domain/evidence.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import { callKey } from './ask.ts';
import { type Agent, isHandOver } from './define-agent.ts';
import { agentFor } from './registry.ts';

/** Most calls of one decision; what is left over is asked in the next round. */
const callCap = 64;

export type NextStepOptions = {
  /** Rounds of questions that may be asked; then the agent judges with what it has. */
  readonly roundCap: number;
  /** For tests; the registered agent of the task by default. */
  readonly agent?: Agent;
};

function contractOf(agent: Agent, call: ToolCall): ToolContract | undefined {
  return agent.tools.find((tool) => tool.server === call.server && tool.name === call.tool);
}

/** A call outside the agent's own contracts is a mistake in its rules, not a gap. */
function checkedCall(agent: Agent, call: ToolCall): ToolCall {
  const contract = contractOf(agent, call);
  if (contract === undefined) {
    throw new UnderstudyError('internal', `${agent.name} may not call ${call.server}/${call.tool}`);
  }
  const parsed = contract.input.safeParse(call.arguments);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UnderstudyError(
      'internal',
      `${agent.name} asked ${call.tool} with wrong arguments: ${issue?.path.join('.')} ${issue?.message}`,
    );
  }
  return call;
}

/** The agent's calls that have not been answered yet and that can be made here, each once. */
function openCalls(agent: Agent, view: AgentView): ToolCall[] {
  const known = new Set(view.evidence.map((item) => callKey(item.call, contractOf(agent, item.call))));
  const open: ToolCall[] = [];
  for (const call of agent.rulesFor(view.task).needs(view)) {
    const key = callKey(checkedCall(agent, call), contractOf(agent, call));
    if (known.has(key) || !view.tools.includes(call.tool)) continue;
    known.add(key);
    open.push(call);
  }
  return open;
}

function judged(agent: Agent, task: AgentTask, view: AgentView): AgentDecision {
  const answer = agent.rulesFor(task).judge(view);
  if (isHandOver(answer)) return { kind: 'hand-over', reason: answer.handOver };
  const finding = findingSchemas[task].safeParse(answer);
  if (finding.success) return { kind: 'finding', finding: finding.data };
  const [issue] = finding.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  return { kind: 'hand-over', reason: `the ${agent.name} agent's finding was not valid${where}` };
}

/**
 * What an agent does next, from nothing but the view: asks what it still needs, or judges. Pure, so that a replay gives the
 * same answer; the workflow and the in-process driver both go by it.
 *
 * A call counts as answered when there is evidence of it, a failed one included: that is a gap, and asking again in the
 * same look would not close it. A finding that does not fit its schema becomes a hand-over, never a finding.
 * Throws `internal` where an agent asks for what it may not.
 */
export function nextStep(view: AgentView, options: NextStepOptions): AgentDecision {
  const agent = options.agent ?? agentFor(view.task);
  if (view.round < options.roundCap) {
    const calls = openCalls(agent, view).slice(0, callCap);
    if (calls.length > 0) return { kind: 'tool-calls', calls };
  }
  return judged(agent, view.task, view);
}
