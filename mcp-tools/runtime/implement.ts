import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import { cutToBytes, defaultDigest } from './digest.ts';
import { cutPage, decodeCursor, isPage, type PageStart } from './paging.ts';
import { redactValue } from './redact-value.ts';
import type { ToolContext } from './tool-context.ts';

/** The two lanes of one answer. */
export type ToolAnswer = {
  /** Fits the contract; at most 1 MiB. */
  readonly output: unknown;
  /** For models; at most 8 KiB. */
  readonly digest: string;
};

/** A contract with what answers it. */
export type ToolImplementation = {
  readonly contract: ToolContract;
  /** Throws UnderstudyError: `bad-input` for arguments that do not fit, `internal` for an answer that does not. */
  readonly run: (args: unknown, context: ToolContext) => Promise<ToolAnswer>;
};

/** Answers one call. Throws UnderstudyError with the code that says who must do what. */
export type ToolHandler<Input extends z.ZodType, Output extends z.ZodType> = (
  input: z.output<Input>,
  context: ToolContext,
) => Promise<z.input<Output>>;

function issuesOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || '(all)'}: ${issue.message}`).join('; ');
}

const cursorHolder = z.looseObject({ cursor: z.string().optional() });

/** Takes the runtime's part out of the cursor, so that a handler sees its own. */
function splitCursor(args: unknown): { args: unknown; start: PageStart } {
  const parsed = cursorHolder.safeParse(args);
  if (!parsed.success || parsed.data.cursor === undefined) return { args, start: { skip: 0 } };
  const { cursor, ...rest } = parsed.data;
  const start = decodeCursor(cursor);
  return { args: start.inner === undefined ? rest : { ...rest, cursor: start.inner }, start };
}

/**
 * Joins a contract and its handler: arguments are checked before the handler sees them; what it answers is redacted,
 * checked against the contract, cut to a page and digested before anybody else sees it.
 * @param options.digest the answer as text for models; default: a line of JSON an item
 */
export function implement<Input extends z.ZodType, Output extends z.ZodType>(
  contract: ToolContract<Input, Output>,
  handler: ToolHandler<Input, Output>,
  options: { readonly digest?: (output: z.output<Output>) => string } = {},
): ToolImplementation {
  const digest = options.digest ?? defaultDigest;
  return {
    contract,
    run: async (args, context) => {
      const split = splitCursor(args ?? {});
      const input = contract.input.safeParse(split.args);
      if (!input.success)
        throw new UnderstudyError('bad-input', `${contract.name}: ${issuesOf(input.error)}`);
      const answer = contract.output.safeParse(redactValue(await handler(input.data, context)));
      if (!answer.success) {
        const problem = `${contract.name} made an answer that its contract does not allow: ${issuesOf(answer.error)}`;
        throw new UnderstudyError('internal', problem, { cause: answer.error });
      }
      const output = isPage(answer.data) ? cutPage(answer.data, split.start) : answer.data;
      return { output, digest: cutToBytes(digest(output)) };
    },
  };
}
