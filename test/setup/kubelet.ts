import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { KubernetesApi } from './kubernetes-api.ts';
import { create, merge, paths } from './kubernetes-objects.ts';

/** One line of a container's log, with the moment that the container runtime noted. */
export type KeptLine = { readonly at: string; readonly text: string };

/**
 * A node whose kubelet serves logs as a real one does (`/containerLogs/<namespace>/<pod>/<container>`), and nothing else. The
 * API server reaches it over TLS, as it would a real one.
 */
export async function startLogKubelet(api: KubernetesApi, nodeName: string) {
  const logs = new Map<string, readonly KeptLine[]>();
  const server = createServer(
    {
      cert: await readFile(join(api.folder, 'server.crt')),
      key: await readFile(join(api.folder, 'server.key')),
    },
    (request, response) => {
      const url = new URL(request.url ?? '/', 'https://kubelet');
      const previous = url.searchParams.get('previous') === 'true';
      const lines = logs.get(`${url.pathname.replace('/containerLogs/', '')}${previous ? ' previous' : ''}`);
      if (lines === undefined) {
        response.writeHead(previous ? 400 : 404).end('previous terminated container not found');
        return;
      }
      const sinceMs = Date.parse(url.searchParams.get('sinceTime') ?? '1970-01-01T00:00:00Z');
      const tail = Number(url.searchParams.get('tailLines') ?? lines.length);
      const chosen = lines.filter(({ at }) => Date.parse(at) >= sinceMs).slice(-tail);
      response.end(chosen.map(({ at, text }) => `${at} ${text}\n`).join(''));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  await create(api.admin, paths.nodes(), { metadata: { name: nodeName } });
  await merge(api.admin, `${paths.nodes(nodeName)}/status`, {
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: address.port } },
    },
  });
  return {
    nodeName,
    /** Sets what a container wrote; `previous`: in the run before. */
    write: (pod: string, container: string, lines: readonly KeptLine[], previous = false): void => {
      logs.set(`${pod}/${container}${previous ? ' previous' : ''}`, lines);
    },
    close: (): void => {
      server.close();
      server.closeAllConnections();
    },
  };
}
