import type { ObjectRef } from '#domain/object-ref.ts';
import { toMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';

/** True where a text names an object, and not one whose name only begins or ends like it. */
function names(text: string, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^a-z0-9.-])${escaped}($|[^a-z0-9.-]|\\.(\\s|$))`).test(text);
}

/** Recorded changes of an object, newest first: those that name it, and of its kind where they say a kind. */
export function changesOf<Recorded extends Change>(
  changes: readonly Recorded[],
  ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>,
  kinds: readonly Change['kind'][],
): Recorded[] {
  return changes
    .filter(({ kind, id, summary, namespace, details }) => {
      const otherKind = typeof details.kind === 'string' && details.kind !== ref.kind;
      const otherNamespace =
        namespace !== undefined && ref.namespace !== undefined && namespace !== ref.namespace;
      return kinds.includes(kind) && !otherKind && !otherNamespace && names(`${id} ${summary}`, ref.name);
    })
    .toSorted((a, b) => toMs(b.at) - toMs(a.at));
}
