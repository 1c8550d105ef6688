import { describe, expect, it } from 'vitest';
import { readWorkload } from '../analysis/kubernetes/workload.ts';
import { moreCpu } from './direct-fixes.ts';

const limited = (name: string, cpu?: string) => ({ name, ...(cpu && { resources: { limits: { cpu } } }) });

function stepFor(containers: readonly object[], throttled?: string) {
  const workload = readWorkload('blue', 'e1', {
    kind: 'Deployment',
    metadata: { name: 'cart', namespace: 'market' },
    spec: { template: { spec: { containers } } },
  });
  return moreCpu(workload, throttled).steps?.map(({ arguments: args }) => args);
}

describe('more CPU', () => {
  const both = [limited('fluent-bit', '100m'), limited('app', '500m')];

  it('goes to the container that is held back, and not to the first', () => {
    expect(stepFor(both, 'app')).toEqual([{ container: 'app', limits: { cpu: '1000m' } }]);
  });

  it('goes to none where it is not told which of several it is', () => {
    expect(stepFor(both)).toBeUndefined();
    expect(stepFor([limited('proxy'), limited('app', '500m')])).toHaveLength(1);
    expect(stepFor(both, 'gone')).toBeUndefined();
  });
});
