import type { z } from 'zod';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { kubernetesObserveAction } from '#domain/tools/kubernetes-actions.ts';
import type { Clusters } from '../kubernetes/clusters.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { bearsMark, deletions, fieldsAreThere, isLeaving } from './effect.ts';
import { readTarget } from './targets.ts';

type Input = z.output<typeof kubernetesObserveAction.input>;
type Seen = ToolOutput<typeof kubernetesObserveAction>;

/**
 * Answers `kubernetes_observe_action`. A change is there where the object bears the step's mark; a deletion where the
 * object of that uid is gone or leaving. Throws where the API server cannot be asked: that is no answer.
 */
export async function observeAction(
  clusters: Clusters,
  input: Input,
  { signal }: ToolContext,
): Promise<Seen> {
  const { api } = clusters.named(input.object.cluster);
  const live = await readTarget(api, input.object, signal);
  const isTarget = live !== undefined && live.metadata.uid === input.targetUid;
  if (deletions.includes(input.action)) {
    if (!isTarget) return { effect: 'there', detail: 'it is gone' };
    return isLeaving(live)
      ? { effect: 'there', detail: 'it is being deleted' }
      : { effect: 'absent', detail: 'it is still there' };
  }
  if (!isTarget) return { effect: 'unknown', detail: 'the object is gone or was made anew' };
  if (bearsMark(live, input.stepId)) return { effect: 'there', detail: "it bears the step's mark" };
  return fieldsAreThere(live, input.changes)
    ? { effect: 'unknown', detail: "the fields are as wanted, but it does not bear the step's mark" }
    : { effect: 'absent', detail: "it does not bear the step's mark, and the fields are not as wanted" };
}
