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

type Read = { readonly input: unknown; readonly output: unknown };

/** Evidence never changes, and it is looked at in every round: it is read once. `null`: it has not the contract's form. */
const readings = new WeakMap<Evidence, Read | null>();

function readingOf(evidence: Evidence, contract: ToolContract): Read | null {
  const known = readings.get(evidence);
  if (known !== undefined) return known;
  const input = contract.input.safeParse(evidence.call.arguments);
  const output = contract.output.safeParse(evidence.output);
  const read = input.success && output.success ? { input: input.data, output: output.data } : null;
  readings.set(evidence, read);
  return read;
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
    const read = readingOf(evidence, contract);
    if (read === null) return [];
    // The contract has parsed them: what comes out has its types.
    const input = read.input as z.output<Input>;
    const output = read.output as z.output<Output>;
    return [{ evidenceId: evidence.id, input, output, gaps: evidence.gaps }];
  });
}

/** True where the tool was asked, whatever came of it. */
export function wasAsked(view: Seen, contract: Pick<ToolContract, 'server' | 'name'>): boolean {
  return view.evidence.some((evidence) => isOf(evidence.call, contract));
}

function gapsOfEvidence(evidence: Evidence, contract: ToolContract): string[] {
  const name = evidence.call.tool;
  if (evidence.error !== undefined) return [`${name}: ${evidence.error.message}`];
  if (readingOf(evidence, contract) === null) {
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
