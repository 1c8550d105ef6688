import type { TimeWindow } from '../../back-ends/window.ts';
import type { AwsCall } from '../access.ts';
import { type EventReader, type EventReading, event } from './event-reader.ts';

/** When alarms changed their state. */
async function readHistory(call: AwsCall, { fromMs, toMs }: TimeWindow): Promise<EventReading> {
  const { CloudWatchClient, DescribeAlarmHistoryCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient(call.client);
  const window = { StartDate: new Date(fromMs), EndDate: new Date(toMs), MaxRecords: 100 };
  const { items, cut } = await call.list('cloudwatch:DescribeAlarmHistory', async (NextToken, sending) => {
    const command = new DescribeAlarmHistoryCommand({ ...window, HistoryItemType: 'StateUpdate', NextToken });
    const page = await client.send(command, sending);
    return { items: page.AlarmHistoryItems, next: page.NextToken };
  });
  const events = items.flatMap(({ Timestamp, AlarmName, HistorySummary = '' }) => {
    const severity = /to ALARM$/.test(HistorySummary) ? 'error' : 'info';
    return event(Timestamp, `cloudwatch alarm ${AlarmName ?? ''}`, HistorySummary, severity);
  });
  return { items: events, gaps: [], cut };
}

export const alarmHistory: EventReader = { name: 'alarm history', read: readHistory };
