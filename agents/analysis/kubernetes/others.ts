import { z } from 'zod';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import {
  conditionsSchema,
  count,
  flag,
  listOf,
  maybe,
  type Seen,
  seenObject,
  text,
  textMap,
} from './partial.ts';

const configSchema = z.looseObject({
  data: textMap,
  binaryData: maybe(z.record(z.string(), z.unknown())),
  /** Secrets come with their keys alone. */
  keys: maybe(z.array(z.string())),
});

/** A ConfigMap or Secret: which keys it has and, for a ConfigMap, their values. */
export type ConfigObject = Seen & {
  readonly keys: readonly string[];
  readonly data: Readonly<Record<string, string>>;
};

export function readConfigObject(cluster: string, evidenceId: string, raw: KubernetesObject): ConfigObject {
  const { data, binaryData, keys } = configSchema.parse(raw);
  return {
    ...seenObject(cluster, evidenceId, raw),
    keys: [...new Set([...Object.keys(data ?? {}), ...Object.keys(binaryData ?? {}), ...(keys ?? [])])],
    data: raw.kind === 'Secret' ? {} : (data ?? {}),
  };
}

const nodeSchema = z.looseObject({
  spec: maybe(
    z.looseObject({
      unschedulable: flag,
      taints: listOf(z.looseObject({ key: text, value: text, effect: text })),
    }),
  ),
  status: maybe(
    z.looseObject({
      conditions: conditionsSchema,
      nodeInfo: maybe(z.looseObject({ containerRuntimeVersion: text, architecture: text })),
    }),
  ),
});
export type Node = Seen & z.output<typeof nodeSchema>;

export function readNode(cluster: string, evidenceId: string, raw: KubernetesObject): Node {
  return { ...nodeSchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}

const autoscalerSchema = z.looseObject({
  spec: maybe(
    z.looseObject({
      minReplicas: count,
      maxReplicas: count,
      scaleTargetRef: maybe(z.looseObject({ kind: text, name: text })),
    }),
  ),
  status: maybe(z.looseObject({ currentReplicas: count, desiredReplicas: count })),
});
export type Autoscaler = Seen & z.output<typeof autoscalerSchema>;

export function readAutoscaler(cluster: string, evidenceId: string, raw: KubernetesObject): Autoscaler {
  return { ...autoscalerSchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}

const claimSchema = z.looseObject({
  spec: maybe(z.looseObject({ storageClassName: text, volumeName: text })),
  status: maybe(z.looseObject({ phase: text })),
});
export type Claim = Seen & z.output<typeof claimSchema>;

export function readClaim(cluster: string, evidenceId: string, raw: KubernetesObject): Claim {
  return { ...claimSchema.parse(raw), ...seenObject(cluster, evidenceId, raw) };
}
