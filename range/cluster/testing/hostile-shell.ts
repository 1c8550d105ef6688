import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** A shell whose KUBECONFIG leads to somebody's real cluster. */
export type HostileShell = {
  /** How often anybody connected to that cluster. */
  visits(): number;
  leave(): void;
};

/** Points this process's KUBECONFIG to a server that counts whoever comes. */
export async function enterHostileShell(folder: string): Promise<HostileShell> {
  let visits = 0;
  const server = createServer((_, response) => response.writeHead(200).end('{}'));
  server.on('connection', () => {
    visits += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  const path = join(folder, 'shells-kubeconfig');
  await writeFile(path, kubeconfig(`https://127.0.0.1:${address.port}`));
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = path;
  return {
    visits: () => visits,
    leave: () => {
      server.close();
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    },
  };
}

function kubeconfig(server: string): string {
  return JSON.stringify({
    clusters: [{ name: 'production', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'somebody', user: { token: 'a-token' } }],
    contexts: [{ name: 'production', context: { cluster: 'production', user: 'somebody' } }],
    'current-context': 'production',
  });
}
