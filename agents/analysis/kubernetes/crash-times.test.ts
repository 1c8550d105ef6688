import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { crashingForSeconds, crashingSince, nextRestartSeconds } from './crash-times.ts';
import { readPod } from './pod.ts';

const asOf = '2025-11-21T12:00:00Z';

function podWith(status: Record<string, unknown>): KubernetesObject {
  return {
    kind: 'Pod',
    metadata: { name: 'p', creationTimestamp: '2025-11-01T00:00:00Z' },
    status: { containerStatuses: [{ name: 'c', ...status }] },
  };
}

function read(status: Record<string, unknown>) {
  const pod = readPod('k', 'e', podWith(status));
  const [first] = pod.status?.containerStatuses ?? [];
  if (first === undefined) throw new Error('no status');
  return { pod, status: first };
}

describe('crashingForSeconds', () => {
  it('adds up the waits of the kubelet: 10, 20, 40, 80, 160, then 300 s', () => {
    expect(crashingForSeconds(1, 10)).toBe(0);
    expect(crashingForSeconds(3, 40)).toBe(30);
    expect(crashingForSeconds(400, 40)).toBe(30);
    expect(crashingForSeconds(6, 300)).toBe(310);
    expect(crashingForSeconds(16, 300)).toBe(310 + 10 * 300);
  });
});

describe('crashingSince', () => {
  it('tells a loop of days from one of seconds', () => {
    const terminated = { exitCode: 1, startedAt: '2025-11-21T11:59:00Z', finishedAt: '2025-11-21T11:59:01Z' };
    const waiting = (message: string) => ({ waiting: { reason: 'CrashLoopBackOff', message } });
    const old = read({
      restartCount: 1000,
      state: waiting('back-off 5m0s restarting failed container=c'),
      lastState: { terminated },
    });
    expect(crashingSince(old.pod, old.status, asOf)).toBe('2025-11-18T01:04:50.000Z');
    const fresh = read({
      restartCount: 9,
      state: waiting('back-off 10s restarting failed container=c'),
      lastState: { terminated },
    });
    expect(crashingSince(fresh.pod, fresh.status, asOf)).toBe('2025-11-21T11:59:00.000Z');
  });

  it('says how long the kubelet will wait still', () => {
    const { status } = read({
      state: { waiting: { message: 'back-off 1m20s restarting failed container=c' } },
      lastState: { terminated: { finishedAt: '2025-11-21T11:59:30Z' } },
    });
    expect(nextRestartSeconds(status, asOf)).toBe(50);
  });
});
