import { z } from 'zod';
import type { KubernetesObject } from '../tools/kubernetes-object.ts';
import type { BlastRadius } from './define-action.ts';

/** Kinds whose pods come from a template at `spec.template`. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

const workloadSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.int().optional(),
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }).optional(),
      spec: z.looseObject({
        containers: z.array(
          z.looseObject({
            name: z.string(),
            image: z.string().optional(),
            resources: z.record(z.string(), z.unknown()).optional(),
          }),
        ),
      }),
    }),
  }),
});
export type Workload = z.infer<typeof workloadSchema>;

/** The object as a workload, or undefined where it has no pod template. */
export function asWorkload(object: KubernetesObject): Workload | undefined {
  const parsed = workloadSchema.safeParse(object);
  return parsed.success ? parsed.data : undefined;
}

/** Where a container stands in the template, or undefined. */
export function containerIndex(workload: Workload, name: string): number | undefined {
  const index = workload.spec.template.spec.containers.findIndex((container) => container.name === name);
  return index < 0 ? undefined : index;
}

/** A change of the pod template replaces every pod of the workload. */
export function templateBlastRadius(object: KubernetesObject): BlastRadius {
  return { objects: 1, replicas: asWorkload(object)?.spec.replicas ?? 1, namespaces: 1 };
}
