import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { Cluster } from '../kubernetes/clusters.ts';
import { type ApiResource, pathOf } from '../kubernetes/discovery.ts';
import { isNotFound } from '../kubernetes/kind-failure.ts';
import { listWhole } from '../kubernetes/list-kind.ts';

/** One container whose log may be read. */
export type LogSource = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly restarts: number;
  /** Who speaks, for the answer. */
  readonly emitter: Emitter;
};

const pods: ApiResource = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
  aliases: [],
  verbs: ['list'],
};
const services: ApiResource = { ...pods, plural: 'services', kind: 'Service' };

const podSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string(),
    creationTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).default({}),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), controller: z.boolean().optional() }))
      .default([]),
  }),
  spec: z.looseObject({
    nodeName: z.string().optional(),
    containers: z.array(z.looseObject({ name: z.string() })),
    initContainers: z.array(z.looseObject({ name: z.string() })).default([]),
  }),
  status: z
    .looseObject({
      containerStatuses: z
        .array(z.looseObject({ name: z.string(), restartCount: z.int().default(0) }))
        .default([]),
      initContainerStatuses: z
        .array(
          z.looseObject({
            name: z.string(),
            restartCount: z.int().default(0),
            ready: z.boolean().default(false),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
type Pod = z.infer<typeof podSchema>;

const serviceSchema = z.looseObject({
  spec: z.looseObject({ selector: z.record(z.string(), z.string()).optional() }),
});

/** The workload that a pod belongs to, from the names that controllers give. */
export function workloadOfPod(pod: Pick<Pod, 'metadata'>): string | undefined {
  const owner = pod.metadata.ownerReferences.find((candidate) => candidate.controller === true);
  if (owner === undefined) return undefined;
  const hash = pod.metadata.labels['pod-template-hash'];
  if (owner.kind === 'ReplicaSet' && hash !== undefined)
    return owner.name.replace(new RegExp(`-${hash}$`), '');
  // A CronJob's jobs are named after it and the minute of their turn.
  return owner.kind === 'Job' ? owner.name.replace(/-\d{6,}$/, '') : owner.name;
}

const serviceLabels = ['app.kubernetes.io/name', 'app', 'k8s-app'] as const;
const versionLabels = ['app.kubernetes.io/version', 'version'] as const;

function labelOf(pod: Pod, names: readonly string[]): string | undefined {
  const name = names.find((candidate) => pod.metadata.labels[candidate] !== undefined);
  return name === undefined ? undefined : pod.metadata.labels[name];
}

/** The selector of the Service of that name, or undefined where there is none that selects. */
async function selectorOf(
  cluster: Cluster,
  namespace: string,
  service: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const raw = await cluster.api.json({ path: pathOf(services, namespace, service), signal });
    return serviceSchema.safeParse(raw).data?.spec.selector;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function selects(selector: Readonly<Record<string, string>>, pod: Pod): boolean {
  return Object.entries(selector).every(([name, value]) => pod.metadata.labels[name] === value);
}

type Filter = (pod: Pod) => boolean;

/** Pods of a service: those that the Service selects; those named like it, where it selects none or there is none. */
async function serviceFilter(
  cluster: Cluster,
  emitter: Emitter,
  all: readonly Pod[],
  signal: AbortSignal,
): Promise<Filter> {
  const { service, namespace } = emitter;
  if (service === undefined) return () => true;
  const selector =
    namespace === undefined ? undefined : await selectorOf(cluster, namespace, service, signal);
  const selected: Filter = (pod) => selector !== undefined && selects(selector, pod);
  if (all.some(selected)) return selected;
  return (pod) => workloadOfPod(pod) === service || labelOf(pod, serviceLabels) === service;
}

function fieldsFilter(emitter: Emitter): Filter {
  return (pod) =>
    (emitter.pod === undefined || pod.metadata.name === emitter.pod) &&
    (emitter.workload === undefined || workloadOfPod(pod) === emitter.workload) &&
    (emitter.node === undefined || pod.spec.nodeName === emitter.node) &&
    (emitter.version === undefined || labelOf(pod, versionLabels) === emitter.version);
}

function emitterOf(pod: Pod, container: string, asked: Emitter): Emitter {
  const workload = workloadOfPod(pod);
  const service = asked.service ?? labelOf(pod, serviceLabels);
  const version = labelOf(pod, versionLabels);
  return {
    namespace: pod.metadata.namespace,
    ...(service === undefined ? {} : { service }),
    ...(workload === undefined ? {} : { workload }),
    pod: pod.metadata.name,
    container,
    ...(pod.spec.nodeName === undefined ? {} : { node: pod.spec.nodeName }),
    ...(version === undefined ? {} : { version }),
  };
}

/** Containers of a pod, and its init containers that are not through. */
function sourcesOf(pod: Pod, asked: Emitter): LogSource[] {
  const { containerStatuses, initContainerStatuses } = pod.status;
  const waiting = pod.spec.initContainers.filter(
    ({ name }) => initContainerStatuses.find((status) => status.name === name)?.ready === false,
  );
  return [...waiting, ...pod.spec.containers]
    .filter(({ name }) => asked.container === undefined || name === asked.container)
    .map(({ name }) => {
      const status = [...containerStatuses, ...initContainerStatuses].find(
        (candidate) => candidate.name === name,
      );
      return {
        namespace: pod.metadata.namespace,
        pod: pod.metadata.name,
        container: name,
        restarts: status?.restartCount ?? 0,
        emitter: emitterOf(pod, name, asked),
      };
    });
}

const maxPodsListed = 5_000;
const maxSources = 40;

function newestFirst(a: Pod, b: Pod): number {
  const order = (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '');
  return order === 0 ? a.metadata.name.localeCompare(b.metadata.name) : order;
}

/**
 * The containers that an emitter names, of the newest pods first; at most 40, and a gap that says how many more there are.
 * Throws `bad-input` for an emitter that names none of namespace, service, workload, pod and node.
 */
export async function sourcesOfEmitter(
  cluster: Cluster,
  emitter: Emitter,
  signal: AbortSignal,
): Promise<{
  readonly sources: readonly LogSource[];
  readonly gaps: readonly string[];
  readonly hint?: string;
}> {
  const { namespace, service, workload, pod, node } = emitter;
  if ([namespace, service, workload, pod, node].every((field) => field === undefined)) {
    throw new UnderstudyError('bad-input', 'emitter: name a namespace, service, workload, pod or node');
  }
  const fieldSelector = [
    ...(pod === undefined ? [] : [`metadata.name=${pod}`]),
    ...(node === undefined ? [] : [`spec.nodeName=${node}`]),
  ].join(',');
  const listed = await listWhole(
    cluster.api,
    pods,
    { namespace, signal, ...(fieldSelector === '' ? {} : { fieldSelector }) },
    maxPodsListed,
  );
  const all = listed.items.flatMap((raw) => podSchema.safeParse(raw).data ?? []);
  const inService = await serviceFilter(cluster, emitter, all, signal);
  const inFields = fieldsFilter(emitter);
  const found = all.filter((candidate) => inService(candidate) && inFields(candidate)).toSorted(newestFirst);
  const sources = found.flatMap((candidate) => sourcesOf(candidate, emitter));
  const gaps = [
    ...(listed.complete ? [] : [`pods: more than ${maxPodsListed} here, some were not looked at`]),
    ...(sources.length <= maxSources
      ? []
      : [`logs: ${sources.length - maxSources} more containers were not read`]),
  ];
  const workloads = [
    ...new Set(all.map((candidate) => workloadOfPod(candidate) ?? candidate.metadata.name)),
  ].sort();
  return {
    sources: sources.slice(0, maxSources),
    gaps,
    ...(sources.length > 0
      ? {}
      : {
          hint:
            all.length === 0
              ? 'no such pods here'
              : `no pod fits; workloads with pods here: ${workloads.slice(0, 20).join(', ')}`,
        }),
  };
}
