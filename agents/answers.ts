import type { z } from 'zod';
import type { AgentView } from '#domain/agent-turn.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';

/** What a tool answered to a question, typed by its contract. */
export type Answer<Input extends z.ZodType, Output extends z.ZodType> = {
  readonly evidenceId: string;
  readonly input: z.output<Input>;
  readonly output: z.output<Output>;
  readonly gaps: readonly string[];
};

type Seen = Pick<AgentView, 'evidence'>;

function isOf(call: ToolCall, contract: Pick<ToolContract, 'server' | 'name'>): boolean {
  return call.server === contract.server && call.tool === contract.name;
}

/**
 * Everything that a tool has answered so far, oldest first. Failed calls and answers that do not have the contract's form
 * are left out: `gapsIn` tells of them.
 */
export function answersOf<Input extends z.ZodType, Output extends z.ZodType>(
  view: Seen,
  contract: ToolContract<Input, Output>,
): Answer<Input, Output>[] {
  return view.evidence.flatMap((evidence) => {
    if (!isOf(evidence.call, contract) || evidence.error !== undefined) return [];
    const input = contract.input.safeParse(evidence.call.arguments);
    const output = contract.output.safeParse(evidence.output);
    if (!input.success || !output.success) return [];
    return [{ evidenceId: evidence.id, input: input.data, output: output.data, gaps: evidence.gaps }];
  });
}

/** True where the tool was asked, whatever came of it. */
export function wasAsked(view: Seen, contract: Pick<ToolContract, 'server' | 'name'>): boolean {
  return view.evidence.some((evidence) => isOf(evidence.call, contract));
}

function gapsOfEvidence(evidence: Evidence, contract: ToolContract): string[] {
  const name = evidence.call.tool;
  if (evidence.error !== undefined) return [`${name}: ${evidence.error.message}`];
  if (!contract.output.safeParse(evidence.output).success) {
    return [`${name}: the answer did not have the expected form`];
  }
  const cut = evidence.truncated ? [`${name}: only a part of the answer could be kept`] : [];
  return [...evidence.gaps.map((gap) => `${name}: ${gap}`), ...cut];
}

/** What could not be looked at, in words: failed calls, unreadable answers, cut pages, tools that are not there. */
export function gapsIn(
  view: Pick<AgentView, 'evidence' | 'tools'>,
  contracts: readonly ToolContract[],
): string[] {
  const missing = contracts
    .filter((contract) => !view.tools.includes(contract.name))
    .map((contract) => `${contract.name}: no such tool is connected`);
  // What another agent could not look at is its own to tell.
  const failed = view.evidence.flatMap((evidence) => {
    const contract = contracts.find((candidate) => isOf(evidence.call, candidate));
    return contract === undefined ? [] : gapsOfEvidence(evidence, contract);
  });
  return [...new Set([...missing, ...failed])];
}
