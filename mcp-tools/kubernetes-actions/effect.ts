import { type FieldChange, valueAt } from '#domain/actions/json-patch.ts';
import { canonicalJson } from '#domain/hash.ts';
import { stepAnnotation } from '#domain/tools/kubernetes-actions.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { redactValue } from '../runtime/redact-value.ts';

/** How it is known whether a step has had its effect. */

/** Actions whose effect is that the object is gone. */
export const deletions: readonly string[] = ['delete-pod'];

/** True where the object bears the mark of this step, which the write leaves together with its changes. */
export function bearsMark(object: KubernetesObject, stepId: string): boolean {
  return object.metadata.annotations?.[stepAnnotation] === stepId;
}

/** True where somebody, we or another, has begun to delete the object. */
export function isLeaving(object: KubernetesObject): boolean {
  const { deletionTimestamp } = object.metadata;
  return deletionTimestamp !== undefined && deletionTimestamp !== null;
}

/** Values that an API server may leave out when it prints an object. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** Equal as far as a reader can see: `told` may have come back redacted. */
function sameValue(live: unknown, told: unknown): boolean {
  // A secret was told as its mark alone: nothing speaks against it.
  if (typeof told === 'string' && told.startsWith('[redacted:')) return true;
  if (isEmpty(live) && isEmpty(told)) return true;
  const wanted = canonicalJson(told ?? null);
  return canonicalJson(live ?? null) === wanted || canonicalJson(redactValue(live) ?? null) === wanted;
}

/** True where every field is as it was to become. */
export function fieldsAreThere(object: KubernetesObject, changes: readonly FieldChange[]): boolean {
  return changes.every((change) => sameValue(valueAt(object, change.path), change.after));
}
