import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, request as send } from 'undici';
import { stringify } from 'yaml';
import { writePrivateFile } from '#machine/private-file.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** What becomes of one request on its way: passed on (after something else happened), its answer lost, or answered by the test itself. */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | { readonly meanwhile: () => Promise<unknown> }
  | ((response: ServerResponse) => void);

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function agentOf(kubeconfig: string): Agent {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const decode = (data: string | undefined) => Buffer.from(data ?? '', 'base64');
  const user = config.getCurrentUser();
  return new Agent({
    connect: {
      ca: decode(config.getCurrentCluster()?.caData),
      cert: decode(user?.certData),
      key: decode(user?.keyData),
    },
  });
}

/**
 * A proxy in front of the API server that speaks plain HTTP and does to each request what `fateOf` says. Its kubeconfig
 * leads to it; behind it the account of `kubeconfig` is used.
 */
export async function startApiProxy(
  api: KubernetesApi,
  kubeconfig: string,
  fateOf: (request: { readonly method: string; readonly url: string }) => Fate,
): Promise<{ readonly kubeconfig: string; readonly close: () => void }> {
  const dispatcher = agentOf(kubeconfig);
  const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const fate = fateOf({ method, url: request.url ?? '/' });
    if (typeof fate === 'function') {
      fate(response);
      return;
    }
    const body = await bodyOf(request);
    if (typeof fate === 'object') await fate.meanwhile();
    const answer = await send(`${api.url}${request.url}`, {
      method: method === 'PATCH' || method === 'POST' || method === 'DELETE' ? method : 'GET',
      headers: {
        accept: request.headers.accept ?? '*/*',
        ...(body.length === 0
          ? {}
          : { 'content-type': request.headers['content-type'] ?? 'application/json' }),
      },
      ...(body.length === 0 ? {} : { body }),
      dispatcher,
    });
    const text = await answer.body.text();
    if (fate === 'lose-answer') response.destroy();
    else response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(text);
  };
  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const path = join(api.folder, `proxy-${address.port}.kubeconfig`);
  await writePrivateFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'proxy',
          cluster: { server: `http://127.0.0.1:${address.port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'nobody', user: {} }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'nobody' } }],
      'current-context': 'proxy',
    }),
  );
  return {
    kubeconfig: path,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
