import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, told } from '../testing/cluster.ts';

const group = 'operators.coreos.com/v1alpha1';

describe('operators', () => {
  it.each([
    [
      'ClusterServiceVersion',
      { phase: 'Failed', reason: 'InstallCheckFailed', message: 'install timeout' },
      'error',
    ],
    ['ClusterServiceVersion', { phase: 'Succeeded' }, undefined],
    ['ClusterServiceVersion', { phase: 'Pending', lastTransitionTime: '2026-03-04T09:00:00Z' }, 'warning'],
    ['ClusterServiceVersion', { phase: 'Pending', lastTransitionTime: '2026-03-04T11:58:00Z' }, undefined],
    [
      'Subscription',
      { conditions: [{ type: 'ResolutionFailed', status: 'True', message: 'no operators found' }] },
      'error',
    ],
    [
      'Subscription',
      {
        conditions: [
          { type: 'CatalogSourcesUnhealthy', status: 'False', reason: 'AllCatalogSourcesHealthy' },
        ],
      },
      undefined,
    ],
    [
      'InstallPlan',
      { phase: 'Failed', conditions: [{ type: 'Installed', status: 'False', message: 'conflict' }] },
      'error',
    ],
    ['InstallPlan', { phase: 'RequiresApproval' }, undefined],
    ['CatalogSource', { connectionState: { lastObservedState: 'TRANSIENT_FAILURE' } }, 'error'],
    ['CatalogSource', { connectionState: { lastObservedState: 'READY' } }, undefined],
    ['CatalogSource', {}, undefined],
  ])('%s with %j', (kind, status, severity) => {
    const found = findingsWith([object({ kind, apiVersion: group, name: 'tool', status })]);
    expect(told(found)).toEqual(severity === undefined ? [] : [`${severity} workload.other ${kind}/tool`]);
  });

  it('come from a catalog that is not there', () => {
    const subscription = object({
      kind: 'Subscription',
      apiVersion: group,
      name: 'tool',
      spec: { source: 'shelf' },
    });
    expect(told(findingsWith([subscription], { read: ['catalogsources'] }))).toEqual([
      'error workload.other Subscription/tool',
    ]);
    expect(told(findingsWith([subscription]))).toEqual([]);
  });
});

describe('groups of operators', () => {
  const subscription = object({ kind: 'Subscription', apiVersion: group, name: 'tool', spec: {} });
  const groupNamed = (name: string, namespace = 'market') =>
    object({ kind: 'OperatorGroup', apiVersion: 'operators.coreos.com/v1', name, namespace });
  const read = ['operatorgroups'];

  it('are one to a namespace', () => {
    expect(told(findingsWith([subscription, groupNamed('one')], { read }))).toEqual([]);
    expect(told(findingsWith([subscription, groupNamed('one'), groupNamed('two')], { read }))).toEqual([
      'error workload.other OperatorGroup/one',
    ]);
    expect(told(findingsWith([subscription, groupNamed('one', 'elsewhere')], { read }))).toEqual([]);
    expect(told(findingsWith([subscription], { read }))).toEqual(['error workload.other Subscription/tool']);
    expect(told(findingsWith([subscription]))).toEqual([]);
  });

  it.each([
    [
      'ClusterExtension',
      { type: 'Installed', status: 'False', reason: 'Failed', message: 'no bundle' },
      'error',
    ],
    ['ClusterExtension', { type: 'Installed', status: 'False', reason: 'Absent' }, undefined],
    ['ClusterExtension', { type: 'Installed', status: 'True', reason: 'Succeeded' }, undefined],
    [
      'ClusterExtension',
      { type: 'Progressing', status: 'False', reason: 'Blocked', message: 'bad channel' },
      'error',
    ],
    ['ClusterCatalog', { type: 'Serving', status: 'False', reason: 'Unavailable' }, 'error'],
    ['ClusterCatalog', { type: 'Serving', status: 'False', reason: 'UserSpecifiedUnavailable' }, undefined],
  ])('of the newer manager: %s with %j', (kind, condition, severity) => {
    const one = object({
      kind,
      apiVersion: 'olm.operatorframework.io/v1',
      name: 'tool',
      namespace: null,
      status: { conditions: [condition] },
    });
    expect(told(findingsWith([one]))).toEqual(
      severity === undefined ? [] : [`${severity} workload.other ${kind}/tool`],
    );
  });
});

describe('what could be used against a system', () => {
  const privileged = { securityContext: { privileged: true } };

  it("is a warning, and in the cluster's own namespaces only for information", () => {
    expect(told(findingsWith([deployment('shop', privileged)]))).toEqual([
      'warning security.privileged-workload Deployment/shop',
    ]);
    expect(told(findingsWith([deployment('proxy', privileged, { namespace: 'kube-system' })]))).toEqual([]);
    expect(told(findingsWith([deployment('shop', { securityContext: { privileged: false } })]))).toEqual([]);
  });

  it("is every right for everybody's account", () => {
    const binding = (name: string) =>
      object({
        kind: 'ClusterRoleBinding',
        apiVersion: 'rbac.authorization.k8s.io/v1',
        name: 'wide',
        namespace: null,
        roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name, namespace: 'market' }],
      });
    expect(told(findingsWith([binding('default')]))).toEqual([
      'warning security.wide-permission ClusterRoleBinding/wide',
    ]);
    expect(told(findingsWith([binding('deployer')]))).toEqual([]);
  });
});
