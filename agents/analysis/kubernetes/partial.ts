import { z } from 'zod';
import type { ObjectRef } from '#domain/object-ref.ts';
import type { Instant } from '#domain/time.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';

/** A field that may be absent, null or of another form than expected: all of that is "unknown". */
export function maybe<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}

/** A list whose unreadable items are left out; an absent list is empty. */
export function listOf<Schema extends z.ZodType>(item: Schema) {
  return z
    .array(z.unknown())
    .optional()
    .catch(undefined)
    .transform((items) =>
      (items ?? []).flatMap((raw) => {
        const parsed = item.safeParse(raw);
        return parsed.success ? [parsed.data] : [];
      }),
    );
}

export const text = maybe(z.string());
export const count = maybe(z.number());
export const flag = maybe(z.boolean());
export const textMap = z.record(z.string(), z.string()).optional().catch(undefined);
/** A port is a number or the name of a container's port. */
export const portSchema = maybe(z.union([z.number(), z.string()]));

export const conditionsSchema = listOf(
  z.looseObject({
    type: z.string(),
    status: text,
    reason: text,
    message: text,
    lastTransitionTime: text,
    lastUpdateTime: text,
  }),
);
export type Condition = z.output<typeof conditionsSchema>[number];

/** An object as it was seen: who it is, where the evidence is, and the whole of it. */
export type Seen = {
  readonly ref: ObjectRef;
  readonly evidenceId: string;
  readonly raw: KubernetesObject;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly createdAt: Instant | undefined;
  /** True while it is being taken away. */
  readonly terminating: boolean;
  readonly ownedBy: { readonly kind: string; readonly name: string } | undefined;
};

/** The text of a time, if it is one. */
export function timeOf(value: string | null | undefined): Instant | undefined {
  if (value === undefined || value === null || Number.isNaN(Date.parse(value))) return undefined;
  return value;
}

export function seenObject(cluster: string, evidenceId: string, raw: KubernetesObject): Seen {
  const { metadata } = raw;
  const owners = metadata.ownerReferences ?? [];
  const owner = owners.find((candidate) => candidate.controller === true) ?? owners[0];
  return {
    ref: {
      cluster,
      kind: raw.kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    },
    evidenceId,
    raw,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    createdAt: timeOf(metadata.creationTimestamp),
    terminating: timeOf(metadata.deletionTimestamp) !== undefined,
    ownedBy: owner === undefined ? undefined : { kind: owner.kind, name: owner.name },
  };
}

const managedFieldsSchema = listOf(
  z.looseObject({ manager: text, operation: text, subresource: text, time: text }),
);

/** A write this soon after the object was made is a part of making it. */
const birthMs = 5_000;

/** True where a moment is that of the object's birth, or before it. */
export function isBirth(at: Instant, createdAt: string | null | undefined): boolean {
  const born = timeOf(createdAt);
  return born !== undefined && Date.parse(at) - Date.parse(born) < birthMs;
}

/**
 * When somebody other than a controller last wrote the object's own fields after it was made, where the API server has kept
 * it.
 */
export function lastEditedAt(raw: KubernetesObject): Instant | undefined {
  const fields = managedFieldsSchema.parse(raw.metadata.managedFields);
  const times = fields
    .filter((field) => field.subresource !== 'status' && !/^kube-|controller/.test(field.manager ?? ''))
    .flatMap((field) => timeOf(field.time) ?? [])
    .filter((at) => !isBirth(at, raw.metadata.creationTimestamp));
  return times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

const lastAppliedSchema = z
  .string()
  .transform((content, context) => {
    try {
      return JSON.parse(content) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' });
      return z.NEVER;
    }
  })
  .optional()
  .catch(undefined);

/** The object as it was last applied from a manifest, where `kubectl apply` has kept it; later edits are not in it. */
export function lastApplied(seen: Seen): unknown {
  return lastAppliedSchema.parse(seen.annotations['kubectl.kubernetes.io/last-applied-configuration']);
}
