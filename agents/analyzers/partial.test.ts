import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { deployment, node, object, pod, service, snapshotWith } from '../testing/cluster.ts';
import { analyze } from './registry.ts';

const kinds = [
  ['Pod', 'v1'],
  ['Deployment', 'apps/v1'],
  ['StatefulSet', 'apps/v1'],
  ['DaemonSet', 'apps/v1'],
  ['ReplicaSet', 'apps/v1'],
  ['Job', 'batch/v1'],
  ['CronJob', 'batch/v1'],
  ['Service', 'v1'],
  ['Endpoints', 'v1'],
  ['EndpointSlice', 'discovery.k8s.io/v1'],
  ['Ingress', 'networking.k8s.io/v1'],
  ['NetworkPolicy', 'networking.k8s.io/v1'],
  ['Gateway', 'gateway.networking.k8s.io/v1'],
  ['HTTPRoute', 'gateway.networking.k8s.io/v1'],
  ['PersistentVolumeClaim', 'v1'],
  ['PersistentVolume', 'v1'],
  ['StorageClass', 'storage.k8s.io/v1'],
  ['ConfigMap', 'v1'],
  ['Secret', 'v1'],
  ['ServiceAccount', 'v1'],
  ['RoleBinding', 'rbac.authorization.k8s.io/v1'],
  ['ResourceQuota', 'v1'],
  ['LimitRange', 'v1'],
  ['HorizontalPodAutoscaler', 'autoscaling/v2'],
  ['PodDisruptionBudget', 'policy/v1'],
  ['Node', 'v1'],
  ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1'],
  ['ClusterServiceVersion', 'operators.coreos.com/v1alpha1'],
  ['Subscription', 'operators.coreos.com/v1alpha1'],
] as const;

const bare = kinds.map(([kind, apiVersion]) => object({ kind, apiVersion, name: 'bare' }));

/** Some objects with much in them, for a part of it to be taken away or made nonsense. */
const whole: readonly KubernetesObject[] = [
  node('n1', { spec: { unschedulable: true, taints: [{ key: 'a', effect: 'NoSchedule' }] } }),
  deployment('shop', {
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [
      { name: 'BANK_URL', value: 'http://bank:80' },
      { name: 'K', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ],
    resources: { limits: { memory: '64Mi' }, requests: { cpu: '1' } },
    livenessProbe: { httpGet: { port: 'http', path: '/' } },
  }),
  pod('shop-5d8f9c7b6d-x', 'shop', {
    spec: {
      volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'd' } }],
      imagePullSecrets: [{ name: 'p' }],
    },
    status: {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'app',
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 139, reason: 'Error' } },
        },
      ],
    },
  }),
  service('shop', [{ port: 80, targetPort: 'web' }]),
  object({
    kind: 'NetworkPolicy',
    apiVersion: 'networking.k8s.io/v1',
    name: 'p',
    spec: {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: {} }], ports: [{ port: 1 }] }],
    },
  }),
  object({
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    name: 'i',
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'x', port: { number: 1 } } } }] } }] },
  }),
  object({
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    name: 'h',
    spec: { maxReplicas: 1, scaleTargetRef: { kind: 'Deployment', name: 'x' } },
    status: { conditions: [{ type: 'AbleToScale', status: 'False', message: 'm' }] },
  }),
];

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...at, key]))];
}

function withAt(value: unknown, [head, ...rest]: Path, put: unknown): unknown {
  if (head === undefined) return put;
  if (Array.isArray(value))
    return value.map((item: unknown, index) =>
      String(index) === String(head) ? withAt(item, rest, put) : item,
    );
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === head ? withAt(item, rest, put) : item]),
  );
}

const identity = new Set(['kind', 'metadata', 'apiVersion']);
const spots = whole.flatMap((one, index) =>
  pathsOf(one)
    .filter(([first]) => first !== undefined && !identity.has(String(first)))
    .map((path) => [index, path] as const),
);

describe('objects in part', () => {
  it('of which only the name is known are no fault', () => {
    const found = analyze(
      snapshotWith(bare, { read: ['secrets', 'configmaps', 'services', 'ingressclasses'] }),
    );
    expect(found.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('are looked at whatever is missing from them, or is not what it should be', () => {
    const nonsense = fc.oneof(
      fc.constant(undefined),
      fc.constant(null),
      fc.constant('x'),
      fc.constant(-1),
      fc.constant([]),
      fc.constant({}),
      fc.constant([null]),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...spots), nonsense), { minLength: 1, maxLength: 6 }),
        (edits) => {
          const objects = [...whole];
          for (const [[index, path], put] of edits) {
            const old = objects[index];
            if (old !== undefined) objects[index] = withAt(old, path, put) as KubernetesObject;
          }
          const found = analyze(snapshotWith(objects));
          return found.every(
            ({ evidence, message, certainty }) => evidence.length > 0 && message !== '' && certainty <= 1,
          );
        },
      ),
      { numRuns: 150 },
    );
  });
});
