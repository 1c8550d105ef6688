import { fromMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import type { Revision } from '#domain/tools/kubernetes.ts';
import { revisionsOf } from '../kubernetes/revisions.ts';
import type { ClusterObjects, Described } from './cluster-objects.ts';
import { describe } from './cluster-objects.ts';
import { type FieldWrite, fieldWrites } from './managed-fields.ts';
import { diffTemplates } from './template-diff.ts';

/** A workload as the API server prints it, with its kind. */
export type Workload = { readonly kind: string; readonly raw: unknown; readonly described: Described };

export function workloadsOf(objects: ClusterObjects): Workload[] {
  const kinds = [
    ['Deployment', objects.deployments],
    ['StatefulSet', objects.statefulsets],
    ['DaemonSet', objects.daemonsets],
  ] as const;
  return kinds.flatMap(([kind, raws]) =>
    raws.flatMap((raw) => {
      const described = describe(raw);
      return described === undefined ? [] : [{ kind, raw, described }];
    }),
  );
}

/** The service that a workload is: by the label that names it, else by its own name. */
export function serviceOf({ metadata }: Described): string {
  return metadata.labels['app.kubernetes.io/name'] ?? metadata.labels.app ?? metadata.name;
}

export function workloadId({ kind, described }: Workload): string {
  return `${kind}/${described.metadata.namespace}/${described.metadata.name}`;
}

function writesTemplate(write: FieldWrite): boolean {
  return write.fields.includes('spec.template');
}

/**
 * When a revision was rolled out. Going back to an earlier template gives its old ReplicaSet a new number and no new
 * birth: then the last write of the template tells.
 */
function rolledOutMs(revision: Revision, all: readonly Revision[], writes: readonly FieldWrite[]): number {
  const createdMs = Date.parse(revision.createdAt ?? '');
  const isReused = all.some(
    (other) => other.revision < revision.revision && Date.parse(other.createdAt ?? '') >= createdMs,
  );
  if (!revision.current || !isReused) return createdMs;
  return Math.max(createdMs, ...writes.filter(writesTemplate).map((write) => write.atMs));
}

const shownFields = 6;

function summaryOf(
  id: string,
  revision: Revision,
  previous: Revision | undefined,
  fields: readonly string[],
): string {
  const cause = revision.changeCause === undefined ? '' : ` (${revision.changeCause})`;
  if (previous === undefined) return `${id} was created${cause}`;
  const rest = fields.length > shownFields ? ` and ${fields.length - shownFields} more` : '';
  return `${id}: revision ${previous.revision} to ${revision.revision} changed ${fields.slice(0, shownFields).join(', ')}${rest}${cause}`;
}

function rolloutOf(
  workload: Workload,
  revision: Revision,
  all: readonly Revision[],
  writes: readonly FieldWrite[],
): Change[] {
  const atMs = rolledOutMs(revision, all, writes);
  if (Number.isNaN(atMs)) return [];
  // Newest first: the next older one is what was there before.
  const previous = all[all.indexOf(revision) + 1];
  const diff = previous === undefined ? undefined : diffTemplates(previous.template, revision.template);
  const id = workloadId(workload);
  const writer = revision.current
    ? writes.filter(writesTemplate).toSorted((a, b) => b.atMs - a.atMs)[0]
    : undefined;
  return [
    {
      id: `${id}@${revision.revision}`,
      at: fromMs(atMs),
      kind: 'deploy',
      service: serviceOf(workload.described),
      namespace: workload.described.metadata.namespace,
      summary: summaryOf(id, revision, previous, diff?.fields ?? []),
      ...(diff === undefined ? {} : { diff: diff.text }),
      details: {
        kind: workload.kind,
        name: workload.described.metadata.name,
        revision: revision.revision,
        current: revision.current,
        ...(previous === undefined
          ? {}
          : { previousRevision: previous.revision, fields: diff?.fields ?? [] }),
        ...(revision.changeCause === undefined ? {} : { changeCause: revision.changeCause }),
        ...(writer === undefined ? {} : { writer: writer.manager }),
      },
    },
  ];
}

/** Every rollout that the cluster still knows of: one a revision that its controller keeps. */
export function rollouts(objects: ClusterObjects): Change[] {
  return workloadsOf(objects).flatMap((workload) => {
    const children = workload.kind === 'Deployment' ? objects.replicasets : objects.controllerrevisions;
    const revisions = revisionsOf(workload.kind, workload.raw, children);
    const writes = fieldWrites(workload.raw);
    return revisions.flatMap((revision) => rolloutOf(workload, revision, revisions, writes));
  });
}
