import { z } from 'zod';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { conditionsSchema, count, flag, listOf, maybe, type Seen, seenObject, text } from './partial.ts';
import { podSpecSchema } from './pod-template.ts';

const terminatedSchema = maybe(
  z.looseObject({
    exitCode: count,
    reason: text,
    message: text,
    startedAt: text,
    finishedAt: text,
  }),
);
const stateSchema = maybe(
  z.looseObject({
    waiting: maybe(z.looseObject({ reason: text, message: text })),
    running: maybe(z.looseObject({ startedAt: text })),
    terminated: terminatedSchema,
  }),
);
const containerStatusSchema = z.looseObject({
  name: z.string(),
  ready: flag,
  started: flag,
  restartCount: count,
  image: text,
  imageID: text,
  state: stateSchema,
  lastState: stateSchema,
});
export type ContainerStatus = z.output<typeof containerStatusSchema>;

const podSchema = z.looseObject({
  spec: maybe(podSpecSchema),
  status: maybe(
    z.looseObject({
      phase: text,
      reason: text,
      message: text,
      startTime: text,
      podIP: text,
      conditions: conditionsSchema,
      containerStatuses: listOf(containerStatusSchema),
      initContainerStatuses: listOf(containerStatusSchema),
    }),
  ),
});

export type Pod = Seen & z.output<typeof podSchema>;

export function readPod(cluster: string, evidenceId: string, raw: KubernetesObject): Pod {
  return { ...podSchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}

/** True while the pod is Ready; undefined where it is not known. */
export function isReady(pod: Pod): boolean | undefined {
  const condition = pod.status?.conditions.find((candidate) => candidate.type === 'Ready');
  return condition === undefined ? undefined : condition.status === 'True';
}

/** A pod that should be serving: not on its way out, not finished. */
export function isLive(pod: Pod): boolean {
  return !pod.terminating && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** The state in which a container last ended, the present one first. */
export function lastEnd(status: ContainerStatus) {
  return status.state?.terminated ?? status.lastState?.terminated;
}

/** An init container that is started again whenever it ends runs beside the others for as long as the pod lives. */
export function isSidecar({ spec }: Pod, name: string): boolean {
  return spec?.initContainers.some((one) => one.name === name && one.restartPolicy === 'Always') === true;
}
