import { defineSignal, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';

/** A signal that did not have the expected form, or that nobody here knows, or that told something untrue. */
export type UnknownSignal = { readonly name: string; readonly detail: string };

/** Where unknown signals go; what is returned belongs to the handler that pushed. */
export type UnknownSignals = { push(signal: UnknownSignal): unknown };

/**
 * Takes in signals safely: a handler never throws, because that would fail the whole workflow task. What does not parse
 * is kept as unknown and recorded by the workflow.
 */
export function onSignal<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  description: string,
  handle: (value: z.output<Schema>) => void | Promise<void>,
  unknown: UnknownSignals,
): void {
  setHandler(
    defineSignal<[unknown]>(name),
    async (payload: unknown) => {
      const parsed = schema.safeParse(payload);
      if (parsed.success) await handle(parsed.data);
      else await unknown.push({ name, detail: whatIsWrong(payload, parsed.error) });
    },
    { description },
  );
}

function whatIsWrong(payload: unknown, { issues }: z.ZodError): string {
  const said =
    typeof payload === 'object' && payload !== null && 'undecodable' in payload
      ? `it cannot be decoded: ${String(payload.undecodable)}`
      : issues.map((issue) => issue.message).join('; ');
  return said.slice(0, 300);
}

export function onUnknownSignals(unknown: UnknownSignals): void {
  setDefaultSignalHandler(async (name) => {
    await unknown.push({ name: name.slice(0, 100), detail: 'no such signal here' });
  });
}
