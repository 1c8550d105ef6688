import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Seen = {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
};
export type Answer = (request: Seen, response: ServerResponse) => void | Promise<void>;

/** A server that speaks the API's wire form and answers as a test says; what was asked is kept. */
export type StandIn = {
  readonly url: string;
  readonly seen: Seen[];
  /** By method and path: `GET /api/v1/incidents`. What is not listed is a 404 problem. */
  readonly answers: Map<string, Answer>;
  close(): Promise<void>;
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

export async function startStandIn(port = 0): Promise<StandIn> {
  const seen: Seen[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const { method = 'GET', headers } = request;
    const asked: Seen = { method, url, headers, body: await bodyOf(request) };
    seen.push(asked);
    const answer =
      answers.get(`${method} ${url.pathname}`) ?? problem(404, 'not-found', `nothing at ${url.pathname}`);
    await answer(asked, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${bound}`,
    seen,
    answers,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export function json(value: unknown, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}

export function problem(status: number, code: string, detail: string): Answer {
  return (_request, response) => {
    const body = { type: 'about:blank', title: 'a problem', status, code, detail, traceId: 't' };
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };
}

/** A stream of server-sent events that a test writes to. */
export type EventSource = { send(event: { seq: number }): void; cut(): void };

/** Takes every reader of the stream; `onOpen` gets each one. */
export function eventStream(onOpen: (source: EventSource, request: Seen) => void): Answer {
  return (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 10\n\n');
    const send = (event: { seq: number }): void => {
      response.write(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
    };
    onOpen({ send, cut: () => response.destroy() }, request);
  };
}
