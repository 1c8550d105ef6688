import { lastEditedAt } from '../analysis/kubernetes/partial.ts';
import type { Ingress } from '../analysis/kubernetes/routing.ts';
import type { HintedStep } from './define-analyzer.ts';

/** Since when it is as it is, as far as that was recorded. */
export function sinceOf(ingress: Ingress): { since?: string } {
  const since = lastEditedAt(ingress.raw);
  return since === undefined ? {} : { since };
}

/** A step that sets one field. */
export function patchOf(
  ingress: Ingress,
  path: string,
  value: unknown,
  why: string,
  before: unknown,
): HintedStep {
  return {
    action: 'patch',
    object: ingress.ref,
    arguments: { operations: [{ op: before === undefined ? 'add' : 'replace', path, value }] },
    why,
    undo: before === undefined ? 'take it away again' : `set it back to ${String(before)}`,
  };
}
