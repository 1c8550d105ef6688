import type { ExecuteAnswer, StepKey } from '#activities/types.ts';
import { actors, lookers, recorders } from './activity-profiles.ts';
import type { GateInbox } from './gate.ts';

/** How often an act is tried again after it was seen to have had no effect. */
const actCap = 3;

export type ActEnd = ExecuteAnswer | { readonly effect: 'withdrawn'; readonly detail: string };

/**
 * Takes the step. When no answer came, the effect is looked for before anything else; only a step that is seen to have
 * had none is tried again, under a new grant, and unless somebody has taken the question back meanwhile.
 */
export async function actOnce(inbox: GateInbox, key: StepKey, gateId: string): Promise<ActEnd> {
  let last = 'no answer';
  for (let attempt = 1; attempt <= actCap; attempt += 1) {
    const grant = await recorders.issueGrant({ tenant: key.tenant, gateId });
    if (!grant.granted) return { effect: 'refused', detail: grant.refused };
    if (inbox.withdrawn !== undefined) return { effect: 'withdrawn', detail: inbox.withdrawn.reason };
    try {
      return await actors.executeStep({ ...key, grant: grant.grant, gateId, attempt });
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    const seen = await lookers.observeStep({ ...key, attempt });
    if (seen.effect === 'there') return { effect: 'already-there', detail: seen.detail };
    if (seen.effect === 'unknown')
      return { effect: 'unknown', detail: `it is not known whether it was done: ${seen.detail}` };
  }
  return { effect: 'refused', detail: `it could not be done: ${last}` };
}
