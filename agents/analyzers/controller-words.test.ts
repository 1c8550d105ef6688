import { describe, expect, it } from 'vitest';
import type { KubernetesEvent } from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { runsBetween, scheduleFault } from '../analysis/cron.ts';
import { deployment, findingsWith, node, object, pod, service, told } from '../testing/cluster.ts';

/** Words of controllers, admission and nodes, as clusters show them, and what each is told as. */

const [longAgo, lately, days] = ['2026-03-04T11:00:00Z', '2026-03-04T11:59:30Z', '2026-03-02T00:00:00Z'];
const empty = { observedGeneration: 1, replicas: 0, readyReplicas: 0, updatedReplicas: 0 };

function said(kind: string, name: string, reason: string, message: string): Partial<KubernetesEvent>[] {
  return [{ kind, name, reason, message, count: 8, firstAt: '2026-03-04T11:50:00Z', lastAt: lately }];
}

const condition = (type: string, status: string, reason: string, message = '') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: longAgo,
});

describe('pods that are not let in', () => {
  it.each([
    ['is forbidden: failed quota: compute: must specify limits.cpu for: app', 'quota-other Deployment/web'],
    [
      'is forbidden: exceeded quota: compute, requested: pods=1, used: pods=2, limited: pods=2',
      'quota-pods ResourceQuota/compute',
    ],
    [
      'is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4',
      'limit-range Deployment/web',
    ],
    [
      "is forbidden: ValidatingAdmissionPolicy 'limits' with binding 'b' denied request: no",
      'policy-denied Deployment/web',
    ],
    [
      'is forbidden: unable to validate against any security context constraint: []',
      'policy-denied Deployment/web',
    ],
  ])('%s', (why, finding) => {
    const set = object({
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      name: 'web-5d8f9c7b6d',
      metadata: { ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true }] },
      spec: { replicas: 1 },
      status: { replicas: 0 },
    });
    const events = said(
      'ReplicaSet',
      'web-5d8f9c7b6d',
      'FailedCreate',
      `Error creating: pods "web-1" ${why}`,
    );
    const found = findingsWith([deployment('web', {}, { status: empty }), set], { events, read: ['pods'] });
    expect(told(found)).toEqual([`error admission.${finding}`]);
  });

  it('are not missed where their namespace is being taken away', () => {
    const events = said(
      'StatefulSet',
      'db',
      'FailedCreate',
      'is forbidden: unable to create new content in namespace market because it is being terminated',
    );
    const set = object({
      kind: 'StatefulSet',
      apiVersion: 'apps/v1',
      name: 'db',
      spec: { replicas: 1 },
      status: { replicas: 0 },
    });
    expect(told(findingsWith([set], { events, read: ['pods'] }))).toEqual([]);
  });
});

describe('pods that their node turned away', () => {
  const turned = (reason: string, ready: number, startTime = lately) => [
    deployment('web', {}, { status: { observedGeneration: 1, replicas: 1, readyReplicas: ready } }),
    pod('web-5d8f9c7b6d-x', 'web', {
      status: { phase: 'Failed', reason, message: 'told by the kubelet', startTime, containerStatuses: [] },
    }),
  ];
  it.each([
    ['OutOfcpu', 'insufficient-cpu'],
    ['UnexpectedAdmissionError', 'insufficient-other'],
    ['NodeAffinity', 'node-affinity-mismatch'],
  ])('%s', (reason, code) =>
    expect(told(findingsWith(turned(reason, 0)))).toEqual([`error scheduling.${code} Deployment/web`]),
  );
  it('have found their place since, or it is long ago', () => {
    expect(told(findingsWith(turned('OutOfcpu', 1)))).toEqual([]);
    expect(told(findingsWith(turned('OutOfcpu', 0, days)))).not.toContain(
      'error scheduling.insufficient-cpu Deployment/web',
    );
  });
});

describe('nodes', () => {
  const ready = (status: string, message: string, spec: object = {}) =>
    node('n1', { status: { conditions: [condition('Ready', status, 'x', message)] }, spec });
  const shutdown = { taints: [{ key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' }] };
  it.each([
    [
      'a runtime whose socket is gone',
      ready('False', 'dial unix /run/containerd/containerd.sock: no such file'),
      'error node.runtime-down',
    ],
    [
      'a machine that was switched off',
      ready('Unknown', 'Kubelet stopped posting node status.', shutdown),
      'error node.lost',
    ],
    [
      'taints alone',
      node('n1', { status: {}, spec: { taints: [{ key: 'node.kubernetes.io/not-ready' }] } }),
      'error node.not-ready',
    ],
    [
      'a clock that nobody sets',
      node('n1', { status: { conditions: [condition('NTPProblem', 'True', 'NTPIsDown')] } }),
      'warning node.clock-skew',
    ],
  ])('%s', (_name, one, finding) => expect(told(findingsWith([one]))).toEqual([`${finding} Node/n1`]));
});

describe('autoscalers', () => {
  const target = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 5 };
  const scaler = (apiVersion: string, more: object) =>
    object({ kind: 'HorizontalPodAutoscaler', apiVersion, name: 'web', spec: target, ...more });
  const lost = condition('ScalingActive', 'False', 'FailedGetResourceMetric', 'no metrics returned');
  const wrong = ['error workload.autoscaler-misconfigured HorizontalPodAutoscaler/web'];

  it('of the older API keep their conditions in an annotation', () => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/conditions': JSON.stringify([lost]) };
    expect(
      told(findingsWith([deployment('web'), scaler('autoscaling/v1', { metadata: { annotations } })])),
    ).toEqual(wrong);
    const cut = { 'autoscaling.alpha.kubernetes.io/conditions': '[{"type":' };
    expect(
      told(findingsWith([deployment('web'), scaler('autoscaling/v1', { metadata: { annotations: cut } })])),
    ).toEqual([]);
  });

  it('are told of by events where no condition is held', () => {
    const events = said('HorizontalPodAutoscaler', 'web', 'FailedGetResourceMetric', 'no metrics returned');
    expect(told(findingsWith([deployment('web'), scaler('autoscaling/v2', {})], { events }))).toEqual(wrong);
  });

  it('of pods that do not run have none to go by', () => {
    const down = deployment('web', {}, { status: { observedGeneration: 1, replicas: 1, readyReplicas: 0 } });
    expect(told(findingsWith([down, scaler('autoscaling/v2', { status: { conditions: [lost] } })]))).toEqual(
      [],
    );
  });
});

describe('jobs that failed', () => {
  const job = (reason: string) =>
    object({
      kind: 'Job',
      apiVersion: 'batch/v1',
      name: 'mig',
      status: {
        failed: 4,
        conditions: [{ ...condition('Failed', 'True', reason), lastTransitionTime: longAgo }],
      },
    });
  const end = (terminated: object) =>
    object({
      kind: 'Pod',
      apiVersion: 'v1',
      name: 'mig-abcde',
      metadata: { ownerReferences: [{ kind: 'Job', name: 'mig', controller: true }] },
      status: { phase: 'Failed', containerStatuses: [{ name: 'm', state: { terminated } }] },
    });
  it.each([
    [{ exitCode: 137, reason: 'OOMKilled' }, 'container.oom-killed'],
    [
      { exitCode: 1, reason: 'Error', message: 'FATAL: password authentication failed for user "app"' },
      'config.credentials-wrong',
    ],
    [{ exitCode: 3, reason: 'Error' }, 'workload.job-failed'],
  ])('as their last pod says: %j', (terminated, code) =>
    expect(told(findingsWith([job('BackoffLimitExceeded'), end(terminated)]))).toEqual([
      `error ${code} Job/mig`,
    ]),
  );
});

describe('schedules', () => {
  const from = Date.parse('2026-03-04T00:00:00Z');
  it.each([
    ['*/5 * * * *', 12],
    ['0 * * * *', 1],
    ['@hourly', 1],
    ['30 0 * * 3', 1],
    ['30 0 5 * 3', 1],
    ['30 0 5 * 4', 0],
    ['15-20/5,40 0 * MAR *', 3],
  ])('%s runs %i times in the first hour of Wednesday, 4 March 2026', (schedule, runs) =>
    expect(runsBetween(schedule, from, from + 3_600_000, 100)).toBe(runs),
  );
  it('are not counted where their hours are not known', () =>
    expect(runsBetween('TZ=Asia/Tokyo 0 * * * *', from, from + 3_600_000, 100)).toBeUndefined());
  it('of days that never come are wrong', () => {
    expect(scheduleFault('0 0 31 2 *')).toBe('the day never comes');
    expect(scheduleFault('0 0 31 2,3 *')).toBeUndefined();
    expect(scheduleFault('0 0 31 2 1')).toBeUndefined();
  });

  const nightly = (lastScheduleTime: string, spec: object = {}, active: object[] = []) =>
    object({
      kind: 'CronJob',
      apiVersion: 'batch/v1',
      name: 'nightly',
      spec: { schedule: '*/5 * * * *', ...spec },
      status: { lastScheduleTime, active },
    });
  it('whose runs do not start are told of, unless it is meant or long ago', () => {
    const stuck = findingsWith([nightly(longAgo, { concurrencyPolicy: 'Forbid' }, [{ name: 'nightly-1' }])]);
    expect(told(stuck)).toEqual(['warning workload.other CronJob/nightly']);
    expect(stuck[0]?.message).toContain('nightly-1');
    expect(told(findingsWith([nightly(longAgo, { suspend: true })]))).toEqual([]);
    expect(told(findingsWith([nightly('2026-03-04T11:55:00Z')]))).toEqual([]);
    expect(told(findingsWith([nightly('2026-01-01T00:00:00Z')]))).toEqual([]);
  });
});

describe('what other controllers say of their objects', () => {
  const custom = (kind: string, apiVersion: string, status: object, more: object = {}) =>
    object({ kind, apiVersion, name: 'web', metadata: { creationTimestamp: days }, status, ...more });
  const unready = (reason: string) => ({ conditions: [condition('Ready', 'False', reason, 'why')] });
  it.each<[string, KubernetesObject, string[]]>([
    [
      'a certificate that is not issued',
      custom('Certificate', 'cert-manager.io/v1', unready('DoesNotExist')),
      ['error routing.other Certificate/web'],
    ],
    [
      'one that has run out',
      custom('Certificate', 'cert-manager.io/v1', { notAfter: days }),
      ['error config.certificate-expired Certificate/web'],
    ],
    [
      'one that cannot be renewed',
      custom('Certificate', 'cert-manager.io/v1', {
        conditions: [condition('Ready', 'True', 'Ready'), condition('Issuing', 'False', 'Failed')],
      }),
      ['warning routing.other Certificate/web'],
    ],
    [
      'one that is just being issued',
      custom('Certificate', 'cert-manager.io/v1', {
        conditions: [{ ...condition('Ready', 'False', 'x'), lastTransitionTime: lately }],
      }),
      [],
    ],
    [
      'an issuer',
      custom('Issuer', 'cert-manager.io/v1', unready('ErrRegisterACMEAccount')),
      ['error routing.other Issuer/web'],
    ],
    [
      'a server behind the API',
      custom('APIService', 'apiregistration.k8s.io/v1', {
        conditions: [condition('Available', 'False', 'MissingEndpoints')],
      }),
      ['error control-plane.other APIService/web'],
    ],
    [
      'a scaler',
      custom('ScaledObject', 'keda.sh/v1alpha1', unready('ScaledObjectCheckFailed')),
      ['error workload.autoscaler-misconfigured ScaledObject/web'],
    ],
    [
      'a rollout that was aborted',
      custom('Rollout', 'argoproj.io/v1alpha1', { phase: 'Degraded', abort: true, message: 'failed' }),
      ['warning workload.rollout-stuck Rollout/web'],
    ],
    [
      'a route that no router takes',
      custom('Route', 'route.openshift.io/v1', {
        ingress: [{ conditions: [condition('Admitted', 'False', 'HostAlreadyClaimed')] }],
      }),
      ['error routing.route-misrouted Route/web'],
    ],
    [
      'a listener',
      custom('Gateway', 'gateway.networking.k8s.io/v1', {
        conditions: [condition('Programmed', 'True', '')],
        listeners: [
          { name: 'https', conditions: [condition('ResolvedRefs', 'False', 'InvalidCertificateRef')] },
        ],
      }),
      ['error routing.gateway-misrouted Gateway/web'],
    ],
  ])('%s', (_name, one, findings) => expect(told(findingsWith([one]))).toEqual(findings));

  it('a route of gRPC leads to nobody', () => {
    const route = object({
      kind: 'GRPCRoute',
      apiVersion: 'gateway.networking.k8s.io/v1',
      name: 'rpc',
      spec: { rules: [{ backendRefs: [{ name: 'nope', port: 80 }] }] },
    });
    expect(told(findingsWith([route], { read: ['services'] }))).toEqual([
      'error routing.route-misrouted GRPCRoute/rpc',
    ]);
  });
});

describe('the way to a Service', () => {
  const web = deployment('web', { ports: [{ containerPort: 8080 }] });
  const at80 = service('web', [{ port: 80, targetPort: 8080 }]);
  const read = ['services', 'pods', 'deployments'];

  it.each([
    [
      'a host and its port apart',
      {
        env: [
          { name: 'WEB_HOST', value: 'web' },
          { name: 'WEB_PORT', value: '8081' },
        ],
      },
      '/spec/template/spec/containers/0/env/1/value',
      '80',
    ],
    [
      'an argument',
      { args: ['--upstream=web:8081'] },
      '/spec/template/spec/containers/0/args/0',
      '--upstream=web:80',
    ],
  ])('is given with a wrong port: %s', (_name, container, path, value) => {
    const found = findingsWith([web, at80, deployment('front', container)], { read });
    expect(told(found)).toEqual(['error config.port-wrong Deployment/front']);
    expect(found[0]?.fixHint?.steps?.[0]?.arguments).toEqual({
      operations: [{ op: 'replace', path, value }],
    });
  });

  it.each([
    [
      'the right one',
      {
        env: [
          { name: 'WEB_HOST', value: 'web' },
          { name: 'WEB_PORT', value: '80' },
        ],
      },
    ],
    [
      "the program's own",
      {
        env: [
          { name: 'HOST', value: 'web' },
          { name: 'PORT', value: '9999' },
        ],
      },
    ],
    ['an image', { args: ['--sidecar-image=web:7'], env: [{ name: 'INIT_IMAGE', value: 'web:7' }] }],
  ])('is not given wrongly by %s', (_name, container) =>
    expect(told(findingsWith([web, at80, deployment('front', container)], { read }))).toEqual([]),
  );

  it('from outside is shut by a policy that forgets the controller', () => {
    const labels = { 'app.kubernetes.io/name': 'ingress-nginx' };
    const controller = object({
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      name: 'ingress-nginx-controller',
      namespace: 'ingress-nginx',
      metadata: { labels },
      spec: { template: { metadata: { labels }, spec: { containers: [{ name: 'c' }] } } },
      status: { readyReplicas: 1 },
    });
    const ingress = object({
      kind: 'Ingress',
      apiVersion: 'networking.k8s.io/v1',
      name: 'front',
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
    });
    const policy = (from: object) =>
      object({
        kind: 'NetworkPolicy',
        apiVersion: 'networking.k8s.io/v1',
        name: 'only-us',
        metadata: { creationTimestamp: longAgo },
        spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [from] }] },
      });
    const all = [web, at80, controller, ingress];
    expect(told(findingsWith([...all, policy({ podSelector: {} })]))).toEqual([
      'error network.policy-blocked NetworkPolicy/only-us',
    ]);
    expect(told(findingsWith([...all, policy({ namespaceSelector: {} })]))).toEqual([]);
  });
});

describe('a program that wants its account’s token', () => {
  const crashed = pod('web-5d8f9c7b6d-x', 'web', {
    status: {
      conditions: [{ type: 'Ready', status: 'False' }],
      containerStatuses: [
        {
          name: 'app',
          ready: false,
          restartCount: 5,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: {
            terminated: {
              exitCode: 1,
              reason: 'Error',
              message: 'open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory',
            },
          },
        },
      ],
    },
  });
  const account = object({
    kind: 'ServiceAccount',
    apiVersion: 'v1',
    name: 'default',
    automountServiceAccountToken: false,
  });
  it('does not get it by the word of its account', () => {
    const found = findingsWith([deployment('web'), crashed, account]);
    expect(told(found)).toContain('error config.other ServiceAccount/default');
    expect(found.flatMap(({ fixHint }) => fixHint?.steps ?? [])[0]?.object.kind).toBe('ServiceAccount');
  });
  it('is told of without a step where nobody is known to keep it back', () => {
    const [found] = findingsWith([deployment('web'), crashed]);
    expect(found).toMatchObject({ code: 'config.other', object: { kind: 'Deployment' } });
    expect(found?.fixHint?.steps).toBeUndefined();
  });
});
