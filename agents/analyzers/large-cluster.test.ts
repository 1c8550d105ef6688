import { expect, it } from 'vitest';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { deployment, examinedWith, object, pod, service } from '../testing/cluster.ts';

const size = { namespaces: 25, services: 10, pods: 10, lines: 4_000 };
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const quotaOf = { pods: '100', services: '10' };

/** Services that call those of the next namespace, one in three of them at a wrong port, under a quota that is used up. */
function namespaceOf(place: number): KubernetesObject[] {
  const namespace = `team-${place}`;
  const next = `team-${(place + 1) % size.namespaces}`;
  const env = numbers(size.services).map((other) => ({
    name: `PEER_${other}_URL`,
    value: `http://service-${other}.${next}:${other % 3 === 0 ? 81 : 80}/`,
  }));
  const within = (one: KubernetesObject): KubernetesObject => ({
    ...one,
    metadata: { ...one.metadata, namespace },
  });
  const quota = object({ kind: 'ResourceQuota', name: 'bounds', status: { hard: quotaOf, used: quotaOf } });
  const services = numbers(size.services).flatMap((index) => {
    const name = `service-${index}`;
    return [
      deployment(name, { env }),
      service(name, [{ port: 80 }]),
      ...numbers(size.pods).map((number) => pod(`${name}-5d8f9c7b6d-${number}`, name)),
    ];
  });
  return [quota, ...services].map(within);
}

it('a cluster of many services, quotas and complaints is looked through', () => {
  const objects = numbers(size.namespaces).flatMap(namespaceOf);
  const lines = numbers(size.lines).map((index) => ({
    emitter: { namespace: 'team-0', pod: 'service-0-5d8f9c7b6d-0' },
    message: `dial tcp 10.0.0.${index % 250}:81: connect: connection refused`,
  }));
  // What compares everything with everything does not come to an end in the time of this test.
  const found = examinedWith(objects, { lines });
  const wrong = found.filter(({ code }) => code === 'config.port-wrong' || code === 'service.port-mismatch');
  expect(wrong.length).toBeGreaterThan(0);
}, 60_000);
