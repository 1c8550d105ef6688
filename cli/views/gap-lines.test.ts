import { expect, test } from 'vitest';
import { gapLines } from './gap-lines.ts';

test('gaps of one reason are one line, with each thing once', () => {
  const gaps = [
    'kubernetes_list_objects: services, ingresses: not in the bundle',
    'metrics: nothing speaks of cart',
    'topology_edges: topology: not in the bundle',
    'kubernetes_list_objects: services, jobs: not in the bundle',
    'half of it was seen',
  ];
  expect(gapLines(gaps)).toEqual([
    'not in the bundle: services, ingresses, topology, jobs',
    'metrics: nothing speaks of cart',
    'half of it was seen',
  ]);
});
