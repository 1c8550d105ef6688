import { describe, expect, it } from 'vitest';
import { pluralOf } from '../analysis/kubernetes/snapshot.ts';
import { deployment, findingsWith, node, object, pod, service, told } from '../testing/cluster.ts';

/** Which fault is told where one leads to the other. */

const revision = 'deployment.kubernetes.io/revision';
const waiting = (message: string, spec: object = {}) =>
  pod('web-5d8f9c7b6d-x', 'web', {
    spec: { nodeName: undefined, ...spec },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      containerStatuses: [],
    },
  });

describe('a claim that is not there', () => {
  const mounts = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] };
  const template = (spec: object) => ({ spec: { containers: [{ name: 'app' }], ...spec } });
  const set = (name: string, number: string, spec: object) =>
    object({
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      name,
      metadata: {
        annotations: { [revision]: number },
        ownerReferences: [{ kind: 'Deployment', name: 'web' }],
      },
      spec: { template: template(spec) },
    });
  const found = (before: object) =>
    findingsWith(
      [
        deployment(
          'web',
          {},
          { metadata: { annotations: { [revision]: '2' } }, spec: { template: template(mounts) } },
        ),
        set('web-6c7d8f9b5c', '1', before),
        set('web-5d8f9c7b6d', '2', mounts),
        waiting('persistentvolumeclaim "data" not found', mounts),
      ],
      { read: ['persistentvolumeclaims'] },
    ).find(({ code, consequence }) => code === 'storage.claim-unbound' && !consequence);

  it('is the rollout’s that began to ask for it, which can be gone back on', () => {
    expect(found({})).toMatchObject({ object: { kind: 'Deployment' }, fixHint: { facets: ['volumes'] } });
  });
  it('is missed by itself where it was asked for before', () => {
    expect(found(mounts)).toMatchObject({ object: { kind: 'PersistentVolumeClaim', name: 'data' } });
  });
});

describe('a node that is away', () => {
  it('is why pods find none', () => {
    const away = node('n1', {
      status: { conditions: [{ type: 'Ready', status: 'Unknown', message: 'stopped posting' }] },
    });
    const pending = waiting(
      '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }.',
    );
    const found = findingsWith([deployment('web'), away, pending]);
    expect(told(found)).toEqual(['error node.kubelet-down Node/n1']);
    const root = found.find(({ code }) => code === 'node.kubelet-down');
    expect(root?.through?.map(({ kind, name }) => `${kind}/${name}`)).toContain('Deployment/web');
  });
});

describe('an address that is wrong', () => {
  it('is why its reader ends', () => {
    const front = deployment('front', { env: [{ name: 'DB_URL', value: 'tcp://db:5433' }] });
    const ended = pod('front-5d8f9c7b6d-x', 'front', {
      status: {
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          {
            name: 'app',
            ready: false,
            restartCount: 5,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, reason: 'Error' } },
          },
        ],
      },
    });
    const found = findingsWith([deployment('db'), service('db', [{ port: 5432 }]), front, ended]);
    expect(told(found)).toEqual(['error config.port-wrong Deployment/front']);
  });
});

it.each([
  ['Gateway', 'gateways'],
  ['NetworkPolicy', 'networkpolicies'],
  ['IngressClass', 'ingressclasses'],
  ['Endpoints', 'endpoints'],
  ['Service', 'services'],
])('lists call a %s one of the %s', (kind, plural) => expect(pluralOf(kind)).toBe(plural));
