import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, node, pod, told } from '../testing/cluster.ts';

const cordoned = {
  unschedulable: true,
  taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
};
const tainted = { taints: [{ key: 'team', value: 'red', effect: 'NoSchedule' }] };
const controlPlane = node('cp', { labels: { 'node-role.kubernetes.io/control-plane': '' }, spec: cordoned });

function waiting(spec: object, message: string) {
  return pod('shop-5d8f9c7b6d-x', 'shop', {
    spec: { nodeName: undefined, ...spec },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      containerStatuses: [],
    },
  });
}

function codeOf(nodes: readonly ReturnType<typeof node>[], spec: object, message: string): string[] {
  return told(findingsWith([...nodes, deployment('shop'), waiting(spec, message)]));
}

const selector = { nodeSelector: { disk: 'fast' } };

describe('pods that fit on no node', () => {
  it('are kept off by the taint of the node that they chose, whatever most nodes say', () => {
    const nodes = [node('a', { labels: { disk: 'fast' }, spec: tainted }), node('b'), node('c')];
    const message =
      "0/3 nodes are available: 1 node(s) had untolerated taint {team: red}, 2 node(s) didn't match Pod's node affinity/selector.";
    expect(codeOf(nodes, selector, message)).toEqual([
      'error scheduling.taint-not-tolerated Deployment/shop',
    ]);
  });

  it('are kept off by the cordon of the node that they chose', () => {
    const nodes = [node('a', { labels: { disk: 'fast' }, spec: cordoned }), node('b'), node('c')];
    const message =
      "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector.";
    expect(codeOf(nodes, selector, message)).toEqual(['error scheduling.node-cordoned Node/a']);
  });

  it('chose nodes that there are none of, although the control plane would do', () => {
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['east'] }] }],
        },
      },
    };
    const nodes = [controlPlane, node('a', { labels: { zone: 'east' } })];
    const message =
      "0/2 nodes are available: 1 node(s) were unschedulable, 1 node(s) didn't match Pod's node affinity/selector.";
    expect(codeOf(nodes, { affinity }, message)).toEqual([
      'error scheduling.node-affinity-mismatch Deployment/shop',
    ]);
    expect(codeOf(nodes, selector, message)).toEqual([
      'error scheduling.node-selector-mismatch Deployment/shop',
    ]);
  });

  it('are kept off by what shuts most of the nodes that they chose', () => {
    const chosen = { labels: { disk: 'fast' } };
    const nodes = [
      node('a', { ...chosen, spec: tainted }),
      node('b', { ...chosen, spec: tainted }),
      node('c', { ...chosen, spec: cordoned }),
    ];
    const message =
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had untolerated taint {team: red}.';
    expect(codeOf(nodes, selector, message)).toEqual([
      'error scheduling.taint-not-tolerated Deployment/shop',
    ]);
  });

  it('lack room where the nodes that they chose are open', () => {
    const nodes = [node('a', { labels: { disk: 'fast' } }), node('b'), node('c')];
    const message =
      "0/3 nodes are available: 1 Insufficient memory, 2 node(s) didn't match Pod's node affinity/selector.";
    expect(codeOf(nodes, selector, message)).toEqual([
      'error scheduling.insufficient-memory Deployment/shop',
    ]);
  });

  it('wait for nodes to be well where only such taints keep them off', () => {
    const message =
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.';
    const down = node('a', {
      spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
      status: {
        conditions: [
          { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy' },
        ],
      },
    });
    expect(codeOf([down], {}, message)).toEqual(['error node.runtime-down Node/a']);
  });

  it('are no fault where a gate holds them back', () => {
    const gated = pod('batch-5d8f9c7b6d-x', 'batch', {
      spec: { nodeName: undefined, schedulingGates: [{ name: 'queue' }] },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
        containerStatuses: [],
      },
    });
    const found = findingsWith([deployment('batch'), gated]);
    expect(told(found)).toEqual([]);
    expect(found).toMatchObject([{ severity: 'info', code: 'scheduling.other' }]);
  });
});

describe('pods that no scheduler has looked at', () => {
  const unseen = (createdAt: string) =>
    pod('shop-5d8f9c7b6d-x', 'shop', {
      metadata: { creationTimestamp: createdAt },
      spec: { nodeName: undefined },
      status: { phase: 'Pending', conditions: [], containerStatuses: [] },
    });
  const stopped = { node: 'cp', unit: 'kube-scheduler.service', active: 'inactive', sub: 'dead' };

  it('tell of a scheduler that does not run, where its host says so', () => {
    const objects = [controlPlane, deployment('shop'), unseen('2026-03-04T11:58:00Z')];
    expect(told(findingsWith(objects, { units: [stopped] }))).toEqual([
      'error scheduling.scheduler-down Node/cp',
    ]);
    expect(told(findingsWith(objects))).toEqual(['error scheduling.scheduler-down Deployment/shop']);
  });

  it('tell nothing in their first seconds, or where an event tells of them', () => {
    expect(told(findingsWith([deployment('shop'), unseen('2026-03-04T11:59:45Z')]))).toEqual([]);
    const events = [
      {
        name: 'shop-5d8f9c7b6d-x',
        reason: 'FailedScheduling',
        message: '0/1 nodes are available: 1 Too many pods.',
      },
    ];
    const found = findingsWith([deployment('shop'), unseen('2026-03-04T11:58:00Z')], { events });
    expect(told(found)).toEqual(['error scheduling.pod-limit-reached Deployment/shop']);
  });

  it('tell nothing where the pod was only recorded in part', () => {
    const partial = pod('shop-5d8f9c7b6d-x', 'shop', {
      spec: { nodeName: undefined },
      status: { phase: 'Pending', podIP: '10.1.0.4', conditions: [] },
    });
    expect(told(findingsWith([deployment('shop'), partial]))).toEqual([]);
  });
});
