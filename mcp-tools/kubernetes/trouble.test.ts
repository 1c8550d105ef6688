import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToolInput } from '#domain/tools/define-tool.ts';
import { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { create, createNamespace, paths } from '#test/setup/kubernetes-objects.ts';
import { startApiProxy } from '#test/setup/kubernetes-proxy.ts';
import { callContract, createToolClient, type ToolClient } from '../runtime/client.ts';
import { createKubernetesServer } from './server.ts';

const namespace = 'shop';
let api: KubernetesApi;

function clientOf(kubeconfig: string, context?: string): ToolClient {
  const server = createKubernetesServer({ clusters: [{ name: 'test', kubeconfig, context }] });
  return createToolClient({ servers: { kubernetes: { kind: 'in-process', server } } });
}

const list = (input: Omit<ToolInput<typeof kubernetesListObjects>, 'cluster'>, over: ToolClient) =>
  callContract(over, kubernetesListObjects, { cluster: 'test', ...input });

beforeAll(async () => {
  api = await startKubernetesApi({ controllers: false });
  await createNamespace(api.admin, namespace);
  await create(api.admin, paths.configMaps(namespace), {
    metadata: { name: 'settings' },
    data: { size: '1' },
  });
}, startKubernetesApiTimeoutMs);

afterAll(() => api.stop());

describe('an API server that', () => {
  test('is not there is unavailable', async () => {
    const gone = await startApiProxy(api, api.adminKubeconfig, () => 'pass');
    gone.close();
    await expect(list({ kinds: ['pods'] }, clientOf(gone.kubeconfig))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^cluster test: the API server could not be reached: .*ECONNREFUSED/),
    });
  });

  test('answers nonsense is unavailable', async () => {
    const proxy = await startApiProxy(
      api,
      api.adminKubeconfig,
      () => (response) => response.end('<html>login</html>'),
    );
    await expect(list({ kinds: ['pods'] }, clientOf(proxy.kubeconfig))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('answered nonsense'),
    });
    proxy.close();
  });

  test('says something else than a list is unavailable', async () => {
    const proxy = await startApiProxy(api, api.adminKubeconfig, ({ url }) =>
      url.includes('/pods') ? (response) => response.end('{"items":"none"}') : 'pass',
    );
    await expect(list({ kinds: ['pods'] }, clientOf(proxy.kubeconfig))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('answered nonsense when asked for pods'),
    });
    proxy.close();
  });

  test('never answers is a timeout', async () => {
    const proxy = await startApiProxy(api, api.adminKubeconfig, () => () => undefined);
    const slow = clientOf(proxy.kubeconfig).call(
      { server: 'kubernetes', tool: 'kubernetes_list_events', arguments: { cluster: 'test' } },
      { timeoutMs: 700 },
    );
    await expect(slow).rejects.toMatchObject({ code: 'timeout' });
    proxy.close();
  });

  test('fails for one kind leaves a gap for it', async () => {
    const proxy = await startApiProxy(api, api.adminKubeconfig, ({ url }) =>
      url.includes('/secrets') ? (response) => response.writeHead(500).end('etcd is away') : 'pass',
    );
    const answer = await list({ kinds: ['secrets', 'configmaps'], namespace }, clientOf(proxy.kubeconfig));
    expect(answer.items).toMatchObject([{ metadata: { name: 'settings' } }]);
    expect(answer.gaps).toEqual(['secrets: cluster test: etcd is away (HTTP 500)']);
    proxy.close();
  });

  test('is of the time before aggregated discovery is asked group by group', async () => {
    const proxy = await startApiProxy(api, api.adminKubeconfig, ({ url }) => {
      if (url !== '/api') return 'pass';
      return (response) => response.end(JSON.stringify({ kind: 'APIVersions', versions: ['v1'] }));
    });
    const answer = await list(
      { kinds: ['deployments', 'configmaps', 'events'], namespace, limit: 1 },
      clientOf(proxy.kubeconfig),
    );
    expect(answer.items).toHaveLength(1);
    proxy.close();
  });
});

test('a kubeconfig that is missing or names no such context says so', async () => {
  await expect(list({ kinds: ['pods'] }, clientOf('/nonexistent/kubeconfig'))).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('/nonexistent/kubeconfig'),
  });
  const other = clientOf(api.adminKubeconfig, 'other');
  await expect(list({ kinds: ['pods'] }, other)).rejects.toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('contexts: admin@test-cluster'),
  });
});
