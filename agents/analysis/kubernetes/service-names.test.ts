import { describe, expect, it } from 'vitest';
import { service, snapshotWith } from '../../testing/cluster.ts';
import { clusterName, editDistance, isSlip, nearlyNamed } from './service-names.ts';

describe('names that are nearly the same', () => {
  it.each([
    ['cache', 'cahce', 1],
    ['cache', 'cache', 0],
    ['cache', 'caches', 1],
    ['orders', 'order', 1],
    ['payment', 'paymetns', 2],
    ['shop', 'bank', 3],
  ])('%s and %s are %i slips apart', (a, b, distance) => {
    expect(Math.min(3, editDistance(a, b, 3))).toBe(distance);
    expect(editDistance(b, a, 3)).toBe(editDistance(a, b, 3));
  });

  it('must be long enough to be taken for one another', () => {
    expect(isSlip('api', 'app')).toBe(false);
    expect(isSlip('cache', 'cache')).toBe(false);
    expect(isSlip('catalogue', 'catalog')).toBe(false);
    expect(isSlip('catalogue', 'catalouge')).toBe(true);
  });

  it('are no hint where two are as near', () => {
    const two = snapshotWith([service('cache-a', []), service('cache-b', [])]);
    expect(nearlyNamed(two, 'market', 'cache-c')).toBeUndefined();
    expect(nearlyNamed(snapshotWith([service('cache-a', [])]), 'market', 'cache-c')?.ref.name).toBe(
      'cache-a',
    );
  });
});

describe('names of hosts', () => {
  const snapshot = snapshotWith([service('cache', []), service('db', [])]);
  it.each([
    ['cache', { name: 'cache', namespace: 'market' }],
    ['cache.bank.svc', { name: 'cache', namespace: 'bank' }],
    ['cache.bank.svc.cluster.local', { name: 'cache', namespace: 'bank' }],
    ['db-0.db.bank.svc.cluster.local', { name: 'db', namespace: 'bank' }],
    ['db-0.db', { name: 'db', namespace: 'market' }],
    ['cache.market', { name: 'cache', namespace: 'market' }],
    ['example.com', undefined],
    ['api.example.com', undefined],
    ['10.0.0.1', undefined],
    ['localhost', undefined],
  ])('%s', (host, expected) => {
    expect(clusterName(snapshot, 'market', host)).toEqual(expected);
  });
});
