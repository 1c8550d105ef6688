import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, node, object, pod, told } from '../testing/cluster.ts';

const unit = (name: string, active: string, of = 'n1') => ({
  node: of,
  unit: name,
  active,
  sub: active === 'active' ? 'running' : 'dead',
  log: 'Mar 04 11:58:00 n1 systemd[1]: Stopped it.',
});

describe('system services of a host', () => {
  it.each([
    ['kubelet.service', 'node.kubelet-down'],
    ['containerd.service', 'node.runtime-down'],
    ['kube-proxy.service', 'node.proxy-down'],
    ['etcd.service', 'control-plane.datastore-down'],
  ])('%s has stopped', (name, code) => {
    const found = findingsWith([node('n1')], { units: [unit(name, 'inactive')] });
    expect(told(found)).toEqual([`error ${code} Node/n1`]);
    expect(found[0]?.evidence.some(({ quote }) => quote.includes('Stopped it'))).toBe(true);
    expect(findingsWith([node('n1')], { units: [unit(name, 'active')] })).toEqual([]);
  });

  it('are no fault where another does the work', () => {
    expect(
      findingsWith([node('n1')], {
        units: [unit('docker.service', 'inactive'), unit('containerd.service', 'active')],
      }),
    ).toEqual([]);
    const two = [unit('kube-scheduler.service', 'inactive'), unit('kube-scheduler.service', 'active', 'n2')];
    expect(told(findingsWith([node('n1'), node('n2')], { units: two }))).toEqual([]);
    expect(findingsWith([node('n1')], { units: [unit('cron.service', 'failed')] })).toEqual([]);
  });

  it('that ended long before their host wrote its last are not needed', () => {
    const ended = {
      ...unit('kube-proxy.service', 'inactive'),
      log: 'Feb 01 08:00:00 n1 systemd[1]: Stopped it.',
    };
    const alive = { ...unit('containerd.service', 'active'), log: 'Mar 04 11:59:00 n1 containerd[9]: works' };
    expect(told(findingsWith([node('n1')], { units: [ended, alive] }))).toEqual([]);
    // Another host's clock says nothing of this one's.
    expect(told(findingsWith([node('n1')], { units: [ended, { ...alive, node: 'n2' }] }))).toEqual([
      'error node.proxy-down Node/n1',
    ]);
    const kubelet = { ...ended, unit: 'kubelet.service' };
    expect(told(findingsWith([node('n1')], { units: [kubelet, alive] }))).toEqual([
      'error node.kubelet-down Node/n1',
    ]);
  });

  it('explain all that is in trouble on a large node', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      pod(`app${index}-5d8f9c7b6d-x`, `app${index}`, {
        status: {
          phase: 'Pending',
          conditions: [{ type: 'Ready', status: 'False' }],
          containerStatuses: [
            {
              name: 'app',
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: 'ContainerCreating' } },
            },
          ],
        },
      }),
    );
    const events = many.map(({ metadata: { name } }) => ({
      name,
      reason: 'FailedCreatePodSandBox',
      message: 'rpc error: code = Unavailable',
      count: 9,
    }));
    const found = findingsWith([node('n1'), ...many], {
      events,
      units: [unit('containerd.service', 'failed')],
    });
    expect(told(found)).toEqual(['error node.runtime-down Node/n1']);
  });

  it('explain what becomes of the pods on the node', () => {
    const stuck = pod('shop-5d8f9c7b6d-x', 'shop', {
      status: {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
        ],
      },
    });
    const found = findingsWith([node('n1'), deployment('shop'), stuck], {
      units: [unit('kubelet.service', 'failed')],
    });
    expect(told(found)).toEqual(['error node.kubelet-down Node/n1']);
  });
});

describe('conditions of a node', () => {
  const with_ = (...conditions: object[]) => node('n1', { status: { conditions } });

  it.each([
    [
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
      },
      'node.kubelet-down',
    ],
    [
      { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'container runtime is down' },
      'node.runtime-down',
    ],
    [
      {
        type: 'Ready',
        status: 'False',
        reason: 'KubeletNotReady',
        message: 'NetworkReady=false reason:NetworkPluginNotReady message: cni config uninitialized',
      },
      'node.network-unavailable',
    ],
    [
      { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'something else' },
      'node.not-ready',
    ],
    [{ type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure' }, 'node.disk-pressure'],
    [{ type: 'PIDPressure', status: 'True', reason: 'KubeletHasInsufficientPID' }, 'node.pid-pressure'],
  ])('%j', (condition, code) => {
    expect(told(findingsWith([with_(condition)]))).toEqual([`error ${code} Node/n1`]);
  });

  it('are as they should be, unknown, or those of a node that has just come', () => {
    expect(
      findingsWith([with_({ type: 'Ready', status: 'True' }, { type: 'DiskPressure', status: 'False' })]),
    ).toEqual([]);
    expect(findingsWith([object({ kind: 'Node', name: 'bare', namespace: null })])).toEqual([]);
    const young = object({
      kind: 'Node',
      name: 'n9',
      namespace: null,
      metadata: { creationTimestamp: '2026-03-04T11:59:30Z' },
      status: { conditions: [{ type: 'Ready', status: 'False', message: 'cni plugin not initialized' }] },
    });
    expect(told(findingsWith([young]))).toEqual([]);
  });

  it('that watchers add are read by what they are called', () => {
    const warned = ['warning node.other Node/n1'];
    expect(
      told(findingsWith([with_({ type: 'ReadonlyFilesystem', status: 'True', message: 'ext4 error' })])),
    ).toEqual(warned);
    expect(
      told(findingsWith([with_({ type: 'KubeletProblem', status: 'True', reason: 'KubeletIsDown' })])),
    ).toEqual(warned);
    expect(
      told(findingsWith([with_({ type: 'NetworkingReady', status: 'False', reason: 'IPAMD' })])),
    ).toEqual(warned);
    const well = [
      { type: 'EtcdIsVoter', status: 'True', reason: 'MemberNotLearner' },
      { type: 'KernelDeadlock', status: 'False', reason: 'KernelHasNoDeadlock' },
      { type: 'NetworkingReady', status: 'True', reason: 'Ok' },
    ];
    expect(findingsWith([with_(...well)])).toEqual([]);
  });

  it('are only a warning of a node that somebody takes away', () => {
    const away = node('n1', {
      spec: { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] },
    });
    expect(told(findingsWith([away]))).toEqual(['warning node.kubelet-down Node/n1']);
  });

  it('are told by events that are fresh', () => {
    const event = (lastAt: string) => ({
      kind: 'Node',
      name: 'n1',
      namespace: 'default',
      reason: 'ReadonlyFilesystem',
      message: 'Node condition ReadonlyFilesystem is now: True',
      lastAt,
    });
    expect(told(findingsWith([node('n1')], { events: [event('2026-03-04T11:50:00Z')] }))).toEqual([
      'error node.other Node/n1',
    ]);
    expect(told(findingsWith([node('n1')], { events: [event('2026-03-03T11:50:00Z')] }))).toEqual([]);
  });
});

describe('pods that were evicted', () => {
  const evicted = (time: string) =>
    pod('shop-5d8f9c7b6d-x', 'shop', {
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: memory.',
        startTime: time,
        conditions: [],
        containerStatuses: [],
      },
    });

  it('tell of a node that ran short; their remains do not', () => {
    const away = deployment('shop', {}, { status: { observedGeneration: 1, replicas: 1, readyReplicas: 0 } });
    expect(told(findingsWith([away, evicted('2026-03-04T11:40:00Z')]))).toContain(
      'error node.memory-pressure Node/n1',
    );
    expect(told(findingsWith([deployment('shop'), evicted('2026-03-04T11:40:00Z')]))).toEqual([
      'warning node.memory-pressure Node/n1',
    ]);
    expect(told(findingsWith([deployment('shop'), evicted('2026-02-01T11:40:00Z')]))).toEqual([]);
  });
});
