import { z } from 'zod';
import { canonicalJson } from '../hash.ts';

/** An operation of RFC 6902. `test` is ours alone to add: it guards the fields that a step touches. */
export const patchOperationSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add'), path: z.string().startsWith('/'), value: z.unknown() }),
  z.object({ op: z.literal('replace'), path: z.string().startsWith('/'), value: z.unknown() }),
  z.object({ op: z.literal('remove'), path: z.string().startsWith('/') }),
]);
export type PatchOperation = z.infer<typeof patchOperationSchema>;
export type GuardedOperation = PatchOperation | { op: 'test'; path: string; value: unknown };

/** One field that a step touches, as it is and as it will be; an absent side means that there is no such field. */
export type FieldChange = { readonly path: string; readonly before?: unknown; readonly after?: unknown };

/** A JSON pointer (RFC 6901) from unescaped parts. */
export function pointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function pointerParts(path: string): string[] {
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a pointer, or undefined where there is none. */
export function valueAt(document: unknown, path: string): unknown {
  let here: unknown = document;
  for (const part of pointerParts(path)) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[part];
  }
  return here;
}

/** The pointer to what holds the value at a pointer. */
export function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** True where the part before the pointer's last one is there, so that an `add` can be applied. */
export function hasParent(document: unknown, path: string): boolean {
  const parent = parentPath(path);
  const value = parent === '' ? document : valueAt(document, parent);
  return typeof value === 'object' && value !== null;
}

function operationFor(path: string, before: unknown, after: unknown): PatchOperation | undefined {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return undefined;
  if (after === undefined) return { op: 'remove', path };
  return before === undefined ? { op: 'add', path, value: after } : { op: 'replace', path, value: after };
}

/**
 * The operations that turn each `before` into its `after`, each preceded by a test of what is there now: the API server
 * applies all or none, so a step meets the fields as they were at the dry run or has no effect. A change from a value to
 * the same value is a test alone. A field that is absent cannot be tested here (RFC 6902 has no test of absence); who
 * sends the patch knows a way of its own.
 */
export function guardedOperations(changes: readonly FieldChange[]): GuardedOperation[] {
  return changes.flatMap((change) => {
    const operation = operationFor(change.path, change.before, change.after);
    const test =
      change.before === undefined ? [] : [{ op: 'test' as const, path: change.path, value: change.before }];
    return operation === undefined ? test : [...test, operation];
  });
}

/** The changes that bring every field back. */
export function inverseChanges(changes: readonly FieldChange[]): FieldChange[] {
  return changes.toReversed().map((change) => ({
    path: change.path,
    ...(change.after === undefined ? {} : { before: change.after }),
    ...(change.before === undefined ? {} : { after: change.before }),
  }));
}

/** Changes as the `patch` action takes them. */
export function changesToOperations(changes: readonly FieldChange[]): PatchOperation[] {
  return changes.flatMap((change) => operationFor(change.path, change.before, change.after) ?? []);
}
