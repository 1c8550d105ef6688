import { defineSignal, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import type { z } from 'zod';

/** A signal that did not have the expected form, or that nobody here knows. */
export type UnknownSignal = { readonly name: string; readonly detail: string };

/**
 * Takes in signals safely: a handler never throws, because that would fail the whole workflow task. What does not parse
 * is kept as unknown and recorded by the workflow.
 */
export function onSignal<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  description: string,
  handle: (value: z.output<Schema>) => void,
  unknown: UnknownSignal[],
): void {
  setHandler(
    defineSignal<[unknown]>(name),
    (payload: unknown) => {
      const parsed = schema.safeParse(payload);
      if (parsed.success) handle(parsed.data);
      else
        unknown.push({
          name,
          detail: parsed.error.issues
            .map((issue) => issue.message)
            .join('; ')
            .slice(0, 300),
        });
    },
    { description },
  );
}

export function onUnknownSignals(unknown: UnknownSignal[]): void {
  setDefaultSignalHandler((name) => {
    unknown.push({ name: name.slice(0, 100), detail: 'no such signal here' });
  });
}
