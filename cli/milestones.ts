import { toMs } from '#domain/time.ts';
import type { StoryEvent } from './story-events.ts';

/** When an incident reached what people ask about, in milliseconds after its alert had come in. */
export type Milestones = {
  readonly diagnosedMs?: number;
  readonly approvedMs?: number;
  readonly mendedMs?: number;
};

/**
 * Milestones of one incident's events. A diagnosis counts from when it was on record: the time of the agent's turn is
 * the moment that it looked at, not when it was done.
 */
export function milestonesOf(events: readonly StoryEvent[]): Milestones {
  const opened = events.find(
    (event) => event.type === 'incident.opened' || event.type === 'incident.reopened',
  );
  if (opened === undefined) return {};
  const after = (found: StoryEvent | undefined): number | undefined =>
    found === undefined ? undefined : toMs(found.at) - toMs(opened.at);
  const found = {
    diagnosedMs: after(events.find(isDiagnosis)),
    approvedMs: after(events.find(isApproval)),
    mendedMs: after(
      events.findLast((event) => event.type === 'step.changed' && event.data.status === 'verified'),
    ),
  };
  return Object.fromEntries(Object.entries(found).filter(([, ms]) => ms !== undefined));
}

/** True for the event that tells a diagnosis. */
export function isDiagnosis(event: StoryEvent): boolean {
  return (
    event.type === 'incident.phase' && event.data.phase === 'diagnose' && event.data.belief !== undefined
  );
}

function isApproval(event: StoryEvent): boolean {
  return event.type === 'gate.decision' && event.data.accepted && event.data.decision === 'approve';
}
