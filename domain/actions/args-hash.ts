import { hashOf } from '../hash.ts';
import type { FieldChange } from './json-patch.ts';

export type HashedAction = {
  readonly action: string;
  readonly cluster: string;
  readonly targetUid: string;
  readonly arguments: unknown;
  readonly policyVersion: string;
  readonly diffDigest: string;
};

/**
 * What a person approves: this action, on this very object, with these arguments, under this policy, with this effect.
 * Computed here and nowhere else.
 */
export function argsHash(of: HashedAction): string {
  return hashOf({
    action: of.action,
    cluster: of.cluster,
    targetUid: of.targetUid,
    arguments: of.arguments,
    policyVersion: of.policyVersion,
    diffDigest: of.diffDigest,
  });
}

/** A digest of the fields that a step touches, as they are and will be; nothing else of the object counts. */
export function diffDigest(changes: readonly FieldChange[]): string {
  return hashOf(changes.map((change) => [change.path, change.before ?? null, change.after ?? null]));
}
