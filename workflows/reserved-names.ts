import type { WorkflowInterceptors } from '@temporalio/workflow';

/** Names that Temporal's SDK keeps for itself: a signal of such a name fails the workflow task, again and again. */
const reservedPrefix = '__temporal_';

/** Takes signals with reserved names for what they are, unknown ones. Temporal's bundler loads it by path. */
export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate: (input, next) => {
        for (const { signalWorkflow: signal } of input.activation.jobs ?? []) {
          const name = signal?.signalName ?? '';
          if (name.startsWith(reservedPrefix))
            Object.assign(signal ?? {}, { signalName: `reserved: ${name}` });
        }
        next(input);
      },
    },
  ],
});
