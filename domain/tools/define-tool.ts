import { z } from 'zod';

/**
 * A tool's contract: its name, what it takes and what it answers. Servers implement it, agents are handed it, and the
 * client checks answers against it.
 */
export type ToolContract<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> = {
  /** The tool server's name, which is the file's name. */
  readonly server: string;
  readonly name: string;
  readonly title: string;
  /** For people and models: what it answers, and when to use it. */
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  /** `read` changes nothing; `write` lives in a `<family>-actions` server. */
  readonly effect: 'read' | 'write';
};

export function defineTool<Input extends z.ZodType, Output extends z.ZodType>(
  contract: ToolContract<Input, Output>,
): ToolContract<Input, Output> {
  return contract;
}

export type ToolInput<Contract extends ToolContract> = z.input<Contract['input']>;
export type ToolOutput<Contract extends ToolContract> = z.output<Contract['output']>;

/**
 * The form of every answer that lists something: bounded, and honest about it. `hint` says what to try when nothing was
 * found; `gaps` what could not be looked at.
 */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    truncated: z.boolean(),
    total: z.int().optional(),
    nextCursor: z.string().optional(),
    hint: z.string().optional(),
    gaps: z.array(z.string()).default([]),
  });
}

/** Inputs that every listing takes. */
export const pageInput = {
  limit: z.int().min(1).max(5000).default(500),
  cursor: z.string().optional(),
};

/** Most bytes of `content`, the lane for models. */
export const digestMaxBytes = 8 * 1024;
/** Most bytes of one page of `structuredContent`. */
export const pageMaxBytes = 1024 * 1024;
