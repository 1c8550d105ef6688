import { describe, expect, it } from 'vitest';
import { loweredLimits } from './resource-changes.ts';

describe('loweredLimits', () => {
  const change = (before: unknown, after: unknown) => [
    { facet: 'resources' as const, container: 'c', before, after },
  ];

  it('tells a limit that was lowered or newly set from one that was raised or taken away', () => {
    const cpu = (limit: string) => ({ limits: { cpu: limit } });
    expect([...loweredLimits(change(cpu('1'), cpu('300m')))]).toEqual(['cpu']);
    expect([...loweredLimits(change({}, { limits: { memory: '64Mi' } }))]).toEqual(['memory']);
    expect([...loweredLimits(change(cpu('300m'), cpu('1')))]).toEqual([]);
    expect([...loweredLimits(change(cpu('300m'), undefined))]).toEqual([]);
  });

  it('does not stumble over what is no amount', () => {
    expect([...loweredLimits(change({ limits: 'none' }, { limits: { cpu: {} } }))]).toEqual([]);
  });
});
