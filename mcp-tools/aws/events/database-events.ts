import type { TimeWindow } from '../../back-ends/window.ts';
import type { AwsCall } from '../access.ts';
import { type EventReader, type EventReading, event } from './event-reader.ts';

/** Categories of RDS' events, by how grave they are. */
const graveCategories = ['failure', 'failover', 'low storage', 'recovery', 'restoration'];
const notableCategories = [
  'availability',
  'maintenance',
  'configuration change',
  'read replica',
  'notification',
];

function severityOf(categories: readonly string[] | undefined) {
  const all = (categories ?? []).map((category) => category.toLowerCase());
  if (all.some((category) => graveCategories.includes(category))) return 'error';
  return all.some((category) => notableCategories.includes(category)) ? 'warning' : 'info';
}

/** What RDS said of its instances and clusters: failovers, restarts, storage that ran low, maintenance. */
async function readEvents(call: AwsCall, { fromMs, toMs }: TimeWindow): Promise<EventReading> {
  const { RDSClient, DescribeEventsCommand } = await import('@aws-sdk/client-rds');
  const client = new RDSClient(call.client);
  const window = { StartTime: new Date(fromMs), EndTime: new Date(toMs) };
  const { items, cut } = await call.list('rds:DescribeEvents', async (Marker, sending) => {
    const page = await client.send(
      new DescribeEventsCommand({ ...window, MaxRecords: 100, Marker }),
      sending,
    );
    return { items: page.Events, next: page.Marker };
  });
  const events = items.flatMap(({ Date: at, SourceIdentifier, SourceType, Message, EventCategories }) =>
    event(
      at,
      `rds ${SourceType ?? ''} ${SourceIdentifier ?? ''}`,
      Message ?? '',
      severityOf(EventCategories),
    ),
  );
  return { items: events, gaps: [], cut };
}

export const databaseEvents: EventReader = { name: 'RDS events', read: readEvents };
