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

function digestOf(changes: readonly FieldChange[]): string {
  return hashOf(changes.map((change) => [change.path, change.before ?? null, change.after ?? null]));
}

/**
 * Two digests side by side of the fields that a step touches, as they are and will be; nothing else of the object counts.
 * The first is of the true values, which only the actions process knows and checks; the second is of what was shown of
 * them, which the server can check. An approval binds both, so that a secret need not travel for its change to be approved.
 * @param shown the same changes with secrets replaced by their marks; the same where nothing is hidden
 */
export function diffDigest(changes: readonly FieldChange[], shown: readonly FieldChange[] = changes): string {
  return `${digestOf(changes)}.${digestOf(shown)}`;
}

/** True where these are the changes as they were shown when the digest was made. */
export function wereShown(shown: readonly FieldChange[], digest: string): boolean {
  return digest.split('.')[1] === digestOf(shown);
}
