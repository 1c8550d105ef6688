import { describe, expect, test } from 'vitest';
import { placeOfObject, serviceCatalogueSchema } from './service-catalogue.ts';

const catalogue = serviceCatalogueSchema.parse({
  namespaces: {
    'one/trials': { environment: 'staging' },
    'range/*': { environment: 'practice' },
  },
  services: [
    { service: 'checkout', cluster: 'one', namespace: 'shop', environment: 'staging', mode: 'act' },
    { service: 'anything', cluster: 'one', environment: 'development', mode: 'act' },
  ],
});

describe('where an object stands', () => {
  test.each([
    ['a service that is listed', 'one', 'Deployment', 'shop', 'checkout', 'staging', 'act'],
    ['a pod of it', 'one', 'Pod', 'shop', 'checkout-7d9c5b6f4d-x2x4z', 'staging', 'act'],
    ['the same name in another namespace', 'one', 'Deployment', 'bank', 'checkout', 'production', 'propose'],
    ['the same name on another cluster', 'two', 'Deployment', 'shop', 'checkout', 'production', 'propose'],
    ['what has no service', 'one', 'ConfigMap', 'shop', 'settings', 'production', 'propose'],
    ['what has no service, in a known namespace', 'one', 'ConfigMap', 'trials', 'x', 'staging', 'propose'],
    ['a node', 'one', 'Node', undefined, 'node-1', 'production', 'propose'],
    ['a node of a cluster that is all practice', 'range', 'Node', undefined, 'n', 'practice', 'propose'],
  ])('%s', (_what, cluster, kind, namespace, name, environment, mode) => {
    const object = { cluster, kind, name, ...(namespace === undefined ? {} : { namespace }) };
    expect(placeOfObject(catalogue, object)).toEqual({ environment, mode });
  });
});
