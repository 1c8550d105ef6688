import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import {
  hashOfRevision,
  healthyShop,
  namings,
  rollOut,
  type Shop,
  shifted,
  times,
  withContainer,
} from '../../testing/shop.ts';
import { closeness, describeChanges, lastRollout } from '../change-attribution.ts';
import { workloadAt } from './owners.ts';
import { podTemplateSchema } from './pod-template.ts';
import { formerRevision, templateChanges } from './revisions.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import type { Workload } from './workload.ts';

const [naming] = namings;
if (naming === undefined) throw new Error('no naming');
const calm = { ready: true, state: { running: { startedAt: times.faultAt } } };

function seen(shop: Shop): { snapshot: Snapshot; workload: Workload } {
  const call = {
    server: 'kubernetes',
    tool: 'kubernetes_list_objects',
    arguments: { cluster: shop.naming.cluster, kinds: ['deployments', 'replicasets', 'pods'] },
    why: '',
  };
  const output = { items: shop.world.objects, truncated: false, gaps: [] };
  const evidence = [{ id: 'e', call, asOf: times.asOf, output, digest: '', truncated: false, gaps: [] }];
  const snapshot = snapshotOf({ evidence, asOf: times.asOf }, shop.naming.cluster);
  const ref = {
    cluster: shop.naming.cluster,
    kind: 'Deployment',
    namespace: shop.naming.namespace,
    name: shop.near,
  };
  const workload = workloadAt(snapshot, ref);
  if (workload === undefined) throw new Error('no workload');
  return { snapshot, workload };
}

function annotate(object: KubernetesObject, ready: number): KubernetesObject {
  return {
    ...object,
    spec: { ...(object.spec as object), replicas: ready },
    status: { readyReplicas: ready },
  };
}

describe('templateChanges', () => {
  const template = (labels: Record<string, string>, annotations: Record<string, string>, image = 'a:1') =>
    podTemplateSchema.parse({
      metadata: { labels, annotations },
      spec: { containers: [{ name: 'c', image }] },
    });

  it('sees neither a restart nor the hash of a ReplicaSet as a change', () => {
    const before = template({ app: 'x', 'pod-template-hash': 'abc' }, {});
    const after = template({ app: 'x' }, { 'kubectl.kubernetes.io/restartedAt': times.asOf });
    expect(templateChanges(before, after)).toEqual([]);
  });

  it.each([
    ['init-containers', { initContainers: [{ name: 'migrate', image: 'a:1' }] }],
    ['name-resolution', { dnsPolicy: 'Default' }],
    ['name-resolution', { dnsConfig: { nameservers: ['10.1.2.3'] } }],
    ['placement', { topologySpreadConstraints: [{ topologyKey: 'zone', maxSkew: 1 }] }],
  ])('sees %s change that are no container', (facet, spec) => {
    const containers = [{ name: 'c', image: 'a:1' }];
    const [before, after] = [{ containers }, { containers, ...spec }].map((each) =>
      podTemplateSchema.parse({ spec: each }),
    );
    if (before === undefined || after === undefined) throw new Error('no templates');
    expect(templateChanges(before, after).map((change) => change.facet)).toEqual([facet]);
  });

  it('names the part that changed, with both sides', () => {
    const changes = templateChanges(template({}, {}), template({}, {}, 'a:2'));
    expect(changes).toEqual([{ facet: 'image', container: 'c', before: 'a:1', after: 'a:2' }]);
    expect(describeChanges(changes)).toBe('image of c: a:1 → a:2');
  });
});

describe('formerRevision', () => {
  it('prefers a revision that is seen to work to a newer one that is not', () => {
    const shop = healthyShop(naming);
    rollOut(shop, shop.near, {
      change: withContainer({ image: 'x:2' }),
      state: calm,
      newPods: 0,
      oldPods: 2,
    });
    rollOut(shop, shop.near, {
      change: withContainer({ image: 'x:3' }),
      state: calm,
      newPods: 1,
      oldPods: 0,
    });
    shop.world.objects = shop.world.objects.map((object) =>
      object.kind === 'ReplicaSet' && object.metadata.name === `${shop.near}-6d9c7b8f54`
        ? annotate(object, 1)
        : object,
    );
    const { snapshot, workload } = seen(shop);
    expect(formerRevision(snapshot, workload, ['image'])?.former.revision).toBe(1);
    expect(formerRevision(snapshot, workload, ['resources'])).toBeUndefined();
  });
});

describe('formerRevision of attempts that failed one after the other', () => {
  /** Revisions with the given ages in seconds, oldest first, none of which has pods; and one that is current. */
  function attempts(shop: Shop, ...ages: readonly number[]) {
    const createdAt = [...ages, 20].map((age) => shifted(times.asOf, -age));
    for (const image of createdAt.slice(1).map((_, index) => `x:${index + 2}`)) {
      rollOut(shop, shop.near, { change: withContainer({ image }), state: calm, newPods: 0, oldPods: 0 });
    }
    const sets = new Map(createdAt.map((at, index) => [`${shop.near}-${hashOfRevision(index + 1)}`, at]));
    shop.world.objects = shop.world.objects.map((object) => {
      const creationTimestamp = object.kind === 'ReplicaSet' ? sets.get(object.metadata.name) : undefined;
      if (creationTimestamp === undefined) return object;
      return { ...annotate(object, 0), metadata: { ...object.metadata, creationTimestamp } };
    });
    const { snapshot, workload } = seen(shop);
    return formerRevision(snapshot, workload, ['image'])?.former.revision;
  }

  it('is the last one that stood long enough to have worked', () => {
    expect(attempts(healthyShop(naming), 9000, 60)).toBe(1);
    expect(attempts(healthyShop(naming), 9000, 1000)).toBe(2);
    expect(attempts(healthyShop(naming), 9000, 4000, 60)).toBe(2);
  });

  it('is the one that stood longest, where none stood long', () => {
    expect(attempts(healthyShop(naming), 300, 60)).toBe(1);
    expect(attempts(healthyShop(naming), 100, 90)).toBe(2);
  });
});

describe('lastRollout', () => {
  it('tells what came when, and nothing of a first deployment', () => {
    const shop = healthyShop(naming);
    expect(lastRollout(seen(shop).snapshot, seen(shop).workload)).toBeUndefined();
    rollOut(shop, shop.near, {
      change: withContainer({ image: 'x:2' }),
      state: calm,
      newPods: 2,
      oldPods: 0,
    });
    const { snapshot, workload } = seen(shop);
    expect(lastRollout(snapshot, workload)).toMatchObject({ at: times.faultAt, former: { revision: 1 } });
  });
});

describe('closeness', () => {
  it('is nothing for a change after the trouble, and less the longer it was before', () => {
    const onset = '2025-11-21T12:00:00Z';
    const values = ['12:00:20', '12:00:10', '11:58:00', '11:40:00', '10:30:00', '02:00:00'].map((at) =>
      closeness(`2025-11-21T${at}Z`, onset),
    );
    expect(values).toEqual([0, 1, 1, 0.85, 0.4, 0.1]);
  });
});
