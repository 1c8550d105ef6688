import type { WorkflowHandle } from '@temporalio/client';
import { workflowIds } from '#domain/ids.ts';
import type { WholeInstance } from './instance.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

/** An activity as Temporal's history tells it. */
export type PastActivity = {
  readonly name: string;
  readonly scheduledMs: number;
  /** When its end reached Temporal, in whichever way it ended. */
  readonly endedMs?: number;
};

function timeOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
}

function scheduledEventOfEnd(event: HistoryEvent): number | undefined {
  const end =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes;
  return end === undefined || end === null ? undefined : Number(end.scheduledEventId);
}

function activitiesIn(events: readonly HistoryEvent[]): PastActivity[] {
  const ends = new Map(
    events.flatMap((event) => {
      const scheduled = scheduledEventOfEnd(event);
      return scheduled === undefined ? [] : [[scheduled, timeOf(event)] as const];
    }),
  );
  return events.flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (name === undefined || name === null) return [];
    const endedMs = ends.get(Number(event.eventId));
    return [{ name, scheduledMs: timeOf(event), ...(endedMs === undefined ? {} : { endedMs }) }];
  });
}

/** The activities of a plan's remediation, in the order in which they were asked for. */
export async function remediationActivities(
  { temporal }: WholeInstance,
  incidentId: string,
  planNo: number,
): Promise<PastActivity[]> {
  const handle = temporal.workflow.getHandle(workflowIds.remediation(incidentId, planNo));
  const { events } = await handle.fetchHistory();
  return activitiesIn(events ?? []);
}
