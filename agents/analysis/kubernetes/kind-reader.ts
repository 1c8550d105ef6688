import type { z } from 'zod';
import { type Seen, seenObject } from './partial.ts';
import { perSnapshot } from './per-snapshot.ts';
import type { Snapshot } from './snapshot.ts';

/** The API group of an object, empty for the core's; undefined where it does not say. */
export function groupOf(apiVersion: string | undefined): string | undefined {
  if (apiVersion === undefined) return undefined;
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/**
 * A reader of one kind that the snapshot has no field for: every object of the kind, tolerantly parsed, once for each
 * snapshot. Kinds of other groups that share the name are left out.
 */
export function kindReader<Schema extends z.ZodType<Record<string, unknown>>>(
  kind: string,
  group: string | readonly string[],
  schema: Schema,
): (snapshot: Snapshot) => readonly (Seen & z.output<Schema>)[] {
  const isOwn = (apiVersion: string | undefined): boolean => {
    const own = groupOf(apiVersion);
    return own === undefined || [group].flat().includes(own);
  };
  return perSnapshot((snapshot) =>
    (snapshot.objects.get(kind) ?? [])
      .filter(({ object }) => isOwn(object.apiVersion))
      .flatMap(({ evidenceId, object }) => {
        const parsed = schema.safeParse(object);
        return parsed.success
          ? [{ ...parsed.data, ...seenObject(snapshot.cluster, evidenceId, object) }]
          : [];
      }),
  );
}
