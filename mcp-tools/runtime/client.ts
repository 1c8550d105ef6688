import type { Client } from '@modelcontextprotocol/client';
import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { Instant } from '#domain/time.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import type { Connection } from './connection.ts';
import { type ConnectionPool, createConnectionPool } from './connection-pool.ts';
import { contractOf, contractsOfServer } from './contracts.ts';
import { type Drained, drainPages, type FetchedPage } from './drain.ts';
import { failureOfCall, failureOfResult, isBrokenConnection } from './failures.ts';
import { asOfMetaKey } from './tool-context.ts';

export type ToolRequest = {
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
};

export type CallOptions = {
  /** Gives up at once when aborted; the handler is told. The abort's reason is thrown. */
  readonly signal?: AbortSignal;
  /** For the whole call, all pages included; default 30,000. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly maxPages?: number;
  /** Bytes after which no further page is asked for; default 16 MiB. */
  readonly maxBytes?: number;
  /** The moment that the answer should speak of. */
  readonly asOf?: Instant;
};

/** What a call brought. `truncated` and `gaps` say what is not in it. */
export type CallResult = Drained & { readonly durationMs: number };

/** A client of every attached tool server. */
export type ToolClient = {
  /**
   * Calls one tool and reads all its pages. An explicit `limit` among the arguments is the number of items that are wanted;
   * without one, every page is read up to the caps. Throws UnderstudyError: the server's own code, `timeout`,
   * `unavailable` (not reachable, or an answer that does not fit the contract), `not-supported` (no such server or tool).
   */
  readonly call: (request: ToolRequest, options?: CallOptions) => Promise<CallResult>;
  /** Names of the tools that can be called. Those of a server that cannot be reached now are among them. */
  readonly tools: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};

const defaults = { timeoutMs: 30_000, maxPages: 20, maxBytes: 16 * 1024 * 1024 } as const;

type PageCall = {
  readonly contract: ToolContract;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly asOf: Instant | undefined;
};

function remainingMs(call: PageCall): number {
  const left = call.deadlineMs - performance.now();
  if (left < 1) throw new UnderstudyError('timeout', `${call.contract.name} did not answer in time`);
  return left;
}

async function askOnce(client: Client, call: PageCall): Promise<FetchedPage> {
  const { name } = call.contract;
  const result = await client.callTool(
    {
      name,
      arguments: { ...call.arguments },
      ...(call.asOf === undefined ? {} : { _meta: { [asOfMetaKey]: call.asOf } }),
    },
    { timeout: remainingMs(call), ...(call.signal === undefined ? {} : { signal: call.signal }) },
  );
  if (result.isError === true) throw failureOfResult(name, result.content);
  const parsed = call.contract.output.safeParse(result.structuredContent);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') || 'the whole of it';
    const message = `${name} answered nonsense: ${where} does not fit its contract`;
    throw new UnderstudyError('unavailable', message, { cause: parsed.error });
  }
  const text = result.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  const bytes = Buffer.byteLength(JSON.stringify(result.structuredContent));
  return { output: parsed.data, digest: text, bytes };
}

/** Asks for one page; a read whose connection turns out to be broken is tried once more on a new one. */
async function askPage(pool: ConnectionPool, call: PageCall): Promise<FetchedPage> {
  const { server, name, effect } = call.contract;
  for (let tries = effect === 'read' ? 2 : 1; ; tries -= 1) {
    const client = await pool.clientOf(server, remainingMs(call));
    try {
      return await askOnce(client, call);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (tries <= 1 || !isBrokenConnection(error)) throw failureOfCall(name, error);
    }
  }
}

function contractFor(request: ToolRequest): ToolContract {
  const contract = contractOf(request.server, request.tool);
  if (contract === undefined) {
    throw new UnderstudyError('not-supported', `there is no tool ${request.server}/${request.tool}`);
  }
  return contract;
}

function wantedItems(args: Readonly<Record<string, unknown>>): { maxItems?: number } {
  return typeof args.limit === 'number' ? { maxItems: args.limit } : {};
}

async function toolsOf(pool: ConnectionPool, server: string): Promise<readonly string[]> {
  const known = contractsOfServer(server).map((contract) => contract.name);
  try {
    const client = await pool.clientOf(server, defaults.timeoutMs);
    const { tools } = await client.listTools(undefined, { timeout: defaults.timeoutMs });
    return tools.map((tool) => tool.name).filter((name) => known.includes(name));
  } catch {
    // Not reachable now. To call it and to record the failure tells more than to leave it out.
    return known;
  }
}

/** A client of the given servers, by name. Connections are made when first needed and made again when they break. */
export function createToolClient(options: {
  readonly servers: Readonly<Record<string, Connection>>;
}): ToolClient {
  const pool = createConnectionPool(options.servers);
  return {
    call: async (request, callOptions = {}) => {
      const startedMs = performance.now();
      const contract = contractFor(request);
      const call = {
        contract,
        deadlineMs: startedMs + (callOptions.timeoutMs ?? defaults.timeoutMs),
        signal: callOptions.signal,
        asOf: callOptions.asOf,
      };
      const drained = await drainPages(
        (cursor) => {
          const args = cursor === undefined ? request.arguments : { ...request.arguments, cursor };
          return askPage(pool, { ...call, arguments: args });
        },
        {
          maxPages: callOptions.maxPages ?? defaults.maxPages,
          maxBytes: callOptions.maxBytes ?? defaults.maxBytes,
          ...wantedItems(request.arguments),
        },
      );
      return { ...drained, durationMs: Math.round(performance.now() - startedMs) };
    },
    tools: async () => (await Promise.all(pool.servers.map((server) => toolsOf(pool, server)))).flat(),
    close: () => pool.close(),
  };
}

/** The same call with types: the contract says what goes in and what comes out. */
export async function callContract<Input extends z.ZodType, Output extends z.ZodType>(
  client: ToolClient,
  contract: ToolContract<Input, Output>,
  args: z.input<Input> & Readonly<Record<string, unknown>>,
  options?: CallOptions,
): Promise<z.output<Output>> {
  const result = await client.call(
    { server: contract.server, tool: contract.name, arguments: args },
    options,
  );
  return contract.output.parse(result.output);
}
