import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, pod, told } from '../testing/cluster.ts';

function autoscaler(spec: object, status: object = {}) {
  return object({
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    name: 'shop',
    metadata: { creationTimestamp: '2026-03-01T00:00:00Z' },
    spec: { minReplicas: 1, maxReplicas: 5, scaleTargetRef: { kind: 'Deployment', name: 'shop' }, ...spec },
    status,
  });
}
const shop = deployment('shop');
const wrong = ['error workload.autoscaler-misconfigured HorizontalPodAutoscaler/shop'];

describe('autoscalers', () => {
  it('are well at their minimum, where they are switched off, or where nothing is known', () => {
    expect(
      findingsWith([
        shop,
        autoscaler(
          {},
          {
            currentReplicas: 1,
            desiredReplicas: 1,
            conditions: [{ type: 'ScalingLimited', status: 'True', reason: 'TooFewReplicas' }],
          },
        ),
      ]),
    ).toEqual([]);
    expect(
      findingsWith([
        shop,
        autoscaler(
          {},
          { conditions: [{ type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' }] },
        ),
      ]),
    ).toEqual([]);
    expect(
      findingsWith([object({ kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v2', name: 'bare' })]),
    ).toEqual([]);
  });

  it('are for a workload that is not there', () => {
    expect(told(findingsWith([autoscaler({})], { read: ['deployments'] }))).toEqual(wrong);
    expect(told(findingsWith([autoscaler({})]))).toEqual([]);
  });

  it('have no metrics to go by, but for their first minutes', () => {
    const lost = (lastTransitionTime: string) => ({
      conditions: [
        {
          type: 'ScalingActive',
          status: 'False',
          reason: 'FailedGetResourceMetric',
          message: 'no metrics returned',
          lastTransitionTime,
        },
      ],
    });
    const cpu = { metrics: [{ type: 'Resource', resource: { name: 'cpu' } }] };
    const [found] = findingsWith([shop, autoscaler(cpu, lost('2026-03-04T11:00:00Z'))]);
    expect(found).toMatchObject({ severity: 'error', code: 'workload.autoscaler-misconfigured' });
    expect(found?.message).toContain('its containers app request none of it');
    expect(told(findingsWith([shop, autoscaler(cpu, lost('2026-03-04T11:59:00Z'))]))).toEqual([]);
  });

  it('go by a share of what nobody requests', () => {
    const cpu = (target: object) => ({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] });
    const share = autoscaler(cpu({ type: 'Utilization', averageUtilization: 80 }));
    expect(told(findingsWith([shop, share]))).toEqual(wrong);
    expect(told(findingsWith([shop, autoscaler({ targetCPUUtilizationPercentage: 80 })]))).toEqual(wrong);
    const asks = deployment('shop', { resources: { requests: { cpu: '100m' } } });
    expect(told(findingsWith([asks, share]))).toEqual([]);
    const given = pod('shop-5d8f9c7b6d-x', 'shop', {
      spec: { containers: [{ name: 'app', resources: { requests: { cpu: '100m' } } }] },
    });
    expect(told(findingsWith([shop, given, share]))).toEqual([]);
    expect(told(findingsWith([shop, autoscaler(cpu({ type: 'AverageValue', averageValue: '1' }))]))).toEqual(
      [],
    );
    const works = { conditions: [{ type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' }] };
    expect(told(findingsWith([shop, autoscaler(cpu({ type: 'Utilization' }), works)]))).toEqual([]);
    const stranger = autoscaler({
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'web' } }],
    });
    expect(told(findingsWith([asks, stranger]))).toEqual(wrong);
  });

  it('are at their maximum and would have more', () => {
    const most = {
      currentReplicas: 5,
      desiredReplicas: 5,
      conditions: [
        {
          type: 'ScalingLimited',
          status: 'True',
          reason: 'TooManyReplicas',
          message: 'the desired replica count is more than the maximum',
        },
      ],
    };
    expect(told(findingsWith([shop, autoscaler({}, most)]))).toEqual([
      'warning workload.autoscaler-misconfigured HorizontalPodAutoscaler/shop',
    ]);
  });
});

describe('disruption budgets', () => {
  const budget = (spec: object, status: object) =>
    object({
      kind: 'PodDisruptionBudget',
      apiVersion: 'policy/v1',
      name: 'keep',
      spec: { selector: { matchLabels: { app: 'shop' } }, ...spec },
      status,
    });
  const full = budget(
    { minAvailable: 1 },
    { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  );
  const objects = [shop, pod('shop-5d8f9c7b6d-x', 'shop'), full];

  it('hurt when somebody wants to empty a node', () => {
    const events = [
      {
        name: 'shop-5d8f9c7b6d-x',
        reason: 'EvictionFailed',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
      },
    ];
    expect(told(findingsWith(objects, { events }))).toEqual([
      'error workload.disruption-budget PodDisruptionBudget/keep',
    ]);
  });

  it('follow from pods that are not well', () => {
    const strained = budget(
      { minAvailable: 2 },
      { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2, expectedPods: 3 },
    );
    expect(findingsWith([shop, strained])).toMatchObject([{ severity: 'warning', consequence: true }]);
  });

  it('are a choice otherwise, and nothing where pods may go', () => {
    expect(told(findingsWith(objects))).toEqual([]);
    expect(
      findingsWith([shop, budget({ maxUnavailable: 1 }, { disruptionsAllowed: 1, expectedPods: 2 })]),
    ).toEqual([]);
    expect(findingsWith([shop, budget({}, {})])).toEqual([]);
  });
});

describe('stateful sets', () => {
  const set = (
    spec: object,
    status: object = { observedGeneration: 1, replicas: 1, readyReplicas: 1, updatedReplicas: 1 },
  ) =>
    object({
      kind: 'StatefulSet',
      apiVersion: 'apps/v1',
      name: 'db',
      spec: {
        replicas: 1,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db' }] } },
        ...spec,
      },
      status,
    });

  it('lack the Service that names their pods, where Services were read', () => {
    expect(told(findingsWith([set({})], { read: ['services'] }))).toEqual([
      'warning service.missing Service/db',
    ]);
    const down = set({}, { observedGeneration: 1, replicas: 1, readyReplicas: 0, updatedReplicas: 1 });
    expect(told(findingsWith([down], { read: ['services'] }))).toContain('error service.missing Service/db');
    expect(told(findingsWith([set({})]))).toEqual([]);
  });

  it('ask for volumes of a class that is not there', () => {
    const spec = { volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { storageClassName: 'gold' } }] };
    expect(told(findingsWith([set(spec)], { read: ['storageclasses'] }))).toEqual([
      'error storage.claim-class-missing StatefulSet/db',
    ]);
  });

  it('may hold pods back on purpose', () => {
    const spec = { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } };
    const status = { observedGeneration: 1, replicas: 3, readyReplicas: 3, updatedReplicas: 1 };
    const found = findingsWith([set(spec, status)]);
    expect(told(found)).toEqual([]);
    expect(found).toMatchObject([{ severity: 'info', code: 'workload.rollout-paused' }]);
  });

  it('and all that make pods tell by their numbers that nobody is ready', () => {
    const down = { observedGeneration: 1, replicas: 3, readyReplicas: 0 };
    const old = { metadata: { creationTimestamp: '2026-03-01T00:00:00Z' } };
    const lacking = (objects: Parameters<typeof findingsWith>[0]) =>
      findingsWith(objects)
        .filter(({ code }) => code === 'workload.too-few-replicas')
        .map(({ severity, consequence, object: { kind } }) => `${severity} ${consequence} ${kind}`);
    const aged = (made: typeof shop) =>
      ({ ...made, metadata: { ...made.metadata, ...old.metadata } }) as typeof shop;
    expect(lacking([aged(set({ replicas: 3 }, down))])).toEqual(['error true StatefulSet']);
    expect(lacking([set({ replicas: 3 }, { ...down, readyReplicas: 2 })])).toEqual([
      'warning true StatefulSet',
    ]);
    expect(lacking([aged(deployment('shop', {}, { spec: { replicas: 2 }, status: down }))])).toEqual([
      'error true Deployment',
    ]);
    const alone = object({
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      name: 'old',
      spec: { replicas: 2 },
      status: { replicas: 2, readyReplicas: 1 },
    });
    expect(lacking([alone])).toEqual(['warning true ReplicaSet']);
    expect(lacking([set({})])).toEqual([]);
  });

  it('wait for the first of their pods', () => {
    const first = pod('db-0', 'db', {
      metadata: { ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }] },
      status: { conditions: [{ type: 'Ready', status: 'False' }] },
    });
    const found = findingsWith([set({ replicas: 3 }), first]);
    expect(found.find(({ code }) => code === 'workload.rollout-stuck')).toMatchObject({ consequence: true });
  });
});
