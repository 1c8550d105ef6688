import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { valueAt } from '#domain/actions/json-patch.ts';
import { stepAnnotation } from '#domain/tools/kubernetes-actions.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { eventually, startKubernetesApiTimeoutMs } from '#test/setup/kubernetes-api.ts';
import { create, list, merge, paths, read, rolledOut, workload } from '#test/setup/kubernetes-objects.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { type ActionBench, type Call, call, namespace, startActionBench } from './testing/action-bench.ts';

let bench: ActionBench;

beforeAll(async () => {
  bench = await startActionBench();
}, startKubernetesApiTimeoutMs);

afterAll(() => bench.stop());

const countedByControllers = [
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'node.alpha.kubernetes.io/ttl',
];

/** What "back as it was" means: without what the API server and we ourselves keep. */
function essence(object: KubernetesObject) {
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(
    ([name]) => !name.startsWith('understudy.dev/') && !countedByControllers.includes(name),
  );
  return {
    labels: object.metadata.labels,
    annotations: Object.fromEntries(annotations),
    // Taints follow a node's state, by its controllers.
    spec: { ...(typeof object.spec === 'object' ? object.spec : {}), taints: undefined },
    data: object.data,
  };
}

async function deployment(admin: ApiClient, name: string): Promise<string> {
  await create(admin, paths.deployments(namespace), workload(name, { replicas: 2 }));
  await rolledOut(admin, namespace, name, '1');
  return paths.deployments(namespace, name);
}

async function node(admin: ApiClient, name: string, unschedulable: boolean): Promise<string> {
  await create(admin, paths.nodes(), { metadata: { name }, spec: { unschedulable } });
  return paths.nodes(name);
}

type RoundTrip = {
  readonly title: string;
  /** Makes the object, answers its path. */
  readonly make: (admin: ApiClient) => Promise<string>;
  readonly call: Call;
  /** A field that the step changes, and what it then is. */
  readonly field: string;
  readonly becomes: unknown;
};

const container = '/spec/template/spec/containers/0';

const roundTrips: readonly RoundTrip[] = [
  {
    title: 'scale a Deployment',
    make: (admin) => deployment(admin, 'scaled'),
    call: call('scale', 'Deployment', 'scaled', { replicas: 5 }),
    field: '/spec/replicas',
    becomes: 5,
  },
  {
    title: 'scale a StatefulSet',
    make: async (admin) => {
      await create(admin, paths.statefulSets(namespace), workload('scaled-set', { replicas: 1 }));
      return paths.statefulSets(namespace, 'scaled-set');
    },
    call: call('scale', 'StatefulSet', 'scaled-set', { replicas: 0 }),
    field: '/spec/replicas',
    becomes: 0,
  },
  {
    title: 'set the image of a DaemonSet',
    make: async (admin) => {
      await create(admin, paths.daemonSets(namespace), workload('agent'));
      return paths.daemonSets(namespace, 'agent');
    },
    call: call('set-image', 'DaemonSet', 'agent', { container: 'main', image: 'registry.example/agent:2' }),
    field: `${container}/image`,
    becomes: 'registry.example/agent:2',
  },
  {
    title: 'set resources',
    make: (admin) => deployment(admin, 'hungry'),
    call: call('set-resources', 'Deployment', 'hungry', { container: 'main', limits: { memory: '256Mi' } }),
    field: `${container}/resources/limits/memory`,
    becomes: '256Mi',
  },
  {
    title: 'patch a workload: add a field that is not there',
    make: (admin) => deployment(admin, 'patched'),
    call: call('patch', 'Deployment', 'patched', {
      operations: [
        { op: 'add', path: `${container}/command`, value: ['serve'] },
        { op: 'add', path: '/spec/minReadySeconds', value: 5 },
      ],
    }),
    field: '/spec/minReadySeconds',
    becomes: 5,
  },
  {
    title: "patch a Service's selector",
    make: async (admin) => {
      await create(admin, paths.services(namespace), {
        metadata: { name: 'checkout' },
        spec: { selector: { app: 'chekout' }, ports: [{ port: 80 }] },
      });
      return paths.services(namespace, 'checkout');
    },
    call: call('patch', 'Service', 'checkout', {
      operations: [{ op: 'replace', path: '/spec/selector/app', value: 'checkout' }],
    }),
    field: '/spec/selector/app',
    becomes: 'checkout',
  },
  {
    title: 'patch a ConfigMap: add a key that is missing',
    make: async (admin) => {
      await create(admin, paths.configMaps(namespace), {
        metadata: { name: 'cart', annotations: { team: 'shop' } },
        data: { 'cache.size': '10' },
      });
      return paths.configMaps(namespace, 'cart');
    },
    call: call('patch', 'ConfigMap', 'cart', {
      operations: [{ op: 'add', path: '/data/cache.ttl', value: '30s' }],
    }),
    field: '/data/cache.ttl',
    becomes: '30s',
  },
  {
    title: 'patch a ConfigMap: take a key away',
    make: async (admin) => {
      await create(admin, paths.configMaps(namespace), {
        metadata: { name: 'flags' },
        data: { on: '1', off: '0' },
      });
      return paths.configMaps(namespace, 'flags');
    },
    call: call('patch', 'ConfigMap', 'flags', { operations: [{ op: 'remove', path: '/data/off' }] }),
    field: '/data/off',
    becomes: undefined,
  },
  {
    title: 'cordon a node',
    make: (admin) => node(admin, 'node-1', false),
    call: call('cordon', 'Node', 'node-1', {}),
    field: '/spec/unschedulable',
    becomes: true,
  },
  {
    title: 'uncordon a node',
    make: (admin) => node(admin, 'node-2', true),
    call: call('uncordon', 'Node', 'node-2', {}),
    field: '/spec/unschedulable',
    becomes: undefined,
  },
  {
    title: 'roll back a Deployment',
    make: async (admin) => {
      const path = await deployment(admin, 'rolled');
      await merge(admin, path, { spec: { template: { metadata: { annotations: { release: '2' } } } } });
      await rolledOut(admin, namespace, 'rolled', '2');
      return path;
    },
    call: call('rollout-undo', 'Deployment', 'rolled', { toRevision: 1 }),
    field: '/spec/template/metadata/annotations/release',
    becomes: undefined,
  },
];

describe.each(roundTrips)('$title', ({ make, call: wanted, field, becomes }) => {
  test('is dry-run, taken once, seen, and taken back', async () => {
    const path = await make(bench.admin);
    const before = await read(bench.admin, path);

    const step = await bench.grantStep(wanted);
    expect(step.prepared.changes).not.toEqual([]);
    expect(essence(await read(bench.admin, path)), 'the dry run changes nothing').toEqual(essence(before));
    expect(await bench.observe(step)).toMatchObject({ effect: 'absent' });

    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    const after = await read(bench.admin, path);
    expect(valueAt(after, field)).toEqual(becomes);
    expect(after.metadata.annotations?.[stepAnnotation]).toBe(step.stepId);
    expect(await bench.observe(step)).toMatchObject({ effect: 'there' });

    expect(await bench.execute(step)).toMatchObject({ effect: 'already-there' });
    expect((await read(bench.admin, path)).metadata.generation).toBe(after.metadata.generation);

    const { inverse } = step.prepared;
    expect(inverse, 'it can be taken back').toBeDefined();
    const back = await bench.grantStep({
      ...wanted,
      action: inverse?.action ?? '',
      arguments: { ...inverse?.arguments },
    });
    expect(await bench.execute(back)).toMatchObject({ effect: 'applied' });
    expect(essence(await read(bench.admin, path))).toEqual(essence(before));
  });
});

describe('steps that only replace pods', () => {
  test('a restart writes its moment into the template, once', async () => {
    const path = await deployment(bench.admin, 'restarted');
    const at = '2026-08-01T10:00:00Z';
    const step = await bench.grantStep(call('rollout-restart', 'Deployment', 'restarted', { at }));
    expect(step.prepared).toMatchObject({ riskClass: 'adjust', blastRadius: { replicas: 2 } });
    expect(step.prepared.inverse).toBeUndefined();
    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    const after = await read(bench.admin, path);
    expect(valueAt(after, '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt')).toBe(at);
    expect(await bench.execute(step)).toMatchObject({ effect: 'already-there' });
    expect((await read(bench.admin, path)).metadata.generation).toBe(after.metadata.generation);
  });

  test('a deleted pod is replaced by its controller; the step sent again deletes nothing', async () => {
    await deployment(bench.admin, 'replaced');
    const selector = '?labelSelector=app%3Dreplaced';
    const podsNow = () => list(bench.admin, `${paths.pods(namespace)}${selector}`);
    const pods = await eventually(async () => ((await podsNow()).length === 2 ? podsNow() : undefined));
    const victim = pods[0]?.metadata.name ?? '';
    const step = await bench.grantStep(call('delete-pod', 'Pod', victim, {}));
    expect(step.prepared).toMatchObject({ riskClass: 'disrupt', changes: [] });
    expect(
      (await podsNow()).map((pod) => pod.metadata.name),
      'the dry run deletes nothing',
    ).toContain(victim);
    expect(await bench.observe(step)).toMatchObject({ effect: 'absent' });

    expect(await bench.execute(step)).toMatchObject({ effect: 'applied' });
    expect(await bench.observe(step)).toMatchObject({ effect: 'there' });
    const replaced = await eventually(async () => {
      const here = await podsNow();
      return here.length === 2 && here.every((pod) => pod.metadata.name !== victim) ? here : undefined;
    });
    expect(await bench.execute(step)).toMatchObject({ effect: 'already-there' });
    expect((await podsNow()).map((pod) => pod.metadata.uid)).toEqual(replaced.map((pod) => pod.metadata.uid));
  });

  test('a pod that nobody owns is a destroying step', async () => {
    const spec = { containers: [{ name: 'main', image: 'registry.example/alone:1' }] };
    await create(bench.admin, paths.pods(namespace), { metadata: { name: 'alone' }, spec });
    const step = await bench.grantStep(call('delete-pod', 'Pod', 'alone', { gracePeriodSeconds: 0 }));
    expect(step.prepared.riskClass).toBe('destroy');
  });
});
