import { describe, expect, it } from 'vitest';
import { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { ask } from '../../ask.ts';
import { object, snapshotWith } from '../../testing/cluster.ts';
import { isRead, snapshotOf } from './snapshot.ts';

const asOf = '2025-11-21T12:00:00Z';
const kinds = ['deployments', 'networkpolicies', 'ingresses', 'endpoints', 'pods'];

function kindsRead(items: readonly string[], truncated: boolean, gaps: readonly string[] = []) {
  const objects = items.map((kind, index) => ({
    kind,
    metadata: { name: `x${index}`, namespace: 'market' },
  }));
  const output = { items: objects, truncated, gaps: [] };
  const call = ask(kubernetesListObjects, { cluster: 'blue', kinds }, '');
  const evidence = [{ id: 'e1', call, asOf, output, digest: '', truncated, gaps: [...gaps] }];
  return [...snapshotOf({ evidence, asOf }, 'blue').kindsRead];
}

describe('kinds that were read', () => {
  it('are all that were asked for where the list came to its end', () => {
    expect(kindsRead(['Deployment', 'Pod'], false)).toEqual(kinds);
  });

  it.each([
    ['Deployment', []],
    ['NetworkPolicy', ['deployments']],
    ['Ingress', ['deployments', 'networkpolicies']],
    ['Endpoints', ['deployments', 'networkpolicies', 'ingresses']],
    ['Pod', ['deployments', 'networkpolicies', 'ingresses', 'endpoints']],
  ])('are those before the last %s of a list that was cut', (last, whole) => {
    expect(kindsRead(['Deployment', last], true)).toEqual(whole);
    expect(kindsRead(['Deployment', last], false, ['items after the first 9 pages'])).toEqual(whole);
  });

  it('are none of those that a gap names', () => {
    expect(kindsRead([], false, ['ingresses: not served by this cluster'])).not.toContain('ingresses');
  });
});

describe('places that were read', () => {
  const secret = (namespace: string) => object({ kind: 'Secret', name: 's', namespace });
  const space = (name: string) => object({ kind: 'Namespace', name, namespace: null });

  it('are everywhere, where nothing tells that only some were recorded', () => {
    const nothing = snapshotWith([], { read: ['secrets'] });
    expect(isRead(nothing, 'secrets', 'market')).toBe(true);
    expect(isRead(nothing, 'configmaps', 'market')).toBe(false);
  });

  it('are those in which such objects were seen, or that are listed', () => {
    const some = snapshotWith([secret('market')]);
    expect(isRead(some, 'secrets', 'market')).toBe(true);
    expect(isRead(some, 'secrets', 'kube-system')).toBe(false);
    const listed = snapshotWith([secret('market'), space('market'), space('bank')]);
    expect(isRead(listed, 'secrets', 'bank')).toBe(true);
    expect(isRead(listed, 'secrets', 'kube-system')).toBe(false);
  });

  it('are those that were asked for', () => {
    const call = ask(kubernetesListObjects, { cluster: 'blue', namespace: 'market', kinds: ['secrets'] }, '');
    const output = { items: [], truncated: false, gaps: [] };
    const evidence = [{ id: 'e1', call, asOf, output, digest: '', truncated: false, gaps: [] }];
    const one = snapshotOf({ evidence, asOf }, 'blue');
    expect(isRead(one, 'secrets', 'market')).toBe(true);
    expect(isRead(one, 'secrets', 'bank')).toBe(false);
  });
});
