import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, node, object, pod, service, told } from '../testing/cluster.ts';

const longAgo = '2026-01-02T00:00:00Z';
const lately = '2026-03-04T11:30:00Z';

function edited(time: string) {
  return {
    creationTimestamp: '2025-06-01T00:00:00Z',
    managedFields: [{ manager: 'helm', operation: 'Update', time }],
  };
}

describe('what has been so for long', () => {
  const shop = deployment('shop', { env: [{ name: 'CACHE_ADDR', value: 'cache:6380' }] });
  const cache = (time: string) => ({
    ...service('cache', [{ port: 6379 }]),
    metadata: { name: 'cache', namespace: 'market', ...edited(time) },
  });

  it('is not the Service, where a release wrote it months ago', () => {
    const objects = [deployment('cache'), shop];
    expect(told(findingsWith([...objects, cache(longAgo)]))).toEqual([
      'error config.port-wrong Deployment/shop',
    ]);
    expect(told(findingsWith([...objects, cache(lately)]))).toEqual([
      'error service.port-mismatch Service/cache',
    ]);
  });

  it('is a policy beside an address that nobody may use any more; calls that were measured do hurt', () => {
    const policy = (creationTimestamp: string) =>
      object({
        kind: 'NetworkPolicy',
        apiVersion: 'networking.k8s.io/v1',
        name: 'tight',
        metadata: { creationTimestamp },
        spec: { podSelector: { matchLabels: { app: 'cache' } }, policyTypes: ['Ingress'], ingress: [] },
      });
    const objects = [
      deployment('cache'),
      service('cache', [{ port: 6379 }]),
      deployment('shop', { env: [{ name: 'CACHE_ADDR', value: 'cache:6379' }] }),
    ];
    const blocked = 'network.policy-blocked NetworkPolicy/tight';
    expect(told(findingsWith([...objects, policy(longAgo)]))).toEqual([`warning ${blocked}`]);
    expect(told(findingsWith([...objects, policy(lately)]))).toEqual([`error ${blocked}`]);
    const bare = [deployment('cache'), deployment('shop'), policy(longAgo)];
    expect(told(findingsWith(bare, { edges: [{ from: 'shop', to: 'cache' }] }))).toEqual([
      `error ${blocked}`,
    ]);
  });

  it('is a webhook that could not be asked once', () => {
    const hook = object({
      kind: 'ValidatingWebhookConfiguration',
      apiVersion: 'admissionregistration.k8s.io/v1',
      name: 'rules',
      namespace: null,
      webhooks: [{ name: 'a.rules.example', clientConfig: { url: 'https://judge.example' } }],
    });
    const event = (lastAt: string) => ({
      kind: 'ReplicaSet',
      name: 'shop-5d8f9c7b6d',
      reason: 'FailedCreate',
      message: 'failed calling webhook "a.rules.example": context deadline exceeded',
      lastAt,
    });
    expect(told(findingsWith([hook], { events: [event('2026-03-04T09:00:00Z')] }))).toEqual([]);
    expect(told(findingsWith([hook], { events: [event(lately)] }))).toEqual([
      'error admission.webhook-unavailable ValidatingWebhookConfiguration/rules',
    ]);
  });

  it('is a unit that was never meant to run', () => {
    const unit = { node: 'n1', unit: 'kube-proxy.service', active: 'inactive', sub: 'dead' };
    expect(told(findingsWith([node('n1')], { units: [unit] }))).toEqual([]);
    expect(told(findingsWith([node('n1')], { units: [{ ...unit, active: 'failed' }] }))).toEqual([
      'error node.proxy-down Node/n1',
    ]);
  });

  it('is an account that asks for more than it needs', () => {
    const lines = [
      { message: 'User "system:serviceaccount:market:keeper" cannot list resource "nodes" in API group ""' },
    ];
    const runs = (readyReplicas: number) =>
      deployment(
        'shop',
        {},
        {
          spec: {
            template: {
              metadata: { labels: { app: 'shop' } },
              spec: { serviceAccountName: 'keeper', containers: [] },
            },
          },
          status: { observedGeneration: 1, replicas: 1, readyReplicas },
        },
      );
    expect(told(findingsWith([runs(1)], { lines }))).toEqual([
      'warning admission.forbidden ServiceAccount/keeper',
    ]);
    expect(told(findingsWith([runs(0)], { lines }))).toEqual([
      'error admission.forbidden ServiceAccount/keeper',
    ]);
  });
});

describe('what a quota does not explain', () => {
  it('is an address that leads nowhere', () => {
    const full = object({
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      name: 'small',
      status: { hard: { pods: '1' }, used: { pods: '1' } },
    });
    const shop = deployment(
      'shop',
      { env: [{ name: 'CATALOGUE_URL', value: 'http://catalouge:80' }] },
      {
        status: { observedGeneration: 1, replicas: 0, readyReplicas: 0 },
      },
    );
    const found = findingsWith([deployment('catalogue'), service('catalogue', [{ port: 80 }]), shop, full], {
      read: ['pods'],
    });
    expect(told(found)).toEqual([
      'error admission.quota-pods ResourceQuota/small',
      'error config.address-wrong Deployment/shop',
    ]);
  });
});

describe('a pod of which only its phase was recorded', () => {
  it('tells nothing of a scheduler', () => {
    const bare = pod('shop-5d8f9c7b6d-x', 'shop', { spec: { nodeName: undefined } });
    const partial = { ...bare, status: { phase: 'Pending' } } as typeof bare;
    expect(told(findingsWith([deployment('shop'), partial]))).toEqual([]);
    const fresh = { ...bare, status: { phase: 'Pending', qosClass: 'BestEffort' } } as typeof bare;
    expect(told(findingsWith([deployment('shop'), fresh]))).toEqual([
      'error scheduling.scheduler-down Deployment/shop',
    ]);
  });
});
