import {
  type CallToolResult,
  createMcpHandler,
  type McpHttpHandler,
  McpServer,
  type StandardSchemaWithJSON,
  type ToolAnnotations,
} from '@modelcontextprotocol/server';
import type { z } from 'zod';
import { errorCodeOf, messageOf, UnderstudyError } from '#domain/errors.ts';
import { pageMaxBytes } from '#domain/tools/define-tool.ts';
import type { ToolAnswer, ToolImplementation } from './implement.ts';
import { redactText } from './redaction.ts';
import { asOfMetaKey, type ToolContext } from './tool-context.ts';

/** A set of tools that can be served in-process, over stdio and over HTTP, with equal answers. */
export type ToolServer = {
  readonly name: string;
  readonly version: string;
  readonly tools: readonly ToolImplementation[];
  /** A fresh MCP server: one a request over HTTP, one a connection over stdio. */
  readonly createMcpServer: () => McpServer;
  /** Web-standard `{ fetch, close }`; what in-process clients and the HTTP listener call. */
  readonly handler: McpHttpHandler;
};

export type ToolServerDefinition = {
  readonly name: string;
  readonly version: string;
  /** At most a dozen. */
  readonly tools: readonly ToolImplementation[];
  /** Told of every failure that is not an expected one, with its stack. */
  readonly report?: (error: unknown, tool: string) => void;
};

const maxToolsPerServer = 12;

/**
 * A schema that advertises its JSON Schema, worked out once, and lets every value through: `implement` checks arguments
 * and answers itself, with our error codes, and the SDK would do it a second time for each request.
 */
function advertised(schema: z.ZodType): StandardSchemaWithJSON<unknown, unknown> {
  const { jsonSchema } = schema['~standard'];
  if (jsonSchema === undefined) throw new TypeError('zod without JSON Schema: 4.2 or newer is needed');
  const once = (convert: () => Record<string, unknown>) => {
    let made: Record<string, unknown> | undefined;
    return () => {
      made ??= convert();
      return made;
    };
  };
  return {
    '~standard': {
      version: 1,
      vendor: 'understudy',
      validate: (value) => ({ value }),
      jsonSchema: {
        input: once(() => jsonSchema.input({ target: 'draft-2020-12' })),
        output: once(() => jsonSchema.output({ target: 'draft-2020-12' })),
      },
    },
  };
}

function annotationsOf(tool: ToolImplementation): ToolAnnotations {
  const write = tool.contract.effect === 'write';
  return {
    title: tool.contract.title,
    readOnlyHint: !write,
    destructiveHint: write,
    // Writes carry a step id: sent again they find their effect.
    idempotentHint: true,
    openWorldHint: true,
  };
}

function resultOf(answer: ToolAnswer): CallToolResult {
  return { content: [{ type: 'text', text: answer.digest }], structuredContent: answer.output };
}

/** A failure as an answer: `{"error": {"code", "message"}}`, redacted like everything that leaves. */
function errorResult(error: unknown): CallToolResult {
  const failure = { code: errorCodeOf(error), message: redactText(messageOf(error)) };
  return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: failure }) }] };
}

function contextOf(mcpRequest: { signal: AbortSignal; _meta?: Record<string, unknown> }): ToolContext {
  const asOf = mcpRequest._meta?.[asOfMetaKey];
  return { signal: mcpRequest.signal, ...(typeof asOf === 'string' ? { asOf } : {}) };
}

function checkDefinition(definition: ToolServerDefinition): void {
  if (definition.tools.length > maxToolsPerServer) {
    throw new TypeError(`${definition.name}: more than ${maxToolsPerServer} tools; split the server`);
  }
  const foreign = definition.tools.find((tool) => tool.contract.server !== definition.name);
  if (foreign !== undefined) {
    throw new TypeError(
      `${definition.name}: ${foreign.contract.name} is of server ${foreign.contract.server}`,
    );
  }
}

/**
 * Makes a tool server of implementations. Tools are listed in the order given. Every answer has two lanes: `content`, a
 * digest for models, and `structuredContent`, the contract's output; a failure is an `isError` result with a code.
 */
export function defineToolServer(definition: ToolServerDefinition): ToolServer {
  checkDefinition(definition);
  const schemas = definition.tools.map((tool) => ({
    tool,
    config: {
      title: tool.contract.title,
      description: tool.contract.description,
      inputSchema: advertised(tool.contract.input),
      outputSchema: advertised(tool.contract.output),
      annotations: annotationsOf(tool),
    },
  }));

  const call = async (
    tool: ToolImplementation,
    args: unknown,
    context: ToolContext,
  ): Promise<CallToolResult> => {
    try {
      return resultOf(await tool.run(args, context));
    } catch (error) {
      const expected = error instanceof UnderstudyError && error.code !== 'internal';
      if (!expected) definition.report?.(error, tool.contract.name);
      return errorResult(error);
    }
  };

  const createMcpServer = (): McpServer => {
    const server = new McpServer({ name: definition.name, version: definition.version });
    for (const { tool, config } of schemas) {
      server.registerTool(tool.contract.name, config, (args, { mcpReq }) =>
        call(tool, args, contextOf(mcpReq)),
      );
    }
    return server;
  };

  return {
    name: definition.name,
    version: definition.version,
    tools: definition.tools,
    createMcpServer,
    handler: createMcpHandler(createMcpServer, { maxRequestBodySize: pageMaxBytes }),
  };
}
