import { z } from 'zod';
import { fromMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { type FieldWrite, fieldWrites, writersOf } from './managed-fields.ts';
import { serviceOf, type Workload, workloadId, workloadsOf } from './rollouts.ts';

/** Changes of the number of replicas that were no part of a rollout. */

const workloadSchema = z.looseObject({ spec: z.looseObject({ replicas: z.int().default(1) }) });

function scaleChange(
  workload: Workload,
  atMs: number,
  what: string,
  details: Record<string, unknown>,
): Change {
  const at = fromMs(atMs);
  const id = workloadId(workload);
  const { name, namespace } = workload.described.metadata;
  return {
    id: `${id}@scale-${at}`,
    at,
    kind: 'scale',
    service: serviceOf(workload.described),
    namespace,
    summary: `${id}: ${what}`,
    details: { kind: workload.kind, name, ...details },
  };
}

/** A write that owns the replicas and nothing of the pods: a scaling, not an edit of the whole. */
function isScaling(write: FieldWrite): boolean {
  return !write.fields.includes('spec.template');
}

const eventSchema = z.looseObject({
  involvedObject: z.looseObject({ kind: z.string(), namespace: z.string(), name: z.string() }),
  message: z.string().default(''),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

const scaledTo = /^Scaled (?:up|down) replica set (\S+) (?:from \d+ )?to (\d+)\b/;

const replicaSetSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** The ReplicaSet of a Deployment's newest revision: the only one that no rollout scales down. */
function newestReplicaSet(workload: Workload, objects: ClusterObjects): string | undefined {
  const revision = workload.described.metadata.annotations['deployment.kubernetes.io/revision'];
  const prefix = `${workload.described.metadata.name}-`;
  return objects.replicasets
    .flatMap((raw) => replicaSetSchema.safeParse(raw).data?.metadata ?? [])
    .find(
      ({ name, annotations }) =>
        name.startsWith(prefix) && annotations['deployment.kubernetes.io/revision'] === revision,
    )?.name;
}

/**
 * By way of the `scale` subresource, as `kubectl scale` and autoscalers do: of such a write the API server keeps no time,
 * and of one to zero not even the writer. The last event that tells of the number has the time.
 */
function scalingsByEvent(workload: Workload, objects: ClusterObjects, replicas: number): Change[] {
  const [writer] = writersOf(workload.raw, 'spec.replicas');
  // Nobody ever set it: it is the default.
  if (writer === undefined && replicas !== 0) return [];
  const { name, namespace } = workload.described.metadata;
  const replicaSet = newestReplicaSet(workload, objects);
  const times = objects.events.flatMap((raw) => {
    const event = eventSchema.safeParse(raw).data;
    const object = event?.involvedObject;
    if (object?.kind !== workload.kind || object.name !== name || object.namespace !== namespace) return [];
    const [, scaled, to] = scaledTo.exec(event?.message ?? '') ?? [];
    const atMs = Date.parse(event?.lastTimestamp ?? event?.eventTime ?? '');
    return scaled === replicaSet && Number(to) === replicas && !Number.isNaN(atMs) ? [atMs] : [];
  });
  if (times.length === 0) return [];
  const by = writer === undefined ? '' : `, by ${writer}`;
  const details = { replicas, ...(writer === undefined ? {} : { writer }) };
  return [scaleChange(workload, Math.max(...times), `replicas were set to ${replicas}${by}`, details)];
}

/** The last scaling of every workload that the cluster still knows of. */
export function scalings(objects: ClusterObjects): Change[] {
  return workloadsOf(objects).flatMap((workload) => {
    const replicas = workloadSchema.safeParse(workload.raw).data?.spec.replicas ?? 1;
    const writes = fieldWrites(workload.raw).filter((write) => write.fields.includes('spec.replicas'));
    if (writes.length === 0) return scalingsByEvent(workload, objects, replicas);
    return writes.filter(isScaling).map(({ atMs, manager }) =>
      scaleChange(workload, atMs, `replicas were set to ${replicas}, by ${manager}`, {
        replicas,
        writer: manager,
      }),
    );
  });
}
