import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { ToolInput } from '#domain/tools/define-tool.ts';
import {
  kubernetesGetObject,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import {
  create,
  createNamespace,
  merge,
  paths,
  rolledOut,
  workload,
} from '#test/setup/kubernetes-objects.ts';
import { callContract, createToolClient, type ToolClient } from '../runtime/client.ts';
import { createKubernetesServer } from './server.ts';

const namespace = 'shop';
let api: KubernetesApi;
let client: ToolClient;

function clientOf(kubeconfig: string): ToolClient {
  const server = createKubernetesServer({ clusters: [{ name: 'test', kubeconfig }] });
  return createToolClient({ servers: { kubernetes: { kind: 'in-process', server } } });
}

type Listing = Omit<ToolInput<typeof kubernetesListObjects>, 'cluster'>;
const list = (input: Listing, over = client) =>
  callContract(over, kubernetesListObjects, { cluster: 'test', ...input });
const get = (kind: string, name: string, where: string | undefined = namespace) =>
  callContract(client, kubernetesGetObject, {
    cluster: 'test',
    kind,
    name,
    ...(where === '' ? {} : { namespace: where }),
  });
const events = (input: Partial<ToolInput<typeof kubernetesListEvents>> = {}) =>
  callContract(client, kubernetesListEvents, { cluster: 'test', namespace, ...input });
const revisions = (name?: string) =>
  callContract(client, kubernetesListRevisions, {
    cluster: 'test',
    namespace,
    ...(name === undefined ? {} : { name }),
  });

beforeAll(async () => {
  api = await startKubernetesApi();
  client = clientOf(api.adminKubeconfig);
  await createNamespace(api.admin, namespace);
  for (let index = 0; index < 25; index += 1) {
    const name = `settings-${String(index).padStart(2, '0')}`;
    const labels = { tier: index % 2 === 0 ? 'even' : 'odd' };
    await create(api.admin, paths.configMaps(namespace), {
      metadata: { name, labels },
      data: { size: String(index) },
    });
  }
  await create(api.admin, paths.secrets(namespace), {
    metadata: {
      name: 'db',
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"Y29ycmVjdA=="}}',
      },
    },
    stringData: { password: 'correct-horse', 'plain.txt': 'battery-staple' },
  });
}, startKubernetesApiTimeoutMs);

afterAll(() => api.stop());

describe('listing', () => {
  test('kinds by plural, kind, singular or short name, each object with its kind', async () => {
    const { items } = await list({ kinds: ['configmaps', 'Secret', 'svc', 'namespaces'], namespace });
    const kinds = new Set(items.map((item) => item.kind));
    expect(kinds).toEqual(new Set(['ConfigMap', 'Secret', 'Namespace']));
    expect(items.find((item) => item.metadata.name === 'settings-03')).toMatchObject({
      apiVersion: 'v1',
      data: { size: '3' },
    });
  });

  test('pages through more than a page holds, in the same order, each object once', async () => {
    const request = (cursor?: string) => ({
      server: 'kubernetes',
      tool: 'kubernetes_list_objects',
      arguments: {
        cluster: 'test',
        kinds: ['configmaps', 'secrets', 'serviceaccounts'],
        namespace,
        limit: 10,
        ...(cursor === undefined ? {} : { cursor }),
      },
    });
    const names: string[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = kubernetesListObjects.output.parse(
        (await client.call(request(cursor), { maxPages: 1 })).output,
      );
      expect(page.items.length).toBeLessThanOrEqual(10);
      names.push(...page.items.map((item) => `${item.kind}/${item.metadata.name}`));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBeGreaterThan(2);
    const whole = await list({ kinds: ['configmaps', 'secrets', 'serviceaccounts'], namespace });
    expect(names).toEqual(whole.items.map((item) => `${item.kind}/${item.metadata.name}`));
    expect(new Set(names).size).toBe(names.length);
  });

  test('by label', async () => {
    const { items } = await list({ kinds: ['configmaps'], namespace, labelSelector: 'tier=odd' });
    expect(items).toHaveLength(12);
  });

  test('nothing there: the hint says where such objects are, or that the selector fits none', async () => {
    const elsewhere = await list({ kinds: ['secrets'], namespace: 'shopp' });
    expect(elsewhere).toMatchObject({
      items: [],
      hint: expect.stringMatching(/in namespaces .*shop \(1\).*did you mean shop/),
    });
    const unselected = await list({ kinds: ['configmaps'], namespace, labelSelector: 'tier=none' });
    expect(unselected.hint).toContain('26 configmaps without the label selector "tier=none"');
    const nowhere = await list({ kinds: ['cronjobs'], namespace });
    expect(nowhere.hint).toBe('there are no such cronjobs in any namespace');
  });

  test('a kind that the cluster does not serve is named, the others are listed', async () => {
    const answer = await list({ kinds: ['configmpas', 'secrets'], namespace });
    expect(answer).toMatchObject({
      items: [{ kind: 'Secret' }],
      hint: 'this cluster has no kind "configmpas"; did you mean configmaps?',
      gaps: ['configmpas: not served by this cluster'],
    });
  });

  test('custom kinds, as soon as they are served', async () => {
    const group = 'shop.example.org';
    await create(api.admin, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: `coupons.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural: 'coupons', singular: 'coupon', kind: 'Coupon', shortNames: ['cpn'] },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
    const collection = `/apis/${group}/v1/namespaces/${namespace}/coupons`;
    await expect
      .poll(
        () =>
          create(api.admin, collection, {
            apiVersion: `${group}/v1`,
            kind: 'Coupon',
            metadata: { name: 'ten' },
            off: 10,
          }).then(
            () => true,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(true);
    // What a cluster serves is asked anew after a minute: a client of its own asks at once.
    const fresh = clientOf(api.adminKubeconfig);
    await expect
      .poll(async () => (await list({ kinds: ['cpn'], namespace }, fresh)).items.length, { timeout: 60_000 })
      .toBe(1);
    const { items } = await list({ kinds: [`coupons.${group}`], namespace }, fresh);
    expect(items).toMatchObject([{ apiVersion: `${group}/v1`, kind: 'Coupon', off: 10 }]);
  }, 90_000);

  test('what the account may not read is a gap; the rest is there', async () => {
    await create(api.admin, '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name: 'maps' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] }],
    });
    await create(api.admin, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'maps' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'maps' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' }],
    });
    const alice = clientOf(await api.kubeconfigOf('alice'));
    const answer = await list({ kinds: ['secrets', 'configmaps', 'pods'], namespace }, alice);
    expect(answer.items).toHaveLength(26);
    expect(answer.gaps).toEqual(['secrets: forbidden for this account', 'pods: forbidden for this account']);
  });
});

describe('objects', () => {
  test('come without bookkeeping; a Secret with its keys alone', async () => {
    const { object } = await get('secrets', 'db');
    expect(object).toMatchObject({
      data: { password: '[redacted:secret-value]', 'plain.txt': '[redacted:secret-value]' },
    });
    expect(object?.metadata).not.toHaveProperty('managedFields');
    const everything = JSON.stringify([object, await list({ kinds: ['secrets'], namespace })]);
    for (const secret of ['correct-horse', 'battery-staple', 'Y29ycmVjd', 'YmF0dGVye']) {
      expect(everything).not.toContain(secret);
    }
  });

  test('that are not there leave a hint', async () => {
    expect(await get('configmaps', 'setting-03')).toEqual({
      hint: expect.stringContaining('did you mean settings-0'),
    });
    expect(await get('configmaps', 'settings-03', 'default')).toEqual({
      hint: 'configmaps with this name are in namespaces shop (1)',
    });
    expect(await get('widgets', 'x')).toEqual({
      hint: expect.stringContaining('this cluster has no kind "widgets"'),
    });
    await expect(get('configmaps', 'x', '')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('namespace'),
    });
  });

  test('of a cluster that is not known are refused, with those that are', async () => {
    const unknown = callContract(client, kubernetesListObjects, { cluster: 'prod', kinds: ['pods'] });
    await expect(unknown).rejects.toMatchObject({
      code: 'bad-input',
      message: 'unknown cluster "prod"; known: test',
    });
  });
});

describe('events', () => {
  const event = (name: string, more: object) => ({
    metadata: { name, namespace },
    involvedObject: { kind: 'Pod', namespace, name: 'checkout-1' },
    reason: 'BackOff',
    message: `Back-off of ${name}`,
    type: 'Warning',
    ...more,
  });
  const at = (minutesAgo: number) => fromMs(Math.floor(Date.now() / 60_000) * 60_000 - minutesAgo * 60_000);

  test('of both forms come newest first, with how often and since when', async () => {
    const counted = {
      firstTimestamp: at(30),
      lastTimestamp: at(10),
      count: 7,
      source: { component: 'kubelet' },
    };
    await create(api.admin, paths.events(namespace), event('counted', counted));
    const microTime = at(5).replace('.000Z', '.123456Z');
    await create(
      api.admin,
      paths.events(namespace),
      event('series', {
        eventTime: microTime,
        reportingComponent: 'scheduler',
        reportingInstance: 'scheduler-1',
        action: 'Binding',
        series: { count: 3, lastObservedTime: at(2).replace('.000Z', '.000000Z') },
      }),
    );
    const { items } = await events();
    expect(items).toMatchObject([
      { message: 'Back-off of series', count: 3, lastAt: at(2), source: 'scheduler' },
      {
        message: 'Back-off of counted',
        count: 7,
        firstAt: at(30),
        lastAt: at(10),
        source: 'kubelet',
        type: 'Warning',
      },
    ]);
    expect((await events({ since: at(6) })).items).toHaveLength(1);
    expect(await events({ since: fromMs(Date.now() + 60_000) })).toMatchObject({
      items: [],
      hint: expect.stringMatching(/2 older events/),
    });
  });
});

describe('revisions', () => {
  test('of a Deployment: newest first, with templates as they can be gone back to', async () => {
    await create(
      api.admin,
      paths.deployments(namespace),
      workload('web', { replicas: 1, annotations: { 'kubernetes.io/change-cause': 'first' } }),
    );
    await rolledOut(api.admin, namespace, 'web', '1');
    const path = paths.deployments(namespace, 'web');
    await merge(api.admin, path, {
      metadata: { annotations: { 'kubernetes.io/change-cause': 'second' } },
      spec: { template: { metadata: { annotations: { release: '2' } } } },
    });
    await rolledOut(api.admin, namespace, 'web', '2');
    const { items } = await revisions('web');
    expect(items).toMatchObject([
      {
        revision: 2,
        current: true,
        changeCause: 'second',
        template: { metadata: { annotations: { release: '2' } } },
      },
      { revision: 1, current: false, changeCause: 'first', replicas: expect.any(Number) },
    ]);
    expect(items[0]?.template).toMatchObject({ metadata: { labels: { app: 'web' } } });
    expect(JSON.stringify(items)).not.toContain('pod-template-hash');
    expect(items.every((item) => item.createdAt !== undefined)).toBe(true);

    await merge(api.admin, path, { spec: { template: { metadata: { annotations: { release: null } } } } });
    await rolledOut(api.admin, namespace, 'web', '3');
    expect((await revisions('web')).items.map((item) => [item.revision, item.current])).toEqual([
      [3, true],
      [2, false],
    ]);
  });

  test('of a StatefulSet and a DaemonSet', async () => {
    await create(api.admin, paths.statefulSets(namespace), workload('db', { replicas: 1 }));
    await create(api.admin, paths.daemonSets(namespace), workload('agent'));
    for (const path of [paths.statefulSets(namespace, 'db'), paths.daemonSets(namespace, 'agent')]) {
      await expect.poll(async () => (await revisions(path.split('/').at(-1))).items.length).toBe(1);
      await merge(api.admin, path, { spec: { template: { metadata: { annotations: { release: '2' } } } } });
    }
    for (const name of ['db', 'agent']) {
      await expect
        .poll(async () => (await revisions(name)).items.map((item) => [item.revision, item.current]))
        .toEqual([
          [2, true],
          [1, false],
        ]);
      expect(JSON.stringify((await revisions(name)).items)).not.toContain('$patch');
    }
  });

  test('of nobody by that name: the workloads that there are', async () => {
    expect(await revisions('wbe')).toMatchObject({ items: [], hint: expect.stringContaining('web') });
  });
});
