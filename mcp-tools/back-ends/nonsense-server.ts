import { createServer, type ServerResponse } from 'node:http';
import { z } from 'zod';

/** For tests: a server on loopback that answers every request in a way that the real one would not. */
export type NonsenseServer = {
  readonly url: string;
  readonly requests: () => number;
  readonly stop: () => Promise<void>;
};

const addressSchema = z.object({ port: z.int() });

export async function startNonsense(answer: (response: ServerResponse) => void): Promise<NonsenseServer> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = addressSchema.parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
