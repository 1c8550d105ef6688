import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { canonicalJson } from '#domain/hash.ts';
import type { ToolContract, ToolInput } from '#domain/tools/define-tool.ts';

const argumentsSchema = z.record(z.string(), z.unknown());

/**
 * A question to a tool, typed by its contract. Defaults are left to the tool: a `limit` that is spelled out is a wish for
 * that many items and no more.
 */
export function ask<Contract extends ToolContract>(
  contract: Contract,
  args: ToolInput<Contract>,
  why: string,
): ToolCall {
  const parsed = argumentsSchema.safeParse(args);
  if (!parsed.success) throw new UnderstudyError('internal', `${contract.name} takes an object of arguments`);
  return { server: contract.server, tool: contract.name, arguments: parsed.data, why };
}

/** Equal for calls that ask the same; `why` does not count, and neither does a default that was left out. */
export function callKey(call: ToolCall, contract: ToolContract | undefined): string {
  const parsed = contract?.input.safeParse(call.arguments);
  return canonicalJson([call.server, call.tool, parsed?.success ? parsed.data : call.arguments]);
}
