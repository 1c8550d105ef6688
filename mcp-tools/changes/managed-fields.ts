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

function entriesOf(raw: unknown): z.infer<typeof entrySchema>[] {
  const managed = holderSchema.safeParse(raw).data?.metadata.managedFields ?? [];
  return managed.filter(({ subresource }) => subresource !== 'status');
}

/** Writes of one second count as one: that is as fine as an API server notes them. */
export function mergeBySecond(writes: readonly FieldWrite[]): FieldWrite[] {
  const merged = new Map<number, FieldWrite>();
  for (const write of writes) {
    const same = merged.get(write.atMs);
    merged.set(
      write.atMs,
      same === undefined
        ? write
        : {
            manager: `${same.manager}, ${write.manager}`,
            atMs: write.atMs,
            fields: [...new Set([...same.fields, ...write.fields])],
          },
    );
  }
  return [...merged.values()];
}

/** Every writer's last write with its time, but those of the status. */
export function fieldWrites(raw: unknown): FieldWrite[] {
  return entriesOf(raw).flatMap(({ manager, time, fieldsV1 }) => {
    const atMs = Date.parse(time ?? '');
    return Number.isNaN(atMs) ? [] : [{ manager, atMs, fields: fieldPaths(fieldsV1) }];
  });
}

/** The writers of a field, those included whose time the API server does not keep (of the `scale` subresource it never does). */
export function writersOf(raw: unknown, field: string): string[] {
  return entriesOf(raw).flatMap(({ manager, fieldsV1 }) =>
    fieldPaths(fieldsV1).includes(field) ? [manager] : [],
  );
}
