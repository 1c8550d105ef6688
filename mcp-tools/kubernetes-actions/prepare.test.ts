import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diffDigest, wereShown } from '#domain/actions/args-hash.ts';
import { startKubernetesApiTimeoutMs } from '#test/setup/kubernetes-api.ts';
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
import { type ActionBench, call, cluster, namespace, startActionBench } from './testing/action-bench.ts';

let bench: ActionBench;

beforeAll(async () => {
  bench = await startActionBench();
  await create(bench.admin, paths.deployments(namespace), workload('web', { replicas: 3 }));
  await rolledOut(bench.admin, namespace, 'web', '1');
}, startKubernetesApiTimeoutMs);

afterAll(() => bench.stop());

async function failedChecks(wanted: ReturnType<typeof call>) {
  const answer = await bench.prepare(wanted);
  if (!answer.ok) throw new Error(answer.refused);
  return answer.prepared.checks.filter((check) => !check.ok);
}

test('a step that can be taken comes with what an approval binds to', async () => {
  const answer = await bench.prepare(call('scale', 'Deployment', 'web', { replicas: 1 }));
  const uid = (await read(bench.admin, paths.deployments(namespace, 'web'))).metadata.uid;
  const changes = [{ path: '/spec/replicas', before: 3, after: 1 }];
  expect(answer).toMatchObject({
    ok: true,
    prepared: {
      targetUid: uid,
      changes,
      diffDigest: diffDigest(changes),
      riskClass: 'disrupt',
      blastRadius: { objects: 1, replicas: 2, namespaces: 1 },
      checks: [
        { name: 'owner', ok: true },
        { name: 'autoscaler', ok: true },
        { name: 'access', ok: true },
        { name: 'dry-run', ok: true },
      ],
      snapshot: { kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 3 } },
      inverse: { action: 'scale', arguments: { replicas: 3 } },
    },
  });
});

const refusals: readonly {
  readonly title: string;
  readonly wanted: ReturnType<typeof call>;
  readonly says: RegExp;
}[] = [
  {
    title: 'an object that is not there',
    wanted: call('scale', 'Deployment', 'nobody', { replicas: 1 }),
    says: /there is no Deployment shop\/nobody/,
  },
  {
    title: 'an action that does not exist',
    wanted: call('drain', 'Node', 'node-1', {}),
    says: /unknown action "drain"; known: /,
  },
  {
    title: 'a kind that the action is not for',
    wanted: call('scale', 'DaemonSet', 'web', { replicas: 1 }),
    says: /is for Deployment, StatefulSet/,
  },
  {
    title: 'arguments that do not fit',
    wanted: call('scale', 'Deployment', 'web', { replicas: -1 }),
    says: /replicas/,
  },
  {
    title: 'arguments too many',
    wanted: call('scale', 'Deployment', 'web', { replicas: 1, force: true }),
    says: /force/,
  },
  {
    title: 'what is like that already',
    wanted: call('scale', 'Deployment', 'web', { replicas: 3 }),
    says: /3 replicas already/,
  },
  {
    title: 'a namespace too few',
    wanted: {
      ...call('scale', 'Deployment', 'web', { replicas: 1 }),
      object: { cluster, kind: 'Deployment', name: 'web' },
    },
    says: /which namespace/,
  },
  {
    title: 'a cluster without an account',
    wanted: {
      ...call('cordon', 'Node', 'node-1', {}),
      object: { cluster: 'production', kind: 'Node', name: 'node-1' },
    },
    says: /no account for it/,
  },
  {
    title: 'our own mark as an argument',
    wanted: call('patch', 'Deployment', 'web', {
      operations: [{ op: 'add', path: '/metadata/annotations/understudy.dev~1step', value: 'x' }],
    }),
    says: /understudy\.dev/,
  },
];

test.each(refusals)('$title is refused, in words', async ({ wanted, says }) => {
  expect(await bench.prepare(wanted)).toMatchObject({ ok: false, refused: expect.stringMatching(says) });
});

const owned: readonly { readonly owner: string; readonly more: Parameters<typeof workload>[1] }[] = [
  {
    owner: 'Argo CD',
    more: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/x' } },
  },
  { owner: 'Flux', more: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } } },
  { owner: 'Helm', more: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } },
  { owner: 'an operator', more: { labels: { 'app.kubernetes.io/managed-by': 'strimzi-cluster-operator' } } },
];

describe('an object that somebody else keeps', () => {
  test.each(owned)('$owner: a change is not ready, and says where it belongs', async ({ owner, more }) => {
    const name = `owned-${owned.findIndex((candidate) => candidate.owner === owner)}`;
    await create(bench.admin, paths.deployments(namespace), workload(name, { ...more, replicas: 1 }));
    expect(await failedChecks(call('scale', 'Deployment', name, { replicas: 2 }))).toEqual([
      { name: 'owner', ok: false, detail: expect.stringContaining(`${owner} manages it`) },
    ]);
    const at = '2026-08-01T10:00:00Z';
    expect(
      await failedChecks(call('rollout-restart', 'Deployment', name, { at })),
      'a restart leaves no change',
    ).toEqual([]);
  });

  test('a controller that owns it is named', async () => {
    const owner = {
      apiVersion: 'example.org/v1',
      kind: 'Database',
      name: 'orders',
      uid: 'u-1',
      controller: true,
    };
    const body = workload('orders-db', { replicas: 1 });
    await create(bench.admin, paths.deployments(namespace), {
      ...body,
      metadata: { ...body.metadata, ownerReferences: [owner] },
    });
    const [check] = await failedChecks(call('scale', 'Deployment', 'orders-db', { replicas: 2 }));
    expect(check).toMatchObject({
      name: 'owner',
      detail: expect.stringContaining('Database orders controls it'),
    });
  });

  test('an autoscaler would set the replicas back', async () => {
    await create(bench.admin, paths.deployments(namespace), workload('auto', { replicas: 1 }));
    await create(bench.admin, `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, {
      metadata: { name: 'auto' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'auto' }, maxReplicas: 3 },
    });
    const [check] = await failedChecks(call('scale', 'Deployment', 'auto', { replicas: 2 }));
    expect(check).toMatchObject({
      name: 'autoscaler',
      detail: expect.stringContaining('HorizontalPodAutoscaler auto'),
    });
  });
});

test('a revision that never stood is nothing to roll back to', async () => {
  await create(bench.admin, paths.deployments(namespace), workload('stuck', { replicas: 2 }));
  await rolledOut(bench.admin, namespace, 'stuck', '1');
  const path = paths.deployments(namespace, 'stuck');
  // Nobody runs the pods here, so that the first revision's go on waiting beside every later one.
  for (const release of ['2', '3']) {
    await merge(bench.admin, path, { spec: { template: { metadata: { annotations: { release } } } } });
    await rolledOut(bench.admin, namespace, 'stuck', release);
  }
  expect(await bench.prepare(call('rollout-undo', 'Deployment', 'stuck', { toRevision: 2 }))).toMatchObject({
    ok: false,
    refused: expect.stringMatching(/revision 2 never stood/),
  });
  expect(await failedChecks(call('rollout-undo', 'Deployment', 'stuck', { toRevision: 1 }))).toEqual([]);
});

test('what the account may not do is no step', async () => {
  await createNamespace(bench.admin, 'closed');
  await create(bench.admin, paths.configMaps('closed'), { metadata: { name: 'x' }, data: { a: '1' } });
  const operations = [{ op: 'replace', path: '/data/a', value: '2' }];
  const object = { cluster, kind: 'ConfigMap', namespace: 'closed', name: 'x' };
  expect(await bench.prepare({ action: 'patch', object, arguments: { operations } })).toMatchObject({
    ok: false,
    refused: expect.stringContaining('cannot get resource "configmaps"'),
  });
});

test('what the account may look at but not change is not ready', async () => {
  await create(bench.admin, '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'looker' },
    rules: [{ apiGroups: [''], resources: ['services'], verbs: ['get'] }],
  });
  await create(bench.admin, `/apis/rbac.authorization.k8s.io/v1/namespaces/closed/rolebindings`, {
    metadata: { name: 'looker' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'looker' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'understudy', name: 'understudy-actor' }],
  });
  await create(bench.admin, paths.services('closed'), {
    metadata: { name: 'x' },
    spec: { selector: { app: 'a' }, ports: [{ port: 80 }] },
  });
  const operations = [{ op: 'replace', path: '/spec/selector/app', value: 'b' }];
  const object = { cluster, kind: 'Service', namespace: 'closed', name: 'x' };
  expect(await failedChecks({ action: 'patch', object, arguments: { operations } })).toEqual([
    { name: 'access', ok: false, detail: 'the account may not patch services in namespace closed' },
    { name: 'dry-run', ok: false, detail: expect.stringContaining('forbidden') },
  ]);
});

test('what the API server would not take is found by the dry run', async () => {
  const operations = [{ op: 'replace', path: '/spec/selector/matchLabels/app', value: 'other' }];
  const checks = await failedChecks(call('patch', 'Deployment', 'web', { operations }));
  expect(checks).toEqual([{ name: 'dry-run', ok: false, detail: expect.stringContaining('immutable') }]);
});

describe('secrets in the fields of a step', () => {
  const settings = { 'cache.size': '10', DB_PASSWORD: 'correct-horse' };

  test('are not shown, and what could not be brought back is a destroying step', async () => {
    await create(bench.admin, paths.configMaps(namespace), {
      metadata: { name: 'settings' },
      data: settings,
    });
    const operations = [{ op: 'remove', path: '/data/DB_PASSWORD' }];
    const answer = await bench.prepare(call('patch', 'ConfigMap', 'settings', { operations }));
    expect(JSON.stringify(answer)).not.toContain('correct-horse');
    expect(answer).toMatchObject({
      ok: true,
      prepared: {
        changes: [{ path: '/data/DB_PASSWORD', before: '[redacted:named-secret]' }],
        riskClass: 'destroy',
      },
    });
    expect(answer.ok && answer.prepared.inverse).toBeUndefined();
  });

  const hidden: readonly { readonly title: string; readonly wanted: ReturnType<typeof call> }[] = [
    {
      title: 'a key of its own',
      wanted: call('patch', 'ConfigMap', 'many-secrets', {
        operations: [{ op: 'remove', path: '/data/DB_PASSWORD' }],
      }),
    },
    {
      title: 'part of a text',
      wanted: call('patch', 'ConfigMap', 'many-secrets', {
        operations: [{ op: 'remove', path: '/data/url' }],
      }),
    },
    {
      title: 'an annotation',
      wanted: call('patch', 'ConfigMap', 'many-secrets', {
        operations: [{ op: 'remove', path: '/metadata/annotations/example.org~1token' }],
      }),
    },
    {
      title: 'the value of a variable',
      wanted: call('patch', 'Deployment', 'secret-env', {
        operations: [
          { op: 'replace', path: '/spec/template/spec/containers/0/env/0/value', value: 'battery' },
        ],
      }),
    },
    {
      title: 'variables as a whole',
      wanted: call('patch', 'Deployment', 'secret-env', {
        operations: [{ op: 'remove', path: '/spec/template/spec/containers/0/env' }],
      }),
    },
  ];

  describe('can be changed all the same', () => {
    beforeAll(async () => {
      await create(bench.admin, paths.configMaps(namespace), {
        metadata: { name: 'many-secrets', annotations: { 'example.org/token': 'correct-horse' } },
        data: { ...settings, url: 'postgres://me:correct-horse@db/shop?password=correct-horse' },
      });
      const env = [{ name: 'API_TOKEN', value: 'correct-horse' }];
      await create(bench.admin, paths.deployments(namespace), workload('secret-env', { env, replicas: 0 }));
    });

    test.each(hidden)('$title: what is shown has the digest that is approved', async ({ wanted }) => {
      const step = await bench.grantStep(wanted);
      expect(JSON.stringify(step.prepared)).not.toContain('correct-horse');
      expect(wereShown(step.prepared.changes, step.prepared.diffDigest)).toBe(true);
      expect(step.prepared.diffDigest, 'the true values are in it').not.toBe(
        diffDigest(step.prepared.changes),
      );
      expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
      expect(await bench.observe(step)).toMatchObject({ effect: 'there' });
    });
  });

  test('are never written as the marks that were shown in their place', async () => {
    await create(bench.admin, paths.deployments(namespace), workload('marked', { replicas: 0 }));
    const value = [{ name: 'URL', value: 'postgres://me:[redacted:url-password]@db' }];
    const operations = [{ op: 'add', path: '/spec/template/spec/containers/0/env', value }];
    expect(await bench.prepare(call('patch', 'Deployment', 'marked', { operations }))).toMatchObject({
      ok: false,
      refused: expect.stringContaining('the mark of a secret'),
    });
  });

  test('do not keep a rollback from being taken back', async () => {
    const env = [{ name: 'DB_PASSWORD', value: 'correct-horse' }];
    await create(bench.admin, paths.deployments(namespace), workload('vault', { replicas: 1, env }));
    await rolledOut(bench.admin, namespace, 'vault', '1');
    const path = paths.deployments(namespace, 'vault');
    await bench.admin.json({
      method: 'PATCH',
      path,
      body: { spec: { template: { metadata: { annotations: { release: '2' } } } } },
      contentType: 'application/merge-patch+json',
      signal: AbortSignal.timeout(30_000),
    });
    await rolledOut(bench.admin, namespace, 'vault', '2');
    const step = await bench.grantStep(call('rollout-undo', 'Deployment', 'vault', { toRevision: 1 }));
    expect(JSON.stringify(step.prepared)).not.toContain('correct-horse');
    expect(step.prepared).toMatchObject({
      riskClass: 'disrupt',
      inverse: { action: 'rollout-undo', arguments: { toRevision: 2 } },
    });
    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    expect(JSON.stringify(await read(bench.admin, path)), 'the real value was written').toContain(
      'correct-horse',
    );
    expect(await bench.observe(step)).toMatchObject({ effect: 'there' });
  });
});

test('an API server that is away is an error, not a refusal', async () => {
  const proxy = await startApiProxy(
    bench.api,
    bench.actor,
    () => (response) => response.writeHead(200).end('<html>'),
  );
  try {
    const over = bench.clientOver(proxy.kubeconfig);
    await expect(
      bench.prepare(call('scale', 'Deployment', 'web', { replicas: 1 }), over),
    ).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('nonsense'),
    });
  } finally {
    proxy.close();
  }
});

test('a check that nobody answers says that it could not be made; a no is a no', async () => {
  const proxy = await startApiProxy(bench.api, bench.actor, ({ url }) =>
    url?.includes('selfsubjectaccessreviews') === true ? (response) => response.destroy() : 'pass',
  );
  try {
    const over = bench.clientOver(proxy.kubeconfig);
    const answer = await bench.prepare(call('scale', 'Deployment', 'web', { replicas: 1 }), over);
    expect(answer).toMatchObject({ ok: true });
    const checks = answer.ok ? answer.prepared.checks : [];
    expect(checks.find(({ name }) => name === 'access')).toMatchObject({ ok: false, couldNotLook: true });
    expect(checks.filter(({ name }) => name !== 'access').every((check) => !('couldNotLook' in check))).toBe(
      true,
    );
  } finally {
    proxy.close();
  }
});
