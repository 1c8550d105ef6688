import type { StoryEvent } from '../story-events.ts';

/**
 * How far a round of practice has come. One fault may set off several alerts, each with an incident of its own; the round is
 * won when one of them ends with a verified step and its case, and lost when all of them have ended without.
 */
export type Course = {
  readonly incidents: ReadonlyMap<string, 'going-on' | 'verified' | 'over'>;
  readonly end?: { readonly mended: boolean; readonly incidentId: string; readonly how: string };
};

export const startOfCourse: Course = { incidents: new Map() };

/** Events by which an incident has to do with the fault: an alert came for it. */
const joining: readonly StoryEvent['type'][] = [
  'incident.opened',
  'incident.reopened',
  'alert.received',
  'alert.still-firing',
];

export function after(course: Course, event: StoryEvent): Course {
  const { incidentId } = event;
  const known = course.incidents.get(incidentId);
  if (known === undefined) {
    if (!joining.includes(event.type)) return course;
    return { ...course, incidents: new Map(course.incidents).set(incidentId, 'going-on') };
  }
  const next = standing(event) ?? known;
  const incidents = new Map(course.incidents).set(
    incidentId,
    next === 'over' && known === 'verified' ? known : next,
  );
  if (event.type === 'case.recorded' && incidents.get(incidentId) === 'verified') {
    return { incidents, end: { mended: true, incidentId, how: event.data.outcome } };
  }
  const lost = [...incidents.values()].every((standingOf) => standingOf === 'over');
  return lost ? { incidents, end: { mended: false, incidentId, how: endingOf(event) } } : { incidents };
}

function standing(event: StoryEvent): 'verified' | 'over' | 'going-on' | undefined {
  if (event.type === 'step.changed' && event.data.status === 'verified') return 'verified';
  if (event.type === 'incident.closed') return 'over';
  // "I have it", or nothing more that the stand-in could do: it waits for the person or the alert's end, which is no mend.
  if (event.type === 'incident.taken-over') return 'over';
  if (event.type === 'incident.phase' && event.data.phase === 'watching' && event.data.belief !== undefined)
    return 'over';
  if (event.type === 'gate.opened') return 'going-on';
  return undefined;
}

function endingOf(event: StoryEvent): string {
  if (event.type === 'incident.closed') return event.data.outcome;
  if (event.type === 'incident.phase') return event.data.belief ?? event.data.phase;
  return event.type;
}
