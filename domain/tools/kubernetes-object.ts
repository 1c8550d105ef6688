import { z } from 'zod';

/**
 * A Kubernetes object as the API server prints it, possibly in part: a field that is absent is unknown, not empty.
 * Secrets come with keys and without values.
 */
export const kubernetesObjectSchema = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    generation: z.number().optional(),
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    ownerReferences: z
      .array(
        z.looseObject({
          kind: z.string(),
          name: z.string(),
          uid: z.string().optional(),
          controller: z.boolean().optional(),
        }),
      )
      .optional(),
  }),
});
export type KubernetesObject = z.infer<typeof kubernetesObjectSchema>;
