import type { z } from 'zod';
import type { Evidence } from '#domain/evidence.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';

/** What a tool answered, as the contract has it. */
export type Answered<Input extends z.ZodType, Output extends z.ZodType> = {
  readonly input: z.output<Input>;
  readonly output: z.output<Output>;
  readonly gaps: readonly string[];
};

/** All answers of a tool among the evidence, oldest first; failed calls and what has another form are left out. */
export function answersTo<Input extends z.ZodType, Output extends z.ZodType>(
  evidence: readonly Evidence[],
  contract: ToolContract<Input, Output>,
): Answered<Input, Output>[] {
  return evidence.flatMap(({ call, output: raw, error, gaps }) => {
    if (call.server !== contract.server || call.tool !== contract.name || error !== undefined) return [];
    const input = contract.input.safeParse(call.arguments);
    const output = contract.output.safeParse(raw);
    return input.success && output.success ? [{ input: input.data, output: output.data, gaps }] : [];
  });
}

/** Files by their path in the bundle. */
export type Files = ReadonlyMap<string, string>;

export function jsonFile(path: string, value: unknown): [string, string] {
  return [path, `${JSON.stringify(value)}\n`];
}

/** A name that can stand in a path: nothing that leads elsewhere. */
export function asFileName(name: string): string {
  const safe = name.replace(/[/\\\0]/g, '_');
  return safe === '.' || safe === '..' || safe === '' ? '_' : safe;
}

/** One of each key, the last one. */
export function lastOfEach<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
