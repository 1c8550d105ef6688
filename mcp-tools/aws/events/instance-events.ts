import type { TimeWindow } from '../../back-ends/window.ts';
import type { AwsCall } from '../access.ts';
import { type EventReader, type EventReading, event } from './event-reader.ts';

/** Instances that fail their checks, and what is planned for them: retirement, reboot, maintenance. */
async function readStatuses(call: AwsCall, { toMs }: TimeWindow): Promise<EventReading> {
  const { EC2Client, DescribeInstanceStatusCommand } = await import('@aws-sdk/client-ec2');
  const client = new EC2Client(call.client);
  const { items, cut } = await call.list('ec2:DescribeInstanceStatus', async (NextToken, sending) => {
    const page = await client.send(
      new DescribeInstanceStatusCommand({ MaxResults: 500, NextToken }),
      sending,
    );
    return { items: page.InstanceStatuses, next: page.NextToken };
  });
  const events = items.flatMap(({ InstanceId, InstanceStatus, SystemStatus, Events = [] }) => {
    const source = `ec2 instance ${InstanceId ?? ''}`;
    const details = [...(InstanceStatus?.Details ?? []), ...(SystemStatus?.Details ?? [])];
    const failing = details.flatMap(({ Name, Status, ImpairedSince }) =>
      Status === 'failed'
        ? event(ImpairedSince ?? new Date(toMs), source, `${Name} check failed`, 'error')
        : [],
    );
    const planned = Events.flatMap(({ Code, Description, NotBefore }) =>
      event(NotBefore, source, `${Code}: ${Description ?? ''}`, 'warning'),
    );
    return [...failing, ...planned];
  });
  return { items: events, gaps: [], cut };
}

export const instanceEvents: EventReader = { name: 'EC2 status checks and events', read: readStatuses };
