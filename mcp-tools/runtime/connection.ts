import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { pageMaxBytes } from '#domain/tools/define-tool.ts';
import type { ToolServer } from './server.ts';

/** How a tool server is reached. */
export type Connection =
  | { readonly kind: 'in-process'; readonly server: ToolServer }
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      /** Whole environment of the process, beside the few variables that are always inherited. */
      readonly env?: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | {
      readonly kind: 'http';
      readonly url: string;
      /** The bearer token; asked for before every request, so that a renewed one is used. */
      readonly token?: () => string | Promise<string>;
    };

/** The protocol revision that our servers and clients speak with one another. */
export const protocolVersion = '2026-07-28';

/** A page, its digest and the envelope; what is more than that is not one of our answers. */
const maxResponseBytes = 4 * pageMaxBytes;

function boundedBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength;
      if (bytes > maxResponseBytes)
        controller.error(new Error(`answer of more than ${maxResponseBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
  return body.pipeThrough(limit);
}

async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.body === null) return response;
  return new Response(boundedBody(response.body), {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}

function transportFor(connection: Connection): Transport {
  switch (connection.kind) {
    case 'in-process': {
      const { handler } = connection.server;
      // The URL is never resolved: requests go straight to the handler.
      return new StreamableHTTPClientTransport(new URL('http://127.0.0.1/mcp'), {
        fetch: (url, init) => handler.fetch(new Request(url, init)),
      });
    }
    case 'stdio':
      return new StdioClientTransport({
        command: connection.command,
        args: [...connection.args],
        ...(connection.env === undefined ? {} : { env: { ...connection.env } }),
        ...(connection.cwd === undefined ? {} : { cwd: connection.cwd }),
        stderr: 'inherit',
        maxBufferSize: maxResponseBytes,
      });
    case 'http': {
      const { token } = connection;
      return new StreamableHTTPClientTransport(new URL(connection.url), {
        fetch: boundedFetch,
        ...(token === undefined ? {} : { authProvider: { token: async () => await token() } }),
      });
    }
  }
}

/** A connected client. `onClose` is called when the other side goes away. Throws what the SDK throws. */
export async function connectClient(
  connection: Connection,
  options: { readonly timeoutMs: number; readonly onClose: () => void },
): Promise<Client> {
  const client = new Client(
    { name: 'understudy', version: '1' },
    { versionNegotiation: { mode: { pin: protocolVersion } } },
  );
  client.onclose = options.onClose;
  await client.connect(transportFor(connection), { timeout: options.timeoutMs });
  return client;
}
