import { createServer } from 'node:http';

/** What a path of the host answers: bytes, or a way to misbehave. */
export type Answer =
  | { body: Buffer | string }
  /** Claims the whole length and hangs up in the middle. */
  | { truncated: Buffer }
  | { redirect: string }
  | { status: number };

export type ReleaseHost = {
  url: string;
  answers: Map<string, Answer>;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
};

/** A host of official releases on loopback. */
export async function startReleaseHost(): Promise<ReleaseHost> {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    const answer = answers.get(path) ?? { status: 404 };
    if ('redirect' in answer) response.writeHead(302, { location: answer.redirect }).end();
    else if ('status' in answer) response.writeHead(answer.status).end();
    else if ('body' in answer) response.end(answer.body);
    else {
      response.writeHead(200, { 'content-length': answer.truncated.length });
      const half = answer.truncated.subarray(0, answer.truncated.length / 2);
      response.write(half, () => response.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    answers,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
