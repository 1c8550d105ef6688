import { describe, expect, it } from 'vitest';
import { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { ask } from '../../ask.ts';
import { snapshotOf } from './snapshot.ts';

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
