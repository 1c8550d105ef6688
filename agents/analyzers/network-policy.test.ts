import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, service, told } from '../testing/cluster.ts';

const shop = deployment('shop', { env: [{ name: 'CACHE_ADDR', value: 'cache:6379' }] });
const cache = [deployment('cache', { ports: [{ containerPort: 6379 }] }), service('cache', [{ port: 6379 }])];

function policy(name: string, spec: object) {
  return object({ kind: 'NetworkPolicy', apiVersion: 'networking.k8s.io/v1', name, spec });
}
const onCache = { podSelector: { matchLabels: { app: 'cache' } }, policyTypes: ['Ingress'] };
const onShop = { podSelector: { matchLabels: { app: 'shop' } }, policyTypes: ['Egress'] };
const fromShop = { podSelector: { matchLabels: { app: 'shop' } } };
const dns = { to: [{ namespaceSelector: {} }], ports: [{ port: 53, protocol: 'UDP' }] };
const blocked = (name: string) => [`error network.policy-blocked NetworkPolicy/${name}`];

function found(...policies: ReturnType<typeof object>[]): string[] {
  return told(findingsWith([shop, ...cache, ...policies]));
}

describe('policies', () => {
  it('shut out whom they do not let in', () => {
    expect(found(policy('tight', { ...onCache, ingress: [] }))).toEqual(blocked('tight'));
    expect(
      found(
        policy('tight', {
          ...onCache,
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'x' } } }] }],
        }),
      ),
    ).toEqual(blocked('tight'));
  });

  it('let in whom one rule of one of them lets in', () => {
    const none = policy('none', { ...onCache, ingress: [] });
    expect(found(none, policy('some', { ...onCache, ingress: [{ from: [fromShop] }] }))).toEqual([]);
    const listed = {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['shop', 'web'] }] },
    };
    expect(found(none, policy('some', { ...onCache, ingress: [{ from: [listed] }] }))).toEqual([]);
    expect(found(policy('all', { ...onCache, ingress: [{}] }))).toEqual([]);
    expect(
      found(policy('block', { ...onCache, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })),
    ).toEqual([]);
  });

  it('let in at some ports alone', () => {
    const at = (port: number | string, endPort?: number) =>
      policy('ports', {
        ...onCache,
        ingress: [{ from: [fromShop], ports: [{ port, ...(endPort === undefined ? {} : { endPort }) }] }],
      });
    expect(found(at(6379))).toEqual([]);
    expect(found(at(6000, 6400))).toEqual([]);
    expect(found(at(80))).toEqual(blocked('ports'));
    expect(found(at('unknown'))).toEqual([]);
  });

  it('keep their own pods from calling, and from asking for names', () => {
    const toCache = { to: [{ podSelector: { matchLabels: { app: 'cache' } } }] };
    expect(found(policy('out', { ...onShop, egress: [toCache, dns] }))).toEqual([]);
    expect(found(policy('out', { ...onShop, egress: [dns] }))).toEqual(blocked('out'));
    expect(found(policy('out', { ...onShop, egress: [toCache] }))).toEqual(blocked('out'));
    expect(found(policy('out', { ...onShop, egress: [{}] }))).toEqual([]);
    const range = { to: [{ namespaceSelector: {} }], ports: [{ port: 1, endPort: 100, protocol: 'UDP' }] };
    expect(found(policy('out', { ...onShop, egress: [toCache, range] }))).toEqual([]);
  });

  it('may mean anybody by an address, and another namespace by its labels', () => {
    const far = deployment(
      'far',
      { env: [{ name: 'CACHE_ADDR', value: 'cache.market:6379' }] },
      { namespace: 'bank' },
    );
    const bank = object({
      kind: 'Namespace',
      apiVersion: 'v1',
      name: 'bank',
      namespace: null,
      metadata: { labels: { team: 'bank' } },
    });
    const with_ = (peer: object) =>
      told(findingsWith([far, bank, ...cache, policy('some', { ...onCache, ingress: [{ from: [peer] }] })]));
    expect(with_({ ipBlock: { cidr: '10.0.0.0/8' } })).toEqual([]);
    expect(with_({ namespaceSelector: { matchLabels: { team: 'bank' } } })).toEqual([]);
    expect(with_({ namespaceSelector: { matchLabels: { team: 'shop' } } })).toEqual(blocked('some'));
    expect(with_({ podSelector: {} })).toEqual(blocked('some'));
  });

  it('say nothing where they take in no pod, or where the caller wants none', () => {
    expect(
      found(policy('nobody', { podSelector: { matchLabels: { app: 'gone' } }, policyTypes: ['Ingress'] })),
    ).toEqual([]);
    expect(found(policy('partial', {}))).toEqual([]);
    const off = deployment(
      'shop',
      { env: [{ name: 'CACHE_ADDR', value: 'cache:6379' }] },
      { spec: { replicas: 0 } },
    );
    expect(told(findingsWith([off, ...cache, policy('tight', { ...onCache, ingress: [] })]))).toEqual([]);
  });
});
