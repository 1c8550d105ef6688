import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { type Change, changesList } from '#domain/tools/changes.ts';
import {
  eventually,
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import {
  create,
  createNamespace,
  merge,
  paths,
  read,
  rolledOut,
  workload,
} from '#test/setup/kubernetes-objects.ts';
import { startApiProxy } from '#test/setup/kubernetes-proxy.ts';
import { callContract, createToolClient, type ToolClient } from '../runtime/client.ts';
import type { StoredChanges } from './list-changes.ts';
import { createChangesServer } from './server.ts';

/** API servers note times in seconds: what comes sooner is of the same one. */
const secondMs = 1_050;

const namespace = 'shop';
let api: KubernetesApi;
let client: ToolClient;

const posted: Change = {
  id: 'a1b2c3d',
  at: fromMs(Date.now()),
  kind: 'commit',
  service: 'checkout',
  summary: 'Retry payments',
  details: {},
};

function clientOf(kubeconfig: string, storedChanges: StoredChanges): ToolClient {
  const server = createChangesServer({ clusters: [{ name: 'test', kubeconfig }], storedChanges });
  return createToolClient({ servers: { changes: { kind: 'in-process', server } } });
}

const window = () => ({ from: fromMs(Date.now() - 3_600_000), to: fromMs(Date.now() + 60_000) });

async function changes(more: { service?: string; from?: string; to?: string } = {}) {
  return callContract(client, changesList, { cluster: 'test', namespace, ...window(), ...more });
}

async function changeOf(id: string): Promise<Change | undefined> {
  return (await changes()).items.find((change) => change.id === id);
}

beforeAll(async () => {
  api = await startKubernetesApi();
  client = clientOf(api.adminKubeconfig, async () => [posted]);
  await createNamespace(api.admin, namespace);
  const env = [
    { name: 'MODE', value: 'slow' },
    { name: 'DB_PASSWORD', value: 'correct-horse' },
  ];
  const template = workload('checkout', { replicas: 2, env });
  const from = [{ configMapRef: { name: 'settings' } }];
  const [container] = template.spec.template.spec.containers;
  await create(api.admin, paths.configMaps(namespace), {
    metadata: { name: 'settings' },
    data: { size: '10' },
  });
  await create(api.admin, paths.deployments(namespace), {
    ...template,
    spec: {
      ...template.spec,
      template: { ...template.spec.template, spec: { containers: [{ ...container, envFrom: from }] } },
    },
  });
  await rolledOut(api.admin, namespace, 'checkout', '1');
}, startKubernetesApiTimeoutMs);

afterAll(() => api.stop());

async function patchContainer(fields: object): Promise<void> {
  const path = paths.deployments(namespace, 'checkout');
  await api.admin.json({
    method: 'PATCH',
    path,
    body: { spec: { template: { spec: { containers: [{ name: 'main', ...fields }] } } } },
    contentType: 'application/strategic-merge-patch+json',
    signal: AbortSignal.timeout(30_000),
  });
}

describe('rollouts', () => {
  test('a revision is a change that names itself, what it changed, and why', async () => {
    await merge(api.admin, paths.deployments(namespace, 'checkout'), {
      metadata: { annotations: { 'kubernetes.io/change-cause': 'release 2' } },
    });
    const env = [
      { name: 'MODE', value: 'fast' },
      { name: 'DB_PASSWORD', value: 'battery-staple' },
    ];
    await patchContainer({ image: 'registry.example/checkout:2', env });
    await rolledOut(api.admin, namespace, 'checkout', '2');

    const change = await changeOf('Deployment/shop/checkout@2');
    expect(change).toMatchObject({
      kind: 'deploy',
      service: 'checkout',
      namespace,
      details: { revision: 2, previousRevision: 1, current: true, changeCause: 'release 2' },
    });
    expect(change?.summary).toContain('release 2');
    expect(change?.diff?.split('\n')).toEqual([
      '- spec.containers.main.env.DB_PASSWORD: [redacted:named-secret]',
      '+ spec.containers.main.env.DB_PASSWORD: [redacted:named-secret] (another one)',
      '- spec.containers.main.env.MODE: "slow"',
      '+ spec.containers.main.env.MODE: "fast"',
      '- spec.containers.main.image: "registry.example/checkout:1"',
      '+ spec.containers.main.image: "registry.example/checkout:2"',
    ]);
  });

  test('going back is a change of its own, at the time when it was done', async () => {
    const before = Date.now();
    await sleep(2 * secondMs);
    const env = [
      { name: 'MODE', value: 'slow' },
      { name: 'DB_PASSWORD', value: 'correct-horse' },
    ];
    await patchContainer({ image: 'registry.example/checkout:1', env });
    await rolledOut(api.admin, namespace, 'checkout', '3');
    const change = await changeOf('Deployment/shop/checkout@3');
    expect(Date.parse(change?.at ?? '')).toBeGreaterThan(before + 1_000);
    expect(change?.diff).toContain('+ spec.containers.main.image: "registry.example/checkout:1"');
    expect(await changeOf('Deployment/shop/checkout@1'), 'the old number is gone').toBeUndefined();
  });
});

describe('replicas', () => {
  async function scale(replicas: number): Promise<void> {
    await api.admin.json({
      method: 'PATCH',
      path: `${paths.deployments(namespace, 'checkout')}/scale`,
      query: { fieldManager: 'alice' },
      body: { spec: { replicas } },
      contentType: 'application/merge-patch+json',
      signal: AbortSignal.timeout(30_000),
    });
  }
  const scalings = async () => (await changes()).items.filter((change) => change.kind === 'scale');

  test('that somebody set are a change, with who did it', async () => {
    await scale(5);
    await expect.poll(scalings).toMatchObject([
      {
        service: 'checkout',
        summary: expect.stringContaining('to 5'),
        details: { writer: 'alice', replicas: 5 },
      },
    ]);
  });

  test('that were set to zero are a change, though the API server keeps no writer of a zero', async () => {
    await scale(0);
    const zero = await eventually(async () =>
      (await scalings()).find((change) => change.details.replicas === 0),
    );
    expect(zero).toMatchObject({
      id: expect.stringMatching(/^Deployment\/shop\/checkout@scale-/),
      service: 'checkout',
    });
  });
});

describe('configuration', () => {
  test('a ConfigMap that was written is a change of the service that reads it', async () => {
    await api.admin.json({
      method: 'PATCH',
      path: paths.configMaps(namespace, 'settings'),
      query: { fieldManager: 'bob' },
      body: { data: { size: '0' } },
      contentType: 'application/merge-patch+json',
      signal: AbortSignal.timeout(30_000),
    });
    const { items } = await changes({ service: 'checkout' });
    expect(items.find((change) => change.details.writer === 'bob')).toMatchObject({
      id: expect.stringMatching(/^ConfigMap\/shop\/settings@\d{4}-/),
      kind: 'config',
      service: 'checkout',
      details: { fields: ['data.size'] },
    });
  });

  test("a Service's selector that was changed is a change of that service", async () => {
    await create(api.admin, paths.services(namespace), {
      metadata: { name: 'cart' },
      spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] },
    });
    await sleep(secondMs);
    await api.admin.json({
      method: 'PATCH',
      path: paths.services(namespace, 'cart'),
      query: { fieldManager: 'carol' },
      body: { spec: { selector: { app: 'kart' } } },
      contentType: 'application/merge-patch+json',
      signal: AbortSignal.timeout(30_000),
    });
    const { items } = await changes({ service: 'cart' });
    expect(items.find((change) => change.details.writer === 'carol')).toMatchObject({
      kind: 'config',
      service: 'cart',
      details: { fields: ['spec.selector'] },
    });
  });
});

test('changes come newest first, with those that were posted, each once, and keep their ids', async () => {
  const first = await changes();
  const times = first.items.map((change) => Date.parse(change.at));
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect(first.items.filter((change) => change.id === posted.id)).toHaveLength(1);
  expect((await changes()).items.map((change) => change.id)).toEqual(first.items.map((change) => change.id));
});

test('a window without changes says that there are others', async () => {
  const answer = await changes({ from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' });
  expect(answer).toMatchObject({ items: [], hint: expect.stringMatching(/\d+ changes are known outside/) });
});

describe('what cannot be asked', () => {
  test('a cluster that is away is a gap; what was posted is still told', async () => {
    const proxy = await startApiProxy(api, api.adminKubeconfig, () => (response) => response.destroy());
    try {
      const away = clientOf(proxy.kubeconfig, async () => [posted]);
      const answer = await callContract(away, changesList, { ...window() });
      expect(answer.items.map((change) => change.id)).toEqual([posted.id]);
      expect(answer.gaps).toEqual([expect.stringContaining('changes in test: ')]);
    } finally {
      proxy.close();
    }
  });

  test('a store that is away is a gap', async () => {
    const broken = clientOf(api.adminKubeconfig, async () => {
      throw new Error('no connection');
    });
    const answer = await callContract(broken, changesList, { ...window(), namespace });
    expect(answer.gaps).toEqual(['changes told to us: no connection']);
    expect(answer.items).not.toEqual([]);
  });
});

test('nothing of this writes', async () => {
  const before = (await read(api.admin, paths.deployments(namespace, 'checkout'))).metadata.generation;
  await changes();
  expect((await read(api.admin, paths.deployments(namespace, 'checkout'))).metadata.generation).toBe(before);
});
