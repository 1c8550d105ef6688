import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Configuration, configurationSchema } from '#domain/configuration.ts';
import type { DoctorCheck } from '#machine/doctor-checks.ts';
import { loadKubeconfig } from '#range/cluster/kubeconfig.ts';
import { applyObjects, readManifest } from '#range/cluster/manifests.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { create, createNamespace } from '#test/setup/kubernetes-objects.ts';
import { useDatabase, useTemporal } from '#test/setup/services.ts';
import { startAlertmanager } from '#test/setup/start-alertmanager.ts';
import { startPrometheus } from '#test/setup/start-prometheus.ts';
import { wordsIn } from '../words/words.ts';
import { checkSystems } from './check-systems.ts';

/** A busy machine may take its time: only what never answers is waited for. */
const patienceMs = 60_000;

function check(configured: Record<string, unknown>, timeoutMs = patienceMs): Promise<DoctorCheck[]> {
  const configuration: Configuration = configurationSchema.parse(configured);
  return checkSystems(configuration, wordsIn('en'), timeoutMs);
}

const nowhere = '127.0.0.1:9';

test('what is not configured is not looked at', async () => {
  expect(await check({})).toEqual([]);
});

test('PostgreSQL and Temporal that are well are said to be', async () => {
  const { url } = await useDatabase();
  expect(await check({ databaseUrl: url, temporal: await useTemporal() })).toMatchObject([
    { name: 'databaseUrl', state: 'ok', text: expect.stringMatching(/^PostgreSQL \d+$/) },
    { name: 'temporal.address', state: 'ok' },
  ]);
});

test('a password that is wrong, a namespace that is not there: told with the way out, without the password', async () => {
  const { url } = await useDatabase();
  const wrong = new URL(url);
  wrong.password = 'guessed-wrongly';
  const { address } = await useTemporal();
  const checks = await check({ databaseUrl: wrong.href, temporal: { address, namespace: 'no-such-one' } });
  expect(checks).toMatchObject([
    {
      state: 'missing',
      text: expect.stringContaining('password'),
      mend: expect.stringContaining('DATABASE_URL'),
    },
    { state: 'missing', text: expect.stringContaining('no-such-one') },
  ]);
  expect(JSON.stringify(checks)).not.toContain('guessed-wrongly');
});

test('what cannot be reached is missing, each with the setting to correct', async () => {
  const checks = await check({
    databaseUrl: `postgres://a:b@${nowhere}/x`,
    temporal: { address: nowhere },
    prometheusUrl: `http://${nowhere}`,
    alertmanagerUrl: `http://${nowhere}`,
    clusters: [{ name: 'far', kubeconfig: '/nowhere/reader', actorKubeconfig: '/nowhere/actor' }],
  });
  expect(checks.map(({ name, state }) => [name, state])).toEqual([
    ['databaseUrl', 'missing'],
    ['temporal.address', 'missing'],
    ['prometheusUrl', 'missing'],
    ['alertmanagerUrl', 'missing'],
    ['clusters far', 'missing'],
    ['clusters far, actor', 'missing'],
  ]);
  for (const { mend, text } of checks) {
    expect(mend).toMatch(/correct [A-Z_]+|kubectl --kubeconfig \/nowhere\//);
    expect(text).not.toBe('');
  }
});

test('a server that takes the call and never answers does not keep anybody waiting', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const checks = await check({ prometheusUrl: `http://127.0.0.1:${port}` }, 1_000);
  expect(checks).toMatchObject([{ state: 'missing', text: 'did not answer within 1 s' }]);
  server.closeAllConnections();
  server.close();
});

test('Prometheus and Alertmanager are known by what they answer; one for the other is a mistake', async () => {
  const [prometheus, alertmanager] = await Promise.all([
    startPrometheus([], { groups: [] }),
    startAlertmanager({}),
  ]);
  try {
    const right = { prometheusUrl: `${prometheus.url}/`, alertmanagerUrl: alertmanager.url };
    expect(await check(right)).toMatchObject([{ state: 'ok' }, { state: 'ok' }]);
    const swapped = { prometheusUrl: alertmanager.url, alertmanagerUrl: prometheus.url };
    expect(await check(swapped)).toMatchObject([
      { state: 'missing', text: expect.stringContaining('as Prometheus does') },
      { state: 'missing', text: expect.stringContaining('as Alertmanager does') },
    ]);
  } finally {
    await Promise.all([prometheus.stop(), alertmanager.stop()]);
  }
});

describe('a cluster', () => {
  let api: KubernetesApi;
  let reader: string;
  let actor: string;
  beforeAll(async () => {
    api = await startKubernetesApi({ controllers: false });
    // The accounts as docs/getting-started.md has them applied.
    await applyObjects(loadKubeconfig(api.adminKubeconfig), await readManifest('accounts', {}));
    reader = await api.kubeconfigOf('system:serviceaccount:understudy:understudy-reader');
    actor = await api.kubeconfigOf('system:serviceaccount:understudy:understudy-actor');
  }, startKubernetesApiTimeoutMs);
  afterAll(() => api.stop());

  const look = (kubeconfig: string, actorKubeconfig: string) =>
    check({ clusters: [{ name: 'c', kubeconfig, actorKubeconfig }] });

  test('with the accounts of the documentation is well once the actor is bound in a namespace', async () => {
    expect(await look(reader, actor)).toMatchObject([
      { name: 'clusters c', state: 'ok' },
      {
        name: 'clusters c, actor',
        state: 'missing',
        text: expect.stringContaining('patch deployments.apps'),
      },
    ]);
    await createNamespace(api.admin, 'shop');
    await create(api.admin, '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', {
      metadata: { name: 'understudy-actor' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'understudy-actor' },
      subjects: [{ kind: 'ServiceAccount', name: 'understudy-actor', namespace: 'understudy' }],
    });
    const [, bound] = await look(reader, actor);
    expect(bound).toMatchObject({ state: 'ok', text: expect.stringContaining('in: shop') });
  });

  test('whose account may do nothing is told what it may not', async () => {
    const nobody = await api.kubeconfigOf('nobody');
    expect(await look(nobody, nobody)).toMatchObject([
      {
        state: 'missing',
        text: expect.stringContaining('list pods'),
        mend: expect.stringContaining('docs/'),
      },
      { state: 'missing' },
    ]);
  });

  test('whose account for reading may write is a warning', async () => {
    expect(await look(api.adminKubeconfig, api.adminKubeconfig)).toMatchObject([
      { state: 'warning', text: expect.stringContaining('may write') },
      { state: 'ok', text: expect.stringContaining('every namespace') },
    ]);
  });
});
