import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, object, service, told } from '../testing/cluster.ts';

const lacking = deployment('shop', {}, { status: { observedGeneration: 1, replicas: 0, readyReplicas: 0 } });
const refused = (message: string, lastAt = '2026-03-04T11:59:00Z') => ({
  kind: 'ReplicaSet',
  name: 'shop-5d8f9c7b6d',
  reason: 'FailedCreate',
  message: `Error creating: pods "shop-5d8f9c7b6d-" is forbidden: ${message}`,
  lastAt,
});

describe('pods that may not be made', () => {
  it.each([
    [
      'exceeded quota: small, requested: requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4',
      'admission.quota-cpu ResourceQuota/small',
    ],
    [
      'exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4',
      'admission.quota-pods ResourceQuota/small',
    ],
    ['maximum memory usage per Container is 1Gi, but limit is 2Gi', 'admission.limit-range Deployment/shop'],
    ['violates PodSecurity "restricted:latest": privileged', 'admission.policy-denied Deployment/shop'],
    ['Internal error occurred: something odd', 'admission.other Deployment/shop'],
  ])('%s', (message, expected) => {
    const event = expected.startsWith('admission.other') ? { ...refused(''), message } : refused(message);
    expect(told(findingsWith([lacking], { events: [event] }))).toEqual([`error ${expected}`]);
  });

  it('of a rollout are told although all pods of before are ready', () => {
    const before = { observedGeneration: 2, replicas: 1, readyReplicas: 1, availableReplicas: 1 };
    const [quota, message] = [
      'small',
      'exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4',
    ];
    const stuck = deployment('shop', {}, { spec: { replicas: 1 }, status: before });
    expect(told(findingsWith([stuck], { events: [refused(message)] }))).toContain(
      `error admission.quota-pods ResourceQuota/${quota}`,
    );
    const over = deployment('shop', {}, { spec: { replicas: 1 }, status: { ...before, updatedReplicas: 1 } });
    expect(told(findingsWith([over], { events: [refused(message)] }))).toEqual([]);
  });

  it('are told by a condition where no events are kept', () => {
    const message =
      'pods "shop-" is forbidden: exceeded quota: small, requested: limits.memory=1Gi, used: limits.memory=4Gi, limited: limits.memory=4Gi';
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    const stuck = deployment(
      'shop',
      {},
      { status: { observedGeneration: 1, replicas: 0, readyReplicas: 0, conditions } },
    );
    expect(told(findingsWith([stuck]))).toEqual(['error admission.quota-memory ResourceQuota/small']);
  });

  it('are history once the account is there, the pods are, or hours have passed', () => {
    const account = object({ kind: 'ServiceAccount', apiVersion: 'v1', name: 'shop' });
    const missing = 'error looking up service account market/shop: serviceaccount "shop" not found';
    expect(told(findingsWith([lacking, account], { events: [refused(missing)] }))).toEqual([]);
    expect(told(findingsWith([deployment('shop')], { events: [refused(missing)] }))).toEqual([]);
    expect(told(findingsWith([lacking], { events: [refused(missing, '2026-03-04T09:00:00Z')] }))).toEqual([]);
    expect(told(findingsWith([lacking], { events: [refused(missing)] }))).toEqual([
      'error admission.service-account-missing Deployment/shop',
    ]);
  });
});

describe('accounts', () => {
  const runsAs = (name: string, status?: object) =>
    deployment(
      'shop',
      {},
      {
        spec: {
          template: {
            metadata: { labels: { app: 'shop' } },
            spec: { serviceAccountName: name, containers: [] },
          },
        },
        ...(status === undefined ? {} : { status }),
      },
    );

  it('are missing: which hurts where pods are', () => {
    const read = ['serviceaccounts'];
    expect(told(findingsWith([runsAs('keeper')], { read }))).toEqual([
      'warning admission.service-account-missing Deployment/shop',
    ]);
    expect(told(findingsWith([runsAs('keeper', { replicas: 0 })], { read: [...read, 'pods'] }))).toEqual([
      'error admission.service-account-missing Deployment/shop',
    ]);
    expect(told(findingsWith([runsAs('default')], { read }))).toEqual([]);
    expect(told(findingsWith([runsAs('keeper')]))).toEqual([]);
  });

  it('may not, because what they are given is not there', () => {
    const binding = object({
      kind: 'RoleBinding',
      apiVersion: 'rbac.authorization.k8s.io/v1',
      name: 'reads',
      roleRef: { kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'keeper' }],
    });
    const lines = [
      {
        message:
          'pods is forbidden: User "system:serviceaccount:market:keeper" cannot list resource "pods" in API group ""',
      },
    ];
    expect(told(findingsWith([binding], { read: ['roles'], lines }))).toContain(
      'error admission.forbidden RoleBinding/reads',
    );
    expect(told(findingsWith([binding], { read: ['roles'] }))).toEqual([
      'warning admission.forbidden RoleBinding/reads',
    ]);
    expect(told(findingsWith([binding]))).toEqual([]);
  });
});

describe('bounds', () => {
  it('are not kept by a template', () => {
    const range = object({
      kind: 'LimitRange',
      apiVersion: 'v1',
      name: 'small',
      spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] },
    });
    const asks = (memory: string) => deployment('shop', { resources: { limits: { memory } } });
    expect(told(findingsWith([asks('2Gi'), range]))).toEqual([
      'warning admission.limit-range Deployment/shop',
    ]);
    expect(told(findingsWith([asks('512Mi'), range]))).toEqual([]);
    expect(told(findingsWith([deployment('shop'), range]))).toEqual([]);
  });
});

describe('webhooks', () => {
  const hook = (failurePolicy: string | undefined, name = 'judge') =>
    object({
      kind: 'ValidatingWebhookConfiguration',
      apiVersion: 'admissionregistration.k8s.io/v1',
      name: 'rules',
      namespace: null,
      webhooks: [
        {
          name: 'a.rules.example',
          failurePolicy,
          clientConfig: { service: { namespace: 'market', name, port: 443 } },
        },
      ],
    });
  const judge = service('judge', [{ port: 443, targetPort: 8443 }]);

  it('cannot be asked, which matters as they say', () => {
    expect(told(findingsWith([service('web', [{ port: 80 }]), hook('Fail')]))).toEqual([
      'error admission.webhook-unavailable ValidatingWebhookConfiguration/rules',
    ]);
    expect(told(findingsWith([service('web', [{ port: 80 }]), hook(undefined)]))).toEqual([
      'error admission.webhook-unavailable ValidatingWebhookConfiguration/rules',
    ]);
    expect(told(findingsWith([service('web', [{ port: 80 }]), hook('Ignore')]))).toEqual([
      'warning admission.webhook-unavailable ValidatingWebhookConfiguration/rules',
    ]);
  });

  it('are well where somebody is ready behind them, or where that is not known', () => {
    const slice = object({
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      name: 'judge-1',
      metadata: { labels: { 'kubernetes.io/service-name': 'judge' } },
      endpoints: [{ addresses: ['10.1.0.9'], conditions: { ready: true } }],
    });
    expect(told(findingsWith([judge, deployment('judge'), slice, hook('Fail')]))).toEqual([]);
    expect(told(findingsWith([judge, deployment('judge'), hook('Fail')]))).toEqual([]);
    expect(told(findingsWith([hook('Fail')]))).toEqual([]);
  });
});

describe('a quota that has just come', () => {
  const small = (createdAt: string) =>
    object({
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      name: 'small',
      metadata: { creationTimestamp: createdAt },
      spec: { hard: { 'requests.cpu': '4', pods: '10' } },
      status: { hard: { 'requests.cpu': '4', pods: '10' }, used: { 'requests.cpu': '3500m', pods: '3' } },
    });
  const asked =
    'exceeded quota: small, requested: requests.cpu=1, used: requests.cpu=3500m, limited: requests.cpu=4';

  const root = (objects: Parameters<typeof findingsWith>[0]) =>
    findingsWith(objects, { events: [refused(asked)] }).find(({ consequence }) => !consequence);

  it('is given the room that is asked for, and no more', () => {
    const found = root([lacking, small('2026-03-04T11:30:00Z')]);
    expect(found?.fixHint?.steps).toMatchObject([
      {
        action: 'patch',
        arguments: { operations: [{ op: 'replace', path: '/spec/hard/requests.cpu', value: '4500m' }] },
      },
    ]);
  });

  it('is left alone where it has stood for long: somebody decided so', () => {
    const found = root([lacking, small('2026-01-04T11:30:00Z')]);
    expect(found).toMatchObject({ code: 'admission.quota-cpu' });
    expect(found?.fixHint?.steps ?? []).toEqual([]);
  });
});

describe('quotas', () => {
  it('may be full', () => {
    const full = object({
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      name: 'small',
      status: { hard: { pods: '1' }, used: { pods: '1' } },
    });
    expect(told(findingsWith([deployment('shop'), full]))).toEqual([]);
    expect(findingsWith([object({ kind: 'ResourceQuota', apiVersion: 'v1', name: 'bare' })])).toEqual([]);
  });
});
