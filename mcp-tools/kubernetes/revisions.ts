import { z } from 'zod';
import { canonicalJson } from '#domain/hash.ts';
import { fromMs } from '#domain/time.ts';
import type { Revision } from '#domain/tools/kubernetes.ts';

/** Revisions of workloads, from what their controllers keep: ReplicaSets and ControllerRevisions. */

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const changeCauseAnnotation = 'kubernetes.io/change-cause';
const hashLabel = 'pod-template-hash';

const templateSchema = z.record(z.string(), z.unknown());
const stringsSchema = z.record(z.string(), z.string()).optional();

const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().default(''),
  uid: z.string().optional(),
  creationTimestamp: z.string().nullish(),
  annotations: stringsSchema,
  ownerReferences: z
    .array(
      z.looseObject({
        kind: z.string().optional(),
        name: z.string().optional(),
        uid: z.string().optional(),
        controller: z.boolean().optional(),
      }),
    )
    .optional(),
});

const workloadSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({ template: templateSchema }),
  status: z.looseObject({ updateRevision: z.string().optional() }).optional(),
});

const replicaSetSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({ template: templateSchema }),
  status: z.looseObject({ replicas: z.int().optional(), readyReplicas: z.int().optional() }).optional(),
});

const controllerRevisionSchema = z.looseObject({
  metadata: metadataSchema,
  revision: z.int(),
  data: z.looseObject({ spec: z.looseObject({ template: templateSchema }) }),
});

type Metadata = z.infer<typeof metadataSchema>;

/** A workload by its uid; where one of the two was recorded without, by its kind and name. */
type Owner = { readonly uid: string | undefined; readonly workload: Revision['workload'] };

function isOwnedBy(child: Metadata, { uid, workload }: Owner): boolean {
  return (child.ownerReferences ?? []).some((owner) => {
    if (owner.controller !== true) return false;
    if (owner.uid !== undefined && uid !== undefined) return owner.uid === uid;
    return (
      owner.kind === workload.kind && owner.name === workload.name && child.namespace === workload.namespace
    );
  });
}

const ownedSchema = z.looseObject({ metadata: metadataSchema });

/** Who a child says that it is of, read once: every workload of a namespace is held against all of its children. */
const metadataRead = new WeakMap<object, { readonly metadata: Metadata | undefined }>();

function metadataOf(child: unknown): Metadata | undefined {
  if (typeof child !== 'object' || child === null) return undefined;
  const before = metadataRead.get(child);
  if (before !== undefined) return before.metadata;
  const metadata = ownedSchema.safeParse(child).data?.metadata;
  metadataRead.set(child, { metadata });
  return metadata;
}

function isChildOf(child: unknown, owner: Owner): boolean {
  const metadata = metadataOf(child);
  return metadata !== undefined && isOwnedBy(metadata, owner);
}

const labelledSchema = z.looseObject({ metadata: z.looseObject({ labels: stringsSchema }).optional() });

/** A ReplicaSet's template as its Deployment had it: without the label that the controller adds. */
export function withoutHashLabel(template: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { metadata, ...rest } = labelledSchema.parse(template);
  if (metadata === undefined) return rest;
  const { [hashLabel]: _hash, ...labels } = metadata.labels ?? {};
  return { ...rest, metadata: { ...metadata, ...(metadata.labels === undefined ? {} : { labels }) } };
}

function instantOf(time: string | null | undefined): { createdAt?: string } {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? {} : { createdAt: fromMs(ms) };
}

function describe(metadata: Metadata): Pick<Revision, 'createdAt' | 'changeCause'> {
  const changeCause = metadata.annotations?.[changeCauseAnnotation];
  return { ...instantOf(metadata.creationTimestamp), ...(changeCause === undefined ? {} : { changeCause }) };
}

function revisionOfReplicaSet(raw: unknown, owner: Owner): Revision[] {
  const parsed = replicaSetSchema.safeParse(raw);
  if (!parsed.success) return [];
  const { metadata, spec, status } = parsed.data;
  const revision = Number(metadata.annotations?.[revisionAnnotation]);
  if (!Number.isInteger(revision)) return [];
  return [
    {
      workload: owner.workload,
      revision,
      ...describe(metadata),
      template: withoutHashLabel(spec.template),
      replicas: status?.replicas ?? 0,
      ready: status?.readyReplicas ?? 0,
      current: false,
    },
  ];
}

function revisionOfControllerRevision(raw: unknown, owner: Owner): Revision[] {
  const parsed = controllerRevisionSchema.safeParse(raw);
  if (!parsed.success) return [];
  const { metadata, revision, data } = parsed.data;
  // The controller keeps the template as a strategic merge patch: its directive is no field of a pod.
  const { $patch: _directive, ...template } = data.spec.template;
  return [{ workload: owner.workload, revision, ...describe(metadata), template, current: false }];
}

/** Marks the one revision that the workload asks for now: the same template; the newest, should two be the same. */
function markCurrent(revisions: readonly Revision[], template: unknown): Revision[] {
  const wanted = canonicalJson(template);
  const newestFirst = revisions.toSorted((a, b) => b.revision - a.revision);
  const current = newestFirst.find((revision) => canonicalJson(revision.template) === wanted);
  return newestFirst.map((revision) => ({ ...revision, current: revision === current }));
}

/** The kind that keeps a workload's history. */
export const historyKinds: Readonly<Record<string, 'ReplicaSet' | 'ControllerRevision'>> = {
  Deployment: 'ReplicaSet',
  StatefulSet: 'ControllerRevision',
  DaemonSet: 'ControllerRevision',
};

/**
 * The revisions of one workload, newest first.
 * @param kind of the workload
 * @param raw the workload as the API server prints it
 * @param children ReplicaSets or ControllerRevisions of its namespace; those of other owners are left out
 */
export function revisionsOf(kind: string, raw: unknown, children: readonly unknown[]): Revision[] {
  const parsed = workloadSchema.safeParse(raw);
  const history = historyKinds[kind];
  if (!parsed.success || history === undefined) return [];
  const { metadata, spec } = parsed.data;
  const workload = { kind, namespace: metadata.namespace, name: metadata.name };
  const read = history === 'ReplicaSet' ? revisionOfReplicaSet : revisionOfControllerRevision;
  const owner = { uid: metadata.uid, workload };
  const own = children.filter((child) => isChildOf(child, owner));
  return markCurrent(
    own.flatMap((child) => read(child, owner)),
    spec.template,
  );
}
