import { z } from 'zod';

/**
 * A thing that can be broken or mended. `cluster` is always there: the right step on the wrong cluster is the worst
 * accident. Outside Kubernetes `kind` is `Service`, `Database`, `Host`, `Queue`, `Cache` or `CloudResource`.
 */
export const objectRefSchema = z.object({
  cluster: z.string().min(1),
  kind: z.string().min(1),
  namespace: z.string().min(1).optional(),
  name: z.string().min(1),
});
export type ObjectRef = z.infer<typeof objectRefSchema>;

/** `Deployment shop/checkout`, as people write it. */
export function formatObject(object: Omit<ObjectRef, 'cluster'>): string {
  return object.namespace === undefined
    ? `${object.kind} ${object.name}`
    : `${object.kind} ${object.namespace}/${object.name}`;
}

/** `prod-sh1: Deployment shop/checkout`: with the cluster, for audit rows and questions to people. */
export function formatObjectWithCluster(object: ObjectRef): string {
  return `${object.cluster}: ${formatObject(object)}`;
}

export function sameObject(a: ObjectRef, b: ObjectRef): boolean {
  return a.cluster === b.cluster && a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

/** A key that is equal for equal objects. */
export function objectKey(object: ObjectRef): string {
  return `${object.cluster}|${object.kind}|${object.namespace ?? ''}|${object.name}`;
}
