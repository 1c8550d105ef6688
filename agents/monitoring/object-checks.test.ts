import { describe, expect, it } from 'vitest';
import { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import { snapshotOf } from '../analysis/kubernetes/snapshot.ts';
import { ask } from '../ask.ts';
import { objectChecks } from './object-checks.ts';

const asOf = '2025-11-21T12:00:00Z';

function isWell(kind: string, spec: object, status: object): boolean {
  const metadata = { name: 'vault', namespace: 'market' };
  const call = ask(kubernetesListObjects, { cluster: 'blue', kinds: [`${kind.toLowerCase()}s`] }, '');
  const output = { items: [{ kind, metadata, spec, status }], truncated: false, gaps: [] };
  const evidence = [{ id: 'e1', call, asOf, output, digest: '', truncated: false, gaps: [] }];
  const ref = { cluster: 'blue', kind, ...metadata };
  return objectChecks(snapshotOf({ evidence, asOf }, 'blue'), [], [ref]).every(({ ok }) => ok);
}

describe('a workload', () => {
  it.each([
    ['DaemonSet', {}, { desiredNumberScheduled: 3, numberReady: 3, updatedNumberScheduled: 1 }, false],
    ['DaemonSet', {}, { desiredNumberScheduled: 3, numberReady: 3, updatedNumberScheduled: 3 }, true],
    ['StatefulSet', { replicas: 3 }, { replicas: 3, readyReplicas: 3, updatedReplicas: 1 }, false],
    [
      'StatefulSet',
      { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
      { replicas: 3, readyReplicas: 3, updatedReplicas: 1 },
      true,
    ],
    [
      'StatefulSet',
      { replicas: 3, updateStrategy: { type: 'OnDelete' } },
      { replicas: 3, readyReplicas: 3 },
      true,
    ],
    [
      'DaemonSet',
      { updateStrategy: { type: 'OnDelete' } },
      { desiredNumberScheduled: 3, numberReady: 2 },
      false,
    ],
  ])('of kind %s with %j and %j is well once it has rolled out: %s', (kind, spec, status, well) => {
    expect(isWell(kind, spec, status)).toBe(well);
  });
});
