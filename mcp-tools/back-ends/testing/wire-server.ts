import { createServer } from 'node:http';
import { z } from 'zod';

/** What a request at the wire said. */
export type WireRequest = {
  readonly method: string;
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Path and query, as they came. */
  readonly target: string;
};
/** An answer: JSON where it is no text. */
export type WireAnswer = { readonly status?: number; readonly type?: string; readonly body: unknown };

export type WireServer = {
  readonly url: string;
  readonly requests: readonly WireRequest[];
  readonly stop: () => Promise<void>;
};

const addressSchema = z.object({ port: z.int() });

/** For tests: a server on loopback that answers as a function says, and keeps what it was asked. */
export async function startWire(
  answer: (request: WireRequest) => WireAnswer | Promise<WireAnswer>,
): Promise<WireServer> {
  const requests: WireRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(Buffer.from(part));
    const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
    const request = {
      method: incoming.method ?? '',
      path: url.pathname,
      parameters: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(parts).toString('utf8'),
      target: incoming.url ?? '/',
    };
    requests.push(request);
    const { status = 200, body, type } = await answer(request);
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    response.writeHead(status, { 'content-type': type ?? (isRaw ? 'text/plain' : 'application/json') });
    response.end(isRaw ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = addressSchema.parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
