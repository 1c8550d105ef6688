import { errorCodeOf, messageOf } from '#domain/errors.ts';
import type { Evidence, ToolCall } from '#domain/evidence.ts';
import type { Instant } from '#domain/time.ts';
import { drainPages, type FetchedPage } from './drain.ts';
import type { ToolImplementation } from './implement.ts';
import { redactText } from './redaction.ts';

export type DirectCaller = {
  /** Does not reject: a call that failed is evidence with an `error`. */
  readonly call: (call: ToolCall) => Promise<Evidence>;
  /** Names of the tools that can be called. */
  readonly tools: readonly string[];
};

const maxPages = 200;
/** Pages cross no wire here: larger ones are listed less often. */
const itemsPerPage = 2000;

/** The call's arguments, with larger pages where the tool pages at all and nobody asked for a number of items. */
function pagedArguments(tool: ToolImplementation, call: ToolCall): Readonly<Record<string, unknown>> {
  if ('limit' in call.arguments) return call.arguments;
  const paged = { ...call.arguments, limit: itemsPerPage };
  return tool.contract.input.safeParse(paged).success ? paged : call.arguments;
}

/**
 * Calls implementations in this process without a protocol between: arguments are checked, answers redacted, checked against
 * their contract, cut to pages and drained as they are for everybody else. For many short runs, where encoding every answer
 * would cost more than the answer.
 */
export function callDirectly(
  implementations: readonly ToolImplementation[],
  options: { readonly asOf: Instant; readonly signal: AbortSignal },
): DirectCaller {
  const byName = new Map(
    implementations.map((tool) => [`${tool.contract.server}/${tool.contract.name}`, tool]),
  );
  let number = 0;

  const drain = async (tool: ToolImplementation, call: ToolCall) => {
    const { limit } = call.arguments;
    const paged = pagedArguments(tool, call);
    const fetchPage = async (cursor: string | undefined): Promise<FetchedPage> => {
      const args = cursor === undefined ? paged : { ...paged, cursor };
      const { output, digest } = await tool.run(args, options);
      return { output, digest, bytes: 0 };
    };
    return drainPages(fetchPage, {
      maxPages,
      maxBytes: Number.POSITIVE_INFINITY,
      ...(typeof limit === 'number' ? { maxItems: limit } : {}),
    });
  };

  return {
    tools: implementations.map(({ contract }) => contract.name),
    call: async (call) => {
      number += 1;
      const evidence = { id: `e${number}`, call, asOf: options.asOf };
      const tool = byName.get(`${call.server}/${call.tool}`);
      if (tool === undefined) return failed(evidence, 'not-supported', `there is no tool ${call.tool}`);
      try {
        const { output, digest, truncated, gaps } = await drain(tool, call);
        return { ...evidence, output, digest, truncated, gaps: [...gaps] };
      } catch (error) {
        options.signal.throwIfAborted();
        return failed(evidence, errorCodeOf(error), redactText(messageOf(error)));
      }
    },
  };
}

function failed(evidence: Pick<Evidence, 'id' | 'call' | 'asOf'>, code: string, message: string): Evidence {
  return {
    ...evidence,
    output: null,
    digest: '',
    truncated: false,
    gaps: [message],
    error: { code, message },
  };
}
