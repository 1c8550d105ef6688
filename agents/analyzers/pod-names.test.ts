import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, pod, told } from '../testing/cluster.ts';

const line = {
  emitter: { namespace: 'market', pod: 'shop-1', workload: 'shop' },
  message: 'GET http://bank failed: EAI_AGAIN',
};

function shopWith(spec: Readonly<Record<string, unknown>>) {
  const labels = { app: 'shop' };
  const containers = [{ name: 'shop', image: 'shop:1' }];
  const template = { metadata: { labels }, spec: { containers, ...spec } };
  return deployment('shop', {}, { spec: { replicas: 1, selector: { matchLabels: labels }, template } });
}

describe('pods that do not ask the cluster for names', () => {
  it('are told of, with the policy that asks it, where they miss a name', () => {
    const [found] = findingsWith([shopWith({ dnsPolicy: 'Default' })], { lines: [line] });
    expect(found).toMatchObject({
      code: 'network.dns-config-wrong',
      severity: 'error',
      object: { kind: 'Deployment', name: 'shop' },
    });
    expect(found?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'replace', path: '/spec/template/spec/dnsPolicy', value: 'ClusterFirst' }],
    });
    const none = findingsWith([shopWith({ dnsPolicy: 'None' })], { lines: [line] });
    expect(told(none)).toEqual(['error network.dns-config-wrong Deployment/shop']);
    expect(none[0]?.fixHint?.steps).toBeUndefined();
  });

  it('are right where nothing is missed, where somebody else misses it, and on the network of the node', () => {
    expect(told(findingsWith([shopWith({ dnsPolicy: 'Default' })]))).toEqual([]);
    const others = [{ ...line, emitter: { namespace: 'market', pod: 'bank-1', workload: 'bank' } }];
    const objects = [shopWith({ dnsPolicy: 'Default' }), pod('bank-1', 'bank')];
    expect(told(findingsWith(objects, { lines: others }))).toEqual([]);
    const onNode = shopWith({ dnsPolicy: 'Default', hostNetwork: true });
    expect(told(findingsWith([onNode], { lines: [line] }))).toEqual([]);
    expect(told(findingsWith([shopWith({ dnsPolicy: 'ClusterFirst' })], { lines: [line] }))).toEqual([]);
  });
});
