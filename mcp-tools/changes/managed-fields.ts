import { z } from 'zod';

/** When who last wrote which fields of an object, from what the API server keeps of its writers. */
export type FieldWrite = {
  readonly manager: string;
  readonly atMs: number;
  /** `spec.replicas`, `data.cache.size`: two levels deep, which is as far as people look. */
  readonly fields: readonly string[];
};

const entrySchema = z.looseObject({
  manager: z.string().default('unknown'),
  operation: z.string().default(''),
  time: z.string().optional(),
  subresource: z.string().optional(),
  fieldsV1: z.record(z.string(), z.unknown()).optional(),
});

const holderSchema = z.looseObject({
  metadata: z.looseObject({ managedFields: z.array(entrySchema).default([]) }),
});

function childrenOf(fields: unknown): [string, unknown][] {
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.entries(fields).flatMap(([key, child]) =>
    key.startsWith('f:') ? [[key.slice(2), child]] : [],
  );
}

function fieldPaths(fields: unknown): string[] {
  return childrenOf(fields).flatMap(([first, below]) => {
    const second = childrenOf(below).map(([name]) => `${first}.${name}`);
    return second.length === 0 ? [first] : second;
  });
}

/** Every writer's last write, but those of the status. */
export function fieldWrites(raw: unknown): FieldWrite[] {
  const parsed = holderSchema.safeParse(raw);
  if (!parsed.success) return [];
  return parsed.data.metadata.managedFields
    .filter(({ subresource }) => subresource !== 'status')
    .flatMap(({ manager, time, fieldsV1 }) => {
      const atMs = Date.parse(time ?? '');
      return Number.isNaN(atMs) ? [] : [{ manager, atMs, fields: fieldPaths(fieldsV1) }];
    });
}
