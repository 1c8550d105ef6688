import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, pod, told } from '../testing/cluster.ts';

const shop = deployment('shop');
const longAgo = '2026-03-04T11:40:00Z';
const justNow = '2026-03-04T11:59:30Z';

describe('readiness gates', () => {
  const gate = 'target-health.elbv2.k8s.aws/shop';
  const gated = (since: string, ...conditions: object[]) =>
    pod('shop-5d8f9c7b6d-x', 'shop', {
      spec: { readinessGates: [{ conditionType: gate }] },
      status: {
        conditions: [
          { type: 'ContainersReady', status: 'True', lastTransitionTime: since },
          { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' },
          ...conditions,
        ],
      },
    });

  it('that somebody else does not open keep a pod from being ready', () => {
    const refused = { type: gate, status: 'False', message: 'Target.FailedHealthChecks' };
    const found = findingsWith([shop, gated(longAgo, refused)]);
    expect(told(found)).toEqual(['error cloud.load-balancer-unhealthy Deployment/shop']);
    expect(found[0]?.evidence[0]?.quote).toBe('Target.FailedHealthChecks');
    expect(told(findingsWith([shop, gated(longAgo)]))).toEqual([
      'error cloud.load-balancer-unhealthy Deployment/shop',
    ]);
  });

  it('are opened in a moment, or have been', () => {
    expect(told(findingsWith([shop, gated(justNow)]))).toEqual([]);
    expect(told(findingsWith([shop, gated(longAgo, { type: gate, status: 'True' })]))).toEqual([]);
  });
});

describe('an init container that does not end', () => {
  const preparing = (startedAt: string, more: object = {}) =>
    pod('shop-5d8f9c7b6d-x', 'shop', {
      spec: { initContainers: [{ name: 'wait', ...more }] },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        initContainerStatuses: [
          { name: 'wait', ready: false, restartCount: 0, state: { running: { startedAt } } },
        ],
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
        ],
      },
    });
  const codes = (objects: Parameters<typeof findingsWith>[0], lines: object[] = []) =>
    findingsWith(objects, { lines }).map(({ severity, code }) => `${severity} ${code}`);

  it('is what the pod waits for', () => {
    expect(codes([shop, preparing(longAgo)])).toEqual(['warning container.init-failed']);
    const lines = [
      {
        emitter: { namespace: 'market', pod: 'shop-5d8f9c7b6d-x', container: 'wait' },
        message: 'x509: certificate has expired',
      },
    ];
    expect(codes([shop, preparing(longAgo)], lines)).toEqual(['error config.certificate-expired']);
  });

  it('is no fault in its first minutes, nor where it is to run beside the others', () => {
    expect(codes([shop, preparing(justNow)])).toEqual([]);
    expect(codes([shop, preparing(longAgo, { restartPolicy: 'Always' })])).toEqual([]);
  });
});

describe('a pod that failed for good', () => {
  const failed = (finishedAt: string, more: object = {}, status: object = {}) =>
    object({
      kind: 'Pod',
      apiVersion: 'v1',
      name: 'once',
      metadata: { creationTimestamp: '2026-03-01T00:00:00Z', ...more },
      spec: { containers: [{ name: 'app' }] },
      status: {
        phase: 'Failed',
        containerStatuses: [
          { name: 'app', state: { terminated: { exitCode: 3, reason: 'Error', finishedAt } } },
        ],
        ...status,
      },
    });
  const crashed = 'container.crash-exit Pod/once';

  it('is told of where nobody starts it again', () => {
    expect(told(findingsWith([failed(longAgo)]))).toEqual([`error ${crashed}`]);
    expect(told(findingsWith([failed(longAgo, { annotations: { 'helm.sh/hook': 'test' } })]))).toEqual([
      `warning ${crashed}`,
    ]);
  });

  it('is history after a day, and nothing where its controller or its node is the reason', () => {
    expect(told(findingsWith([failed('2026-03-02T00:00:00Z')]))).toEqual([]);
    const owned = { ownerReferences: [{ kind: 'Job', name: 'nightly', controller: true }] };
    expect(told(findingsWith([failed(longAgo, owned)]))).toEqual([]);
    expect(told(findingsWith([failed(longAgo, {}, { reason: 'NodeShutdown' })]))).toEqual([]);
  });
});

describe('a reference that cannot be met', () => {
  const reads = (more: object) =>
    pod('shop-5d8f9c7b6d-x', 'shop', {
      spec: {
        nodeName: 'n1',
        containers: [{ name: 'app' }],
        volumes: [{ name: 'all', projected: { sources: [{ configMap: { name: 'rules' } }] } }],
      },
      ...more,
    });
  const waiting = {
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: longAgo }],
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
      ],
    },
  };

  it('keeps a pod from starting; one that runs will stumble over it later', () => {
    const read = ['configmaps'];
    expect(told(findingsWith([shop, reads(waiting)], { read }))).toContain(
      'error config.configmap-missing ConfigMap/rules',
    );
    expect(told(findingsWith([shop, reads({})], { read }))).toEqual([
      'warning config.configmap-missing ConfigMap/rules',
    ]);
    expect(told(findingsWith([shop, reads({})]))).toEqual([]);
  });
});

describe('a container that the runtime cannot start', () => {
  const kept = (reason: string, message: string) =>
    pod('shop-5d8f9c7b6d-x', 'shop', {
      status: {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason, message } } },
        ],
      },
    });

  it.each([
    [
      'RunContainerError',
      'exec: "/srv/app": stat /srv/app: no such file or directory',
      'container.command-not-found',
    ],
    ['CreateContainerError', 'failed to reserve container name', 'container.other'],
    ['PostStartHookError', 'Exec lifecycle hook failed', 'container.other'],
  ])('%s: %s', (reason, message, code) => {
    expect(told(findingsWith([shop, kept(reason, message)]))).toEqual([`error ${code} Deployment/shop`]);
  });

  it('is another matter than one that is being made', () => {
    expect(told(findingsWith([shop, kept('ContainerCreating', '')]))).toEqual([]);
  });
});
