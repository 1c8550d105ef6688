import { describe, expect, it } from 'vitest';
import { deployment, examinedWith, node, object, pod, service, told } from '../testing/cluster.ts';

/** What looks like trouble and is none any more, or never was. */

const name = 'web-5d8f9c7b6d-x';
const web = deployment('web', { ports: [{ containerPort: 8080 }] });

describe('a container that was started again', () => {
  const again = (terminated: object, startedAt: string, restartCount = 1) =>
    pod(name, 'web', {
      status: {
        containerStatuses: [
          {
            name: 'app',
            ready: true,
            restartCount,
            state: { running: { startedAt } },
            lastState: { terminated },
          },
        ],
      },
    });
  const asked = {
    exitCode: 143,
    reason: 'Error',
    startedAt: '2026-03-01T00:00:00Z',
    finishedAt: '2026-03-04T11:57:00Z',
  };
  const lost = { ...asked, exitCode: 255, reason: 'Unknown' };
  const crashed = { ...asked, exitCode: 1 };
  const oom = { ...asked, exitCode: 137, reason: 'OOMKilled' };
  const lately = '2026-03-04T11:57:30Z';

  it('since somebody asked it to end, or its node came back', () => {
    expect(told(examinedWith([web, again(asked, lately)]))).toEqual([]);
    expect(told(examinedWith([web, again(lost, lately)]))).toEqual([]);
  });
  it('of itself, or again and again, has not got over it so soon', () => {
    expect(told(examinedWith([web, again(crashed, lately)]))).toEqual([
      'warning container.crash-exit Deployment/web',
    ]);
    expect(told(examinedWith([web, again(oom, lately)]))).toEqual([
      'warning container.oom-killed Deployment/web',
    ]);
    expect(told(examinedWith([web, again(asked, lately, 9)]))).toEqual([
      'warning container.crash-exit Deployment/web',
    ]);
    expect(told(examinedWith([web, again(asked, '2026-03-04T11:59:40Z')]))).toEqual([
      'warning container.crash-exit Deployment/web',
    ]);
  });
});

describe('warnings that go on', () => {
  const unhealthy = {
    name,
    reason: 'Unhealthy',
    message: 'Readiness probe failed',
    count: 9,
    firstAt: '2026-03-04T11:50:00Z',
  };
  const leaving = { deletionTimestamp: '2026-03-04T11:59:30Z' };
  const unready = { conditions: [{ type: 'Ready', status: 'False' }] };
  it('about a pod on its way out are nothing', () => {
    expect(
      told(
        examinedWith([web, pod(name, 'web', { metadata: leaving, status: unready })], {
          events: [unhealthy],
        }),
      ),
    ).toEqual([]);
    expect(
      told(examinedWith([web, pod(name, 'web', { status: unready })], { events: [unhealthy] })),
    ).not.toEqual([]);
  });

  it('about an autoscaler that is young are what its conditions say', () => {
    const young = object({
      kind: 'HorizontalPodAutoscaler',
      apiVersion: 'autoscaling/v2',
      name: 'web',
      metadata: { creationTimestamp: '2026-03-04T11:59:00Z' },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
      status: {
        conditions: [
          {
            type: 'ScalingActive',
            status: 'False',
            reason: 'FailedGetResourceMetric',
            lastTransitionTime: '2026-03-04T11:59:00Z',
          },
        ],
      },
    });
    const events = [
      { ...unhealthy, kind: 'HorizontalPodAutoscaler', name: 'web', reason: 'FailedGetResourceMetric' },
    ];
    expect(told(examinedWith([web, young], { events }))).toEqual([]);
  });
});

describe('a port that no container declares', () => {
  const at = (more: object) => service('web', [{ name: 'metrics', port: 9102 }], more);
  it('matters to those who are sent there, and not where they only ask for addresses', () => {
    expect(told(examinedWith([web, pod(name, 'web'), at({})]))).toEqual([
      'warning service.target-port-mismatch Service/web',
    ]);
    expect(told(examinedWith([web, pod(name, 'web'), at({ clusterIP: 'None' })]))).toEqual([]);
  });
});

describe('a pod that was evicted, and whose place another one has taken', () => {
  const evicted = pod('web-5d8f9c7b6d-old', 'web', {
    status: {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      startTime: '2026-03-04T11:50:00Z',
      conditions: [],
    },
  });
  const under = (status: string) =>
    node('n1', {
      status: {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'MemoryPressure', status },
        ],
      },
    });
  it('is nothing once its node has enough again', () => {
    expect(told(examinedWith([web, evicted, under('False')]))).toEqual([]);
    expect(told(examinedWith([web, evicted]))).toEqual(['warning node.memory-pressure Node/n1']);
    expect(told(examinedWith([web, evicted, under('True')]))).toEqual(['error node.memory-pressure Node/n1']);
  });
});
