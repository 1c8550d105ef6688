import { canonicalJson } from '#domain/hash.ts';
import { type Instant, secondsBetween } from '#domain/time.ts';
import { timeOf } from './partial.ts';
import { perSnapshot } from './per-snapshot.ts';
import { type Container, type PodSpec, type PodTemplate, podTemplateSchema } from './pod-template.ts';
import type { Snapshot } from './snapshot.ts';
import { readyReplicas, type Workload, wantedReplicas } from './workload.ts';

/** One revision of a workload, read from the tool's list or from its ReplicaSets. */
export type WorkloadRevision = {
  readonly revision: number;
  readonly createdAt: Instant | undefined;
  readonly template: PodTemplate;
  readonly replicas: number | undefined;
  readonly ready: number | undefined;
  readonly current: boolean;
  readonly evidenceId: string;
};

const revisionAnnotation = 'deployment.kubernetes.io/revision';

const setsByOwner = perSnapshot((snapshot) =>
  Map.groupBy(snapshot.replicaSets, ({ ref, ownedBy }) => `${ref.namespace}/${ownedBy?.name}`),
);

function fromReplicaSets(snapshot: Snapshot, workload: Workload): WorkloadRevision[] {
  const current = workload.annotations[revisionAnnotation];
  const own = setsByOwner(snapshot).get(`${workload.ref.namespace}/${workload.ref.name}`) ?? [];
  return own.flatMap((set) => {
    const revision = Number(set.annotations[revisionAnnotation]);
    const template = set.spec?.template;
    if (!Number.isInteger(revision) || revision < 1 || template === undefined) return [];
    return [
      {
        revision,
        createdAt: set.createdAt,
        template,
        replicas: wantedReplicas(set),
        ready: readyReplicas(set),
        current: String(revision) === current,
        evidenceId: set.evidenceId,
      },
    ];
  });
}

/** Revisions of a workload, newest first; empty where none are known. */
export function revisionsOf(snapshot: Snapshot, workload: Workload): WorkloadRevision[] {
  const { kind, namespace, name } = workload.ref;
  const listed = snapshot.revisions
    .filter(
      (item) =>
        item.workload.kind === kind && item.workload.name === name && item.workload.namespace === namespace,
    )
    .map((item) => ({
      revision: item.revision,
      createdAt: timeOf(item.createdAt),
      template: podTemplateSchema.parse(item.template),
      replicas: item.replicas,
      ready: item.ready,
      current: item.current,
      evidenceId: item.evidenceId,
    }));
  const known = new Map(
    [...(kind === 'Deployment' ? fromReplicaSets(snapshot, workload) : []), ...listed].map((item) => [
      item.revision,
      item,
    ]),
  );
  return [...known.values()].toSorted((a, b) => b.revision - a.revision);
}

export function currentRevision(revisions: readonly WorkloadRevision[]): WorkloadRevision | undefined {
  return revisions.find((revision) => revision.current) ?? revisions[0];
}

/** Parts of a pod template in which a fault can sit. */
export const facets = [
  'image',
  'environment',
  'resources',
  'probes',
  'command',
  'ports',
  'labels',
  'placement',
  'volumes',
  'security',
  'init-containers',
  'name-resolution',
] as const;
export type Facet = (typeof facets)[number];

export type TemplateChange = {
  readonly facet: Facet;
  readonly container?: string;
  readonly before: unknown;
  readonly after: unknown;
};

const containerFacets: Readonly<Partial<Record<Facet, (container: Container) => unknown>>> = {
  image: ({ image }) => image,
  environment: ({ env, envFrom }) => ({ env, envFrom }),
  resources: ({ resources }) => resources,
  probes: ({ livenessProbe, readinessProbe, startupProbe }) => ({
    livenessProbe,
    readinessProbe,
    startupProbe,
  }),
  command: ({ command, args }) => ({ command, args }),
  ports: ({ ports }) => ports,
  volumes: ({ volumeMounts }) => volumeMounts,
  security: ({ securityContext }) => securityContext,
};

/** Fields of a pod's spec by the part of the template that they are of. */
const podFields = {
  placement: ['nodeSelector', 'affinity', 'tolerations', 'nodeName', 'topologySpreadConstraints'],
  security: ['serviceAccountName', 'securityContext', 'imagePullSecrets'],
  'name-resolution': ['dnsPolicy', 'dnsConfig', 'hostAliases'],
} as const;

/** The fields of which a change to a part that is several of a pod's tells, in the order of its values. */
export function podFieldsOf(facet: Facet): readonly string[] | undefined {
  return Object.entries(podFields).find(([name]) => name === facet)?.[1];
}

function valuesOf(spec: PodSpec | undefined, names: readonly string[]): unknown[] {
  return names.map((name) => spec?.[name]);
}

const podFacets: Readonly<Partial<Record<Facet, (template: PodTemplate) => unknown>>> = {
  labels: ({ metadata }) => {
    const { 'pod-template-hash': _hash, ...labels } = metadata?.labels ?? {};
    return labels;
  },
  placement: ({ spec }) => valuesOf(spec, podFields.placement),
  volumes: ({ spec }) => spec?.volumes,
  security: ({ spec }) => valuesOf(spec, podFields.security),
  'init-containers': ({ spec }) => spec?.initContainers,
  'name-resolution': ({ spec }) => valuesOf(spec, podFields['name-resolution']),
};

function differs(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) !== canonicalJson(b ?? null);
}

/**
 * What differs between two pod templates, by the part it is in. A restart's annotation is no change: `kubectl rollout
 * restart` makes a new revision of the same template.
 */
export function templateChanges(before: PodTemplate, after: PodTemplate): TemplateChange[] {
  const changes: TemplateChange[] = [];
  const old = new Map((before.spec?.containers ?? []).map((container) => [container.name, container]));
  for (const container of after.spec?.containers ?? []) {
    const former = old.get(container.name);
    for (const facet of facets) {
      const pick = containerFacets[facet];
      if (pick === undefined) continue;
      const [a, b] = [former === undefined ? undefined : pick(former), pick(container)];
      if (differs(a, b)) changes.push({ facet, container: container.name, before: a, after: b });
    }
  }
  for (const facet of facets) {
    const pick = podFacets[facet];
    if (pick !== undefined && differs(pick(before), pick(after))) {
      changes.push({ facet, before: pick(before), after: pick(after) });
    }
  }
  return changes;
}

/** A revision to go back to, with what differs from the present one. */
export type FormerRevision = {
  readonly current: WorkloadRevision;
  readonly former: WorkloadRevision;
  readonly changes: readonly TemplateChange[];
  /** Its pods are ready, or it stood long enough to have worked. */
  readonly proven: boolean;
};

/** A revision that was asked for so long has run: a rollout that cannot get on is given up after ten minutes at the most. */
const provenSeconds = 600;

/**
 * How long a revision was what its workload asked for, as far as that can be told: from its making until the next one was
 * made. A template that came back has its old ReplicaSet with its old time, after which nothing can be told of the one before.
 */
function stoodSeconds(revisions: readonly WorkloadRevision[], of: WorkloadRevision): number {
  const next = revisions.findLast(({ revision }) => revision > of.revision);
  if (of.createdAt === undefined || next?.createdAt === undefined) return 0;
  return Math.max(0, secondsBetween(of.createdAt, next.createdAt));
}

/**
 * The earlier revision to go back to, of those that differ in one of the given parts: the newest that is seen to work, since
 * pods of it are ready; else the newest that stood long enough to have worked; else the one that stood longest. An attempt
 * that was replaced within minutes is most likely one that failed as well.
 */
export function formerRevision(
  snapshot: Snapshot,
  workload: Workload,
  where: readonly Facet[],
): FormerRevision | undefined {
  const revisions = revisionsOf(snapshot, workload);
  const current = currentRevision(revisions);
  if (current === undefined) return undefined;
  const stood = ({ former }: Pick<FormerRevision, 'former'>): number => stoodSeconds(revisions, former);
  const runs = ({ former }: Pick<FormerRevision, 'former'>): boolean => (former.ready ?? 0) > 0;
  const differing = revisions
    .filter((revision) => revision.revision < current.revision)
    .map((former) => ({
      current,
      former,
      changes: templateChanges(former.template, current.template),
      proven: runs({ former }) || stood({ former }) >= provenSeconds,
    }))
    .filter(({ changes }) => changes.some((change) => where.includes(change.facet)));
  return (
    differing.find(runs) ??
    differing.find(({ proven }) => proven) ??
    differing.toSorted((a, b) => stood(b) - stood(a))[0]
  );
}
