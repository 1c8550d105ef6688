import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { type KubernetesObject, kubernetesObjectSchema } from '#domain/tools/kubernetes-object.ts';

/**
 * A cluster in which nothing is wrong: what well-known projects and clouds put there, as their charts render it (see
 * `manifests/`), and around it what a running cluster adds: replica sets, pods, endpoints, statuses.
 */

const folder = new URL('./manifests/', import.meta.url);
const born = '2026-02-01T00:00:00Z';
const templateHash = '5d8f9c7b6d';

function manifests(): KubernetesObject[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .flatMap((name) => parseAllDocuments(readFileSync(new URL(name, folder), 'utf8')))
    .map((document) => kubernetesObjectSchema.parse(document.toJS()));
}

const workloadSchema = z.looseObject({
  replicas: z.number().optional(),
  selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()) }),
  template: z.looseObject({
    metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
    spec: z.looseObject({
      nodeSelector: z.record(z.string(), z.string()).optional(),
      affinity: z.unknown().optional(),
      containers: z.array(z.looseObject({ name: z.string() })),
      initContainers: z.array(z.looseObject({ name: z.string() })).optional(),
      readinessGates: z.array(z.looseObject({ conditionType: z.string() })).optional(),
    }),
  }),
});
type WorkloadSpec = z.output<typeof workloadSchema>;

/** Sets of which every node has one; those that name nodes of a kind are for nodes that this cluster has not. */
function replicasOf(kind: string, { replicas = 1, template: { spec } }: WorkloadSpec): number {
  if (kind !== 'DaemonSet') return replicas;
  return spec.nodeSelector === undefined && spec.affinity === undefined ? 1 : 0;
}

function podOf(workload: KubernetesObject, { template }: WorkloadSpec, index: number): KubernetesObject {
  const { name, namespace } = workload.metadata;
  const { containers, initContainers = [], readinessGates = [] } = template.spec;
  const [owner, pod] =
    workload.kind === 'Deployment'
      ? [{ kind: 'ReplicaSet', name: `${name}-${templateHash}` }, `${name}-${templateHash}-${index}`]
      : [{ kind: workload.kind, name }, `${name}-${index}`];
  const conditions = [
    'PodScheduled',
    'Initialized',
    'ContainersReady',
    'Ready',
    ...readinessGates.map((one) => one.conditionType),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod,
      namespace,
      creationTimestamp: born,
      labels: template.metadata.labels,
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: { ...template.spec, nodeName: 'ip-10-0-1-11.ec2.internal' },
    status: {
      phase: 'Running',
      conditions: conditions.map((type) => ({ type, status: 'True', lastTransitionTime: born })),
      initContainerStatuses: initContainers.map((one) => ({
        name: one.name,
        ready: true,
        restartCount: 0,
        state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: born } },
      })),
      containerStatuses: containers.map((one) => ({
        name: one.name,
        ready: true,
        restartCount: 0,
        state: { running: { startedAt: born } },
      })),
    },
  } as KubernetesObject;
}

function replicaSetOf(workload: KubernetesObject, spec: WorkloadSpec, replicas: number): KubernetesObject[] {
  const { name, namespace } = workload.metadata;
  if (workload.kind !== 'Deployment') return [];
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${templateHash}`,
        namespace,
        creationTimestamp: born,
        ownerReferences: [{ kind: 'Deployment', name, controller: true }],
      },
      spec: { ...spec, replicas },
      status: { observedGeneration: 1, replicas, readyReplicas: replicas },
    } as KubernetesObject,
  ];
}

function grown(workload: KubernetesObject): KubernetesObject[] {
  const spec = workloadSchema.parse(workload.spec);
  const replicas = replicasOf(workload.kind, spec);
  const counts =
    workload.kind === 'DaemonSet'
      ? { desiredNumberScheduled: replicas, numberReady: replicas, updatedNumberScheduled: replicas }
      : { replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas };
  const available = { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' };
  const conditions = workload.kind === 'Deployment' ? [available] : [];
  return [
    { ...workload, status: { observedGeneration: 1, ...counts, conditions } },
    ...replicaSetOf(workload, spec, replicas),
    ...Array.from({ length: replicas }, (_, index) => podOf(workload, spec, index)),
  ];
}

const serviceSchema = z.looseObject({ selector: z.record(z.string(), z.string()).optional() });

function sliceOf(service: KubernetesObject, pods: readonly KubernetesObject[]): KubernetesObject[] {
  const { selector } = serviceSchema.parse(service.spec ?? {});
  if (selector === undefined) return [];
  const { name, namespace } = service.metadata;
  const behind = pods.filter(
    ({ metadata }) =>
      metadata.namespace === namespace &&
      Object.entries(selector).every(([key, value]) => metadata.labels?.[key] === value),
  );
  return [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-x1y2z`, namespace, labels: { 'kubernetes.io/service-name': name } },
      endpoints: behind.map(({ metadata }, index) => ({
        addresses: [`10.1.0.${index + 1}`],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: metadata.name },
      })),
    } as KubernetesObject,
  ];
}

const makesPods = new Set(['Deployment', 'StatefulSet', 'DaemonSet']);

/** Every object of the healthy cluster. */
export function healthyCluster(): KubernetesObject[] {
  const objects = manifests().flatMap((one) => (makesPods.has(one.kind) ? grown(one) : [one]));
  const pods = objects.filter(
    ({ kind, status }) => kind === 'Pod' && JSON.stringify(status).includes('"Running"'),
  );
  const listed = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
  const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  return [
    ...objects,
    ...objects.filter(({ kind }) => kind === 'Service').flatMap((one) => sliceOf(one, pods)),
    ...[...namespaces]
      .filter((name) => !listed.includes(name))
      .map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
  ];
}
