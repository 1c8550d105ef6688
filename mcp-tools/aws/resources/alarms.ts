import type { AwsCall } from '../access.ts';
import { picked } from '../reading.ts';
import { type ResourceReader, type ResourceReading, resource } from './resource-reader.ts';

/** Alarms with their state. That one is OK is evidence too. */
async function readAlarms(call: AwsCall): Promise<ResourceReading> {
  const { CloudWatchClient, DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch');
  const client = new CloudWatchClient(call.client);
  const { items, cut } = await call.list('cloudwatch:DescribeAlarms', async (NextToken, sending) => {
    const page = await client.send(new DescribeAlarmsCommand({ MaxRecords: 100, NextToken }), sending);
    const metric = page.MetricAlarms ?? [];
    return { items: metric, next: page.NextToken };
  });
  const found = items.flatMap((alarm) => {
    const properties = {
      ...picked(alarm, ['StateValue', 'StateReason', 'StateUpdatedTimestamp', 'StateTransitionedTimestamp']),
      ...picked(alarm, [
        'Namespace',
        'MetricName',
        'Dimensions',
        'Statistic',
        'ExtendedStatistic',
        'Threshold',
      ]),
      ...picked(alarm, [
        'ComparisonOperator',
        'Period',
        'EvaluationPeriods',
        'TreatMissingData',
        'AlarmDescription',
      ]),
      ...picked(alarm, ['ActionsEnabled']),
    };
    return resource('AWS::CloudWatch::Alarm', alarm.AlarmArn ?? alarm.AlarmName, properties, alarm.AlarmName);
  });
  return { items: found, gaps: [], cut };
}

export const alarms: ResourceReader = { name: 'alarms', types: ['AWS::CloudWatch::Alarm'], read: readAlarms };
