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
  /** Whether it ended with an answer. */
  readonly hasAnswered?: boolean;
};

function timeOf({ eventTime }: HistoryEvent): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
}

function endIn(event: HistoryEvent): { of: number; hasAnswered: boolean } | undefined {
  const completed = event.activityTaskCompletedEventAttributes;
  const end =
    completed ?? event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (end === undefined || end === null) return undefined;
  return { of: Number(end.scheduledEventId), hasAnswered: end === completed };
}

function activitiesIn(events: readonly HistoryEvent[]): PastActivity[] {
  const ends = new Map(
    events.flatMap((event) => {
      const end = endIn(event);
      if (end === undefined) return [];
      return [[end.of, { endedMs: timeOf(event), hasAnswered: end.hasAnswered }] as const];
    }),
  );
  return events.flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (name === undefined || name === null) return [];
    return [{ name, scheduledMs: timeOf(event), ...ends.get(Number(event.eventId)) }];
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
