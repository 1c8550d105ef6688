import type { FieldChange } from '#domain/actions/json-patch.ts';
import { canonicalJson } from '#domain/hash.ts';

const maxLines = 8;
const maxValueLength = 160;

/** Parts of two values that differ, as paths; whole values where they are no objects. */
function differences(path: string, before: unknown, after: unknown): FieldChange[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  const bothObjects = [before, after].every((value) => typeof value === 'object' && value !== null);
  if (!bothObjects) return [{ path, before, after }];
  const left = before as Readonly<Record<string, unknown>>;
  const right = after as Readonly<Record<string, unknown>>;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return keys.flatMap((key) =>
    differences(`${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, left[key], right[key]),
  );
}

function shown(value: unknown): string {
  if (value === undefined) return '(nothing)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
}

/** A change in a few lines for people: only what differs, each as `path: before → after`. */
export function describeChanges(changes: readonly FieldChange[]): string {
  const parts = changes.flatMap((change) => differences(change.path, change.before, change.after));
  if (parts.length === 0) return 'the object is deleted';
  const lines = parts
    .slice(0, maxLines)
    .map((part) => `${part.path}: ${shown(part.before)} → ${shown(part.after)}`);
  return [...lines, ...(parts.length > maxLines ? [`… and ${parts.length - maxLines} more`] : [])].join('; ');
}
