import { describe, expect, it } from 'vitest';
import type { AgentView } from '#domain/agent-turn.ts';
import { kubernetesListEvents, kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { snapshotOf } from '../analysis/kubernetes/snapshot.ts';
import { ask } from '../ask.ts';
import { nodeOf } from '../testing/objects.ts';
import {
  edit,
  event,
  healthyShop,
  namings,
  recordEdit,
  rollOut,
  type Shop,
  shifted,
  times,
  withContainer,
} from '../testing/shop.ts';
import { toolsOf, viewOf } from '../testing/world.ts';
import type { Finding } from './define-analyzer.ts';
import { analyze } from './registry.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const { cluster, namespace } = naming;

const kinds = [
  'pods',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'services',
  'endpointslices',
  'configmaps',
  'secrets',
  'networkpolicies',
  'jobs',
  'persistentvolumeclaims',
  'nodes',
];

async function findings(shop: Shop): Promise<Finding[]> {
  const tools = toolsOf(shop.world, times.asOf);
  const evidence = await Promise.all([
    tools(ask(kubernetesListObjects, { cluster, kinds }, '')),
    tools(ask(kubernetesListEvents, { cluster }, '')),
    tools({
      server: 'changes',
      tool: 'changes',
      arguments: { cluster, from: times.deployedAt, to: times.asOf },
      why: '',
    }),
    tools({ server: 'topology', tool: 'topology_edges', arguments: { cluster }, why: '' }),
  ]);
  const view: AgentView = viewOf(shop.world, 'diagnose', times.asOf, { evidence });
  return analyze(snapshotOf(view, cluster));
}

const brief = (list: readonly Finding[]) =>
  list
    .filter(({ consequence }) => !consequence)
    .map(({ code, object }) => `${code} ${object.kind}/${object.name}`);

function addPod(shop: Shop, change: (pod: KubernetesObject) => Record<string, unknown>): string {
  const pod = shop.world.objects.find(
    ({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith(shop.near),
  );
  if (pod === undefined) throw new Error('no pod');
  const name = `${shop.near}-6d9c7b8f54-new01`;
  shop.world.objects.push({
    ...pod,
    metadata: { ...pod.metadata, name, creationTimestamp: times.faultAt },
    ...change(pod),
  });
  return name;
}

describe('analyzers', () => {
  it('find nothing on a system in which nothing is wrong', async () => {
    expect(await findings(healthyShop(naming))).toEqual([]);
  });

  it.each([
    ['unauthorized: authentication required', 'image.pull-unauthorized'],
    ['dial tcp: lookup registry.exmple on 10.96.0.10:53: no such host', 'image.registry-name-resolution'],
    [
      'dial tcp: lookup registry.exmple on 10.96.0.10:53: read udp 10.1.0.11:37562->10.96.0.10:53: i/o timeout',
      'image.registry-name-resolution',
    ],
    ['dial tcp 10.1.2.3:443: i/o timeout', 'image.registry-unreachable'],
    ['toomanyrequests: You have reached your pull rate limit', 'image.registry-rate-limited'],
    ['manifest unknown', 'image.bad-reference'],
    ['pull access denied, repository does not exist or may require authorization', 'image.bad-reference'],
    ['no matching manifest for linux/arm64 in the manifest list entries', 'image.wrong-architecture'],
    ['failed to extract layer', 'image.other'],
  ])('read a pull that fails with "%s" as %s', async (error, code) => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.near, {
      change: withContainer({ image: 'registry.example.com/x:9' }),
      state: {
        ready: false,
        phase: 'Pending',
        state: { waiting: { reason: 'ErrImagePull', message: error } },
      },
      newPods: 1,
      oldPods: 2,
    });
    event(
      shop,
      'Pod',
      pods[0] ?? '',
      'Failed',
      `Failed to pull image "registry.example/x:9": ${error}`,
      times.faultAt,
    );
    expect(brief(await findings(shop))).toEqual([`${code} Deployment/${shop.near}`]);
  });

  it.each([
    [
      '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available',
      'scheduling.insufficient-cpu',
    ],
    ['0/3 nodes are available: 3 Insufficient memory.', 'scheduling.insufficient-memory'],
    [
      "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
      'scheduling.node-selector-mismatch',
    ],
    [
      '0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: gpu}.',
      'scheduling.taint-not-tolerated',
    ],
    [
      "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.",
      'scheduling.pod-anti-affinity-conflict',
    ],
    [
      '0/10 nodes are available: 1 Insufficient cpu, 9 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/10 nodes are available: 10 Preemption is not helpful for scheduling.',
      'scheduling.taint-not-tolerated',
    ],
    ['0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.', 'storage.claim-unbound'],
  ])('read "%s" as %s', async (message, code) => {
    const shop = healthyShop(naming);
    addPod(shop, (pod) => ({
      spec: { ...(pod.spec as object), nodeName: undefined, nodeSelector: { disk: 'ssd' } },
      status: {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message,
            lastTransitionTime: times.faultAt,
          },
        ],
      },
    }));
    expect(brief(await findings(shop))).toEqual([`${code} Deployment/${shop.near}`]);
  });

  it('blames the cordoned node when a pod fits nowhere else, and proposes to uncordon it', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Node', 'node-2', () => ({ spec: { unschedulable: true } }));
    addPod(shop, (pod) => ({
      spec: { ...(pod.spec as object), nodeName: undefined },
      status: {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/2 nodes are available: 1 Insufficient pods, 2 node(s) were unschedulable.',
          },
        ],
      },
    }));
    edit(shop, 'Pod', `${shop.near}-6d9c7b8f54-new01`, () => ({
      status: {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            message: '0/2 nodes are available: 2 node(s) were unschedulable.',
          },
        ],
      },
    }));
    const [found] = await findings(shop);
    expect(found).toMatchObject({
      code: 'scheduling.node-cordoned',
      object: { kind: 'Node', name: 'node-2' },
      fixHint: { steps: [{ action: 'uncordon' }] },
    });
  });

  it.each([
    [
      'another is cordoned, too',
      (shop: Shop) => edit(shop, 'Node', 'node-1', () => ({ spec: { unschedulable: true } })),
    ],
    [
      'it is being emptied',
      (shop: Shop) => {
        shop.world.objects = shop.world.objects.filter(
          ({ kind, spec }) => kind !== 'Pod' || (spec as { nodeName?: string }).nodeName !== 'node-2',
        );
      },
    ],
  ])('do not propose to uncordon a node where %s', async (_what, change) => {
    const shop = healthyShop(naming);
    edit(shop, 'Node', 'node-2', () => ({ spec: { unschedulable: true } }));
    const message = '0/2 nodes are available: 2 node(s) were unschedulable.';
    change(shop);
    addPod(shop, (pod) => ({
      spec: { ...(pod.spec as object), nodeName: undefined },
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] },
    }));
    const [found] = await findings(shop);
    expect(found).toMatchObject({ code: 'scheduling.node-cordoned' });
    expect(found?.fixHint?.steps ?? []).toEqual([]);
  });

  it('leave a cordoned node alone that hurts nobody', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Node', 'node-2', () => ({ spec: { unschedulable: true } }));
    expect(brief((await findings(shop)).filter(({ severity }) => severity !== 'info'))).toEqual([]);
  });

  it('tell a node that is not ready', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(nodeOf('node-3', false));
    expect(brief(await findings(shop))).toEqual(['node.not-ready Node/node-3']);
  });

  it.each([
    [
      'exceeded quota: small, requested: requests.cpu=200m, used: requests.cpu=1, limited: requests.cpu=1',
      'admission.quota-cpu ResourceQuota/small',
    ],
    [
      'exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4',
      'admission.quota-pods ResourceQuota/small',
    ],
    [
      'error looking up service account market/x: serviceaccount "x" not found',
      'admission.service-account-missing Deployment/ordering',
    ],
    [
      'admission webhook "policy.example" denied the request: no',
      'admission.policy-denied Deployment/ordering',
    ],
  ])('read a refusal "%s"', async (said, expected) => {
    const shop = healthyShop(naming);
    event(
      shop,
      'ReplicaSet',
      `${shop.near}-6d9c7b8f54`,
      'FailedCreate',
      `Error creating: pods "x-" is forbidden: ${said}`,
      times.faultAt,
    );
    edit(shop, 'Deployment', shop.near, (deployment) => ({
      status: { ...(deployment.status as object), readyReplicas: 1 },
    }));
    // The controller has got its pods after all.
    expect(brief(await findings(shop))).toEqual([]);
    edit(shop, 'ReplicaSet', `${shop.near}-6d9c7b8f54`, (set) => ({
      status: { ...(set.status as object), replicas: 1 },
    }));
    expect(brief(await findings(shop))).toEqual([expected]);
  });

  it('find a service that sends to a port that no container has, and the one that it should be', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), ports: [{ port: 80, protocol: 'TCP', targetPort: 9090 }] },
    }));
    // Nobody has to declare a port: a Service that was so all the time is no fault.
    expect((await findings(shop))[0]).toMatchObject({ severity: 'warning' });
    expect((await findings(shop))[0]).not.toHaveProperty('fixHint');
    recordEdit(shop, 'Service', shop.near);
    const [found] = await findings(shop);
    expect(found).toMatchObject({
      code: 'service.target-port-mismatch',
      object: { kind: 'Service', name: shop.near },
      fixHint: {
        steps: [
          { arguments: { operations: [{ op: 'replace', path: '/spec/ports/0/targetPort', value: 8080 }] } },
        ],
      },
    });
  });

  it('drop a selector key that was put in and that the pods do not have, and keep the right ones', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), selector: { app: shop.near, tier: 'gold' } },
    }));
    expect((await findings(shop))[0]).toMatchObject({ code: 'service.selector-mismatch' });
    expect((await findings(shop))[0]).not.toHaveProperty('fixHint');
    recordEdit(shop, 'Service', shop.near);
    const [found] = await findings(shop);
    expect(found?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'remove', path: '/spec/selector/tier' }],
    });
  });

  it('never widen a service to followers while no pod leads', async () => {
    const shop = healthyShop(naming);
    recordEdit(shop, 'Service', shop.near);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), selector: { app: shop.near, role: 'primary' } },
    }));
    const relabelled = shop.world.objects.map((object) =>
      object.kind === 'Pod' && object.metadata.name.startsWith(`${shop.near}-`)
        ? {
            ...object,
            metadata: { ...object.metadata, labels: { ...object.metadata.labels, role: 'replica' } },
          }
        : object,
    );
    shop.world.objects = relabelled;
    expect(brief(await findings(shop))).toEqual([]);
    // With no pod left at all, another Service still tells that the label is one that pods are given.
    shop.world.objects = relabelled
      .filter(({ kind, metadata }) => kind !== 'Pod' || !metadata.name.startsWith(`${shop.near}-`))
      .concat({
        kind: 'Service',
        metadata: { name: 'followers', namespace },
        spec: { selector: { app: shop.near, role: 'replica' }, ports: [{ port: 80 }] },
      });
    expect(brief(await findings(shop))).toEqual([]);
  });

  it('propose no step for a selector that nobody is known to have changed', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), selector: { app: `${shop.near}-v2` } },
    }));
    const [found] = await findings(shop);
    expect(found).toMatchObject({ code: 'service.selector-mismatch' });
    expect(found).not.toHaveProperty('fixHint');
  });

  it('do not guess between two workloads that a service could be meant for', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push({
      kind: 'Service',
      metadata: { name: 'public', namespace },
      spec: { selector: { app: 'public' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'Service' || ![shop.near, shop.far].includes(metadata.name),
    );
    const codes = (await findings(shop)).map(({ code }) => code);
    expect(codes).not.toContain('service.selector-mismatch');
  });

  it('leave services alone that are made without pods, or whose pods nobody knows', async () => {
    const shop = healthyShop(naming);
    shop.world.objects.push(
      {
        kind: 'Service',
        metadata: { name: 'outside', namespace },
        spec: { type: 'ExternalName', externalName: 'db.example.org' },
      },
      {
        kind: 'Service',
        metadata: { name: 'future', namespace },
        spec: { selector: { app: 'not-yet-there' }, ports: [{ port: 5432 }] },
      },
    );
    expect(brief(await findings(shop))).toEqual([]);
  });

  it('find a ConfigMap that a running pod would miss at its next start', async () => {
    const shop = healthyShop(naming);
    shop.world.objects = shop.world.objects.filter(
      ({ kind, metadata }) => kind !== 'ConfigMap' || metadata.name !== `${shop.near}-settings`,
    );
    const found = await findings(shop);
    expect(brief(found)).toEqual([
      `config.configmap-missing ConfigMap/${shop.near}-settings`,
      `config.configmap-missing ConfigMap/${shop.near}-settings`,
    ]);
    expect(found[0]?.severity).toBe('warning');
  });

  it('find a service that sends to a port name that no container has', async () => {
    const shop = healthyShop(naming);
    edit(shop, 'Service', shop.near, (service) => ({
      spec: { ...(service.spec as object), ports: [{ port: 80, targetPort: 'web' }] },
    }));
    expect((await findings(shop))[0]).toMatchObject({
      code: 'service.target-port-mismatch',
      severity: 'error',
    });
  });

  /** New pods whose probe is refused at a port that their container does not declare. */
  function refused(shop: Shop, oldPods: number): void {
    const { pods } = rollOut(shop, shop.near, {
      change: withContainer({ probePort: 9099 }),
      state: { ready: false, state: { running: { startedAt: times.faultAt } } },
      newPods: 1,
      oldPods,
    });
    const said = 'Readiness probe failed: dial tcp 10.1.1.1:9099: connect: connection refused';
    event(shop, 'Pod', pods[0] ?? '', 'Unhealthy', said, shifted(times.faultAt, 10));
  }

  it('take a probe at a port that nobody declares for right where another pod of the template is ready', async () => {
    const shop = healthyShop(naming);
    refused(shop, 0);
    expect(brief(await findings(shop))).toEqual([`probe.readiness-port Deployment/${shop.near}`]);
    const mate = shop.world.objects.find(
      ({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith(`${shop.near}-`),
    );
    if (mate === undefined) throw new Error('no pod');
    shop.world.objects.push({
      ...mate,
      metadata: { ...mate.metadata, name: `${mate.metadata.name}-2` },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    expect(brief(await findings(shop))).toEqual([]);
  });

  it('take it for right where the former revision asked there, too', async () => {
    const shop = healthyShop(naming);
    refused(shop, 0);
    const sets = shop.world.objects.filter(({ kind }) => kind === 'ReplicaSet');
    const own = sets.filter(({ metadata }) => metadata.name.startsWith(`${shop.near}-`));
    const present = own.find(
      ({ metadata }) => metadata.annotations?.['deployment.kubernetes.io/revision'] === '2',
    );
    for (const set of own) edit(shop, 'ReplicaSet', set.metadata.name, () => ({ spec: present?.spec }));
    expect(brief(await findings(shop))).toEqual([]);
  });

  it('leave the probes of containers alone that were put into a pod', async () => {
    const shop = healthyShop(naming);
    const name = `${shop.near}-6d9c7b8f54-b4n8x`;
    const readinessProbe = { httpGet: { path: '/ready', port: 15020 } };
    edit(shop, 'Pod', name, (pod) => {
      const spec = pod.spec as { containers: object[] };
      const beside = { name: 'proxy', ports: [{ containerPort: 15090 }], readinessProbe };
      return {
        spec: { ...spec, containers: [...spec.containers, beside] },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'False' }],
          containerStatuses: [{ name: 'proxy', ready: false, state: { running: {} } }],
        },
      };
    });
    expect(brief(await findings(shop))).toEqual([]);
  });

  it.each([
    ['Readiness probe failed: HTTP probe failed with statuscode: 404', 'probe.readiness-path'],
    [
      'Readiness probe failed: Get "https://10.1.1.1:8080/healthz": http: server gave HTTP response to HTTPS client',
      'probe.readiness-protocol',
    ],
    [
      'Readiness probe failed: Get "http://10.1.1.1:8080/healthz": context deadline exceeded (Client.Timeout exceeded)',
      'probe.readiness-timing',
    ],
  ])('read "%s" as %s', async (message, code) => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.near, {
      change: (shape) => shape,
      state: { ready: false, state: { running: { startedAt: times.faultAt } } },
      newPods: 1,
      oldPods: 2,
    });
    event(shop, 'Pod', pods[0] ?? '', 'Unhealthy', message, shifted(times.faultAt, 10));
    expect(brief(await findings(shop))).toEqual([`${code} Deployment/${shop.near}`]);
  });

  it('take an application that answers "not now" for a consequence', async () => {
    const shop = healthyShop(naming);
    const { pods } = rollOut(shop, shop.near, {
      change: (shape) => shape,
      state: { ready: false, state: { running: { startedAt: times.faultAt } } },
      newPods: 1,
      oldPods: 2,
    });
    event(
      shop,
      'Pod',
      pods[0] ?? '',
      'Unhealthy',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
      shifted(times.faultAt, 10),
    );
    expect(await findings(shop)).toMatchObject([{ code: 'probe.other', consequence: true }]);
  });

  it('find a policy that shuts out a caller, and none where another rule lets it in', async () => {
    const shop = healthyShop(naming);
    const policy = (name: string, from: unknown[]) => ({
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec: {
        podSelector: { matchLabels: { app: shop.near } },
        policyTypes: ['Ingress'],
        ingress: from.length === 0 ? [] : [{ from }],
      },
    });
    shop.world.objects.push(policy('tight', []));
    expect(brief(await findings(shop))).toEqual(['network.policy-blocked NetworkPolicy/tight']);
    const wide = policy('wide', [{ ipBlock: { cidr: '0.0.0.0/0' } }]);
    shop.world.objects.push(wide);
    expect(brief(await findings(shop))).toEqual([]);
    shop.world.objects = shop.world.objects.filter((object) => object !== wide);
    shop.world.objects.push(policy('door', [{ podSelector: { matchLabels: { app: shop.entry } } }]));
    expect(brief(await findings(shop))).toEqual([]);
  });
});
