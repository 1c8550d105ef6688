import type { CauseCode } from '#domain/causes/codes.ts';
import type { ServiceName } from '../shop/blueprint.ts';
import type { ShopNames } from '../shop/names.ts';
import type { AddedObject } from './added-object.ts';
import { failsRarely, runsAsWanted } from './checks.ts';
import { labelNamespace, rollOut } from './cluster-change.ts';
import { defineFault, everyLevel, type Fault, type OtherFaultObject } from './fault.ts';

type Refusal = Pick<Fault, 'name' | 'title'> & {
  of: ServiceName;
  causes: readonly CauseCode[];
  /** What refuses the pods. */
  by: OtherFaultObject;
  adds?: (names: ShopNames) => readonly AddedObject[];
  /** Labels of the namespace. */
  labels?: Readonly<Record<string, string>>;
};

/**
 * New pods are refused by something that stands beside the Deployment: a person decides whether that or the rollout is to
 * change; going back on the rollout brings no pods where one is refused, and leaves the old ones be.
 */
function refusal({ name, title, of, causes, by, adds, labels }: Refusal): Fault {
  return defineFault({
    ...{ name, title },
    declare: {
      object: by,
      alsoRight: [{ kind: 'Deployment', of }],
      causes,
      end: 'either',
      mendBy: ['rollout-undo', 'patch'],
      verifiedWhen: [runsAsWanted(of), failsRarely(of)],
    },
    levels: everyLevel,
    ...(adds === undefined ? {} : { adds }),
    changes: (names) => [
      ...(labels === undefined ? [] : [labelNamespace(names, { ...labels })]),
      rollOut(names, of, {
        container: { env: [{ name: 'LOG_SAMPLING', value: '10' }] },
        cause: `${names.services[of]} logs less`,
      }),
    ],
  });
}

function quota(names: ShopNames, hard: Readonly<Record<string, string>>): AddedObject {
  const metadata = { name: 'team-budget', namespace: names.namespace };
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } };
}
const budget: OtherFaultObject = { kind: 'ResourceQuota', named: 'team-budget', where: 'shop' };

/** Pods that may not be made: quotas, limits, policies, and who is asked about them. */
export const admissionFaults: readonly Fault[] = [
  refusal({
    name: 'quota-of-pods',
    title: { en: 'A quota of pods that is used up', zh: 'Pod 配额用尽' },
    of: 'shipping',
    causes: ['admission.quota-pods'],
    by: budget,
    adds: (names) => [quota(names, { pods: '10' })],
  }),
  refusal({
    name: 'quota-of-memory',
    title: { en: 'A quota of memory that is used up', zh: '内存配额用尽' },
    of: 'recommendations',
    causes: ['admission.quota-memory'],
    by: budget,
    adds: (names) => [quota(names, { 'requests.memory': '640Mi' })],
  }),
  refusal({
    name: 'quota-of-cpu',
    title: { en: 'A quota of CPU that is used up', zh: 'CPU 配额用尽' },
    of: 'pricing',
    causes: ['admission.quota-cpu'],
    by: budget,
    adds: (names) => [quota(names, { 'requests.cpu': '250m' })],
  }),
  refusal({
    name: 'limit-range',
    title: { en: 'More memory than a container may have', zh: '容器内存超出 LimitRange' },
    of: 'shipping',
    causes: ['admission.limit-range'],
    by: { kind: 'LimitRange', named: 'team-sizes', where: 'shop' },
    adds: ({ namespace }) => [
      {
        ...{ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'team-sizes', namespace } },
        spec: { limits: [{ type: 'Container', max: { memory: '128Mi' } }] },
      },
    ],
  }),
  refusal({
    name: 'pods-refused',
    title: { en: 'A policy that refuses the pods', zh: '安全策略拒绝创建 Pod' },
    of: 'recommendations',
    causes: ['admission.policy-denied'],
    by: { kind: 'Namespace', named: ({ namespace }) => namespace, where: 'cluster' },
    labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
  }),
  refusal({
    name: 'webhook-away',
    title: { en: 'A webhook that does not answer', zh: '准入 Webhook 不可用' },
    of: 'pricing',
    causes: ['admission.webhook-unavailable'],
    by: { kind: 'ValidatingWebhookConfiguration', named: 'image-policy', where: 'cluster' },
    adds: ({ namespace }) => [
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'image-policy' },
        webhooks: [
          {
            name: 'images.leafandpot.example',
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
            failurePolicy: 'Fail',
            timeoutSeconds: 3,
            clientConfig: { service: { namespace, name: 'image-policy', path: '/validate' } },
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          },
        ],
      },
    ],
  }),
];
