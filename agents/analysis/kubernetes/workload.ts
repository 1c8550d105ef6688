import { z } from 'zod';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { conditionsSchema, count, flag, maybe, type Seen, seenObject, text, textMap } from './partial.ts';
import { podTemplateSchema } from './pod-template.ts';

const workloadSchema = z.looseObject({
  spec: maybe(
    z.looseObject({
      replicas: count,
      paused: flag,
      selector: maybe(z.looseObject({ matchLabels: textMap })),
      updateStrategy: maybe(
        z.looseObject({ type: text, rollingUpdate: maybe(z.looseObject({ partition: count })) }),
      ),
      template: maybe(podTemplateSchema),
    }),
  ),
  status: maybe(
    z.looseObject({
      observedGeneration: count,
      replicas: count,
      readyReplicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      unavailableReplicas: count,
      desiredNumberScheduled: count,
      updatedNumberScheduled: count,
      numberReady: count,
      conditions: conditionsSchema,
    }),
  ),
});

/** A Deployment, StatefulSet, DaemonSet, ReplicaSet or Job: something that makes pods from a template. */
export type Workload = Seen & z.output<typeof workloadSchema>;

export function readWorkload(cluster: string, evidenceId: string, raw: KubernetesObject): Workload {
  return { ...workloadSchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}

/** How many pods should be there; undefined where it is not known. A Deployment without a number wants one. */
export function wantedReplicas(workload: Workload): number | undefined {
  if (workload.ref.kind === 'DaemonSet') return workload.status?.desiredNumberScheduled;
  return workload.spec === undefined ? undefined : (workload.spec.replicas ?? 1);
}

/** How many pods are ready; a status that is there and says nothing says none. */
export function readyReplicas(workload: Workload): number | undefined {
  if (workload.status === undefined) return undefined;
  const { numberReady, readyReplicas: ready } = workload.status;
  return (workload.ref.kind === 'DaemonSet' ? numberReady : ready) ?? 0;
}

/**
 * How many pods must be of the present template for a rollout to be over: all, but for those that a partition holds back;
 * none where they are only replaced when somebody deletes them.
 */
export function replicasToUpdate(workload: Workload): number | undefined {
  const wanted = wantedReplicas(workload);
  const strategy = workload.spec?.updateStrategy;
  if (wanted === undefined || strategy?.type === 'OnDelete') return wanted === undefined ? undefined : 0;
  const heldBack = workload.ref.kind === 'StatefulSet' ? (strategy?.rollingUpdate?.partition ?? 0) : 0;
  return Math.max(0, wanted - heldBack);
}

/** How many pods are of the present template. */
export function updatedReplicas({ ref, status }: Workload): number {
  return (ref.kind === 'DaemonSet' ? status?.updatedNumberScheduled : status?.updatedReplicas) ?? 0;
}

/** Labels of the pods that the workload makes. */
export function podLabels(workload: Workload): Readonly<Record<string, string>> {
  return workload.spec?.template?.metadata?.labels ?? workload.spec?.selector?.matchLabels ?? {};
}

/** True where labels hold every pair of the selector; an empty selector selects nothing. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}

/** The generation that the object's writer asked for, and the one that its controller has seen, agree. */
export function isObserved(workload: Workload): boolean {
  const { generation } = workload.raw.metadata;
  const observed = workload.status?.observedGeneration;
  return generation === undefined || observed === undefined || observed >= generation;
}
