import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { assertIsRange } from './marker.ts';
import { openPki } from './pki.ts';

let folder: string;
let servers: Server[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'range-marker-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

async function kubeconfigFor({ url, caPem }: { url: string; caPem: string }): Promise<string> {
  const path = join(folder, 'kubeconfig');
  await writeFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'prod', cluster: { server: url, 'certificate-authority-data': btoa(caPem) } }],
      users: [{ name: 'me', user: { token: 'a-token' } }],
      contexts: [{ name: 'prod', context: { cluster: 'prod', user: 'me' } }],
      'current-context': 'prod',
    }),
  );
  return path;
}

/** A cluster that answers every request alike; collects the paths that it was asked for. */
async function clusterAnswering(
  status: number,
  body: unknown,
): Promise<{ url: string; caPem: string; asked: string[] }> {
  const asked: string[] = [];
  const { cluster } = await openPki(join(folder, 'pki'));
  const leaf = await cluster.issue({ commonName: 'prod', usage: 'server', ipAddresses: ['127.0.0.1'] });
  const server = createServer({ cert: leaf.certificatePem, key: leaf.privateKeyPem }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the test server has no port');
  return { url: `https://127.0.0.1:${address.port}`, caPem: cluster.certificatePem, asked };
}

function configMap(data: Record<string, string>): unknown {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'understudy-range', namespace: 'kube-system' },
    data,
  };
}

describe('the marker', () => {
  it('is recognised, and only that one object is asked for', async () => {
    const cluster = await clusterAnswering(200, configMap({ rangeId: '0123abcd' }));
    expect(await assertIsRange(await kubeconfigFor(cluster))).toBe('0123abcd');
    expect(cluster.asked).toEqual(['GET /api/v1/namespaces/kube-system/configmaps/understudy-range']);
  });

  it.each([
    ['a cluster without the marker', 404, { kind: 'Status', code: 404 }, /has no ConfigMap/],
    ['a cluster that does not let us look', 403, { kind: 'Status', code: 403 }, /answered 403/],
    ['a cluster whose marker is empty', 200, configMap({}), /names no range/],
    ['something that is no cluster', 200, 'hello', /is not the practice range/],
  ])('refuses %s', async (_, status, body, message) => {
    const cluster = await clusterAnswering(status, body);
    await expect(assertIsRange(await kubeconfigFor(cluster))).rejects.toMatchObject({
      code: 'not-the-range',
      message: expect.stringMatching(message),
    });
  });

  it('refuses another range where one is expected, and a cluster that is down', async () => {
    const cluster = await clusterAnswering(200, configMap({ rangeId: '0123abcd' }));
    const kubeconfig = await kubeconfigFor(cluster);
    await expect(assertIsRange(kubeconfig, 'ffffffff')).rejects.toMatchObject({ code: 'not-the-range' });
    await expect(
      assertIsRange(await kubeconfigFor({ ...cluster, url: 'https://127.0.0.1:9' })),
    ).rejects.toMatchObject({
      code: 'not-the-range',
      message: expect.stringMatching(/could not be asked/),
    });
  });

  it('does not fall back to the shell’s cluster when the file is missing', async () => {
    const shells = await clusterAnswering(200, configMap({ rangeId: '0123abcd' }));
    const before = process.env.KUBECONFIG;
    process.env.KUBECONFIG = await kubeconfigFor(shells);
    try {
      await expect(assertIsRange(join(folder, 'missing'))).rejects.toMatchObject({ code: 'configuration' });
    } finally {
      if (before === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = before;
    }
    expect(shells.asked).toEqual([]);
  });
});

it('nothing in the range has a way to the shell’s cluster', async () => {
  const root = new URL('..', import.meta.url);
  const names = await readdir(root, { recursive: true });
  const sources = names.filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing/'),
  );
  expect(sources.length).toBeGreaterThan(20);
  for (const name of sources) {
    const code = (await readFile(new URL(name, root), 'utf8')).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    expect(code, name).not.toMatch(/KUBECONFIG|loadFromDefault|loadFromCluster\(|\.kube\b/);
  }
});
