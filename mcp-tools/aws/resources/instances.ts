import type { AwsCall } from '../access.ts';
import { picked, tagsOf } from '../reading.ts';
import { type ResourceReader, type ResourceReading, resource } from './resource-reader.ts';

async function statusesOf(call: AwsCall) {
  const { EC2Client, DescribeInstanceStatusCommand } = await import('@aws-sdk/client-ec2');
  const client = new EC2Client(call.client);
  const { items } = await call.list('ec2:DescribeInstanceStatus', async (NextToken, sending) => {
    const command = new DescribeInstanceStatusCommand({
      IncludeAllInstances: true,
      MaxResults: 500,
      NextToken,
    });
    const page = await client.send(command, sending);
    return { items: page.InstanceStatuses, next: page.NextToken };
  });
  return new Map(items.map((status) => [status.InstanceId, status]));
}

async function readInstances(call: AwsCall): Promise<ResourceReading> {
  const { EC2Client, DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  const client = new EC2Client(call.client);
  const [listed, statuses] = await Promise.all([
    call.list('ec2:DescribeInstances', async (NextToken, sending) => {
      const page = await client.send(new DescribeInstancesCommand({ MaxResults: 500, NextToken }), sending);
      return { items: page.Reservations?.flatMap(({ Instances }) => Instances ?? []), next: page.NextToken };
    }),
    statusesOf(call),
  ]);
  const items = listed.items.flatMap((instance) => {
    const tags = tagsOf(instance.Tags);
    const status = statuses.get(instance.InstanceId);
    const properties = {
      ...picked(instance, ['InstanceType', 'State', 'StateReason', 'StateTransitionReason', 'LaunchTime']),
      ...picked(instance, [
        'Placement',
        'PrivateDnsName',
        'PrivateIpAddress',
        'ImageId',
        'SpotInstanceRequestId',
      ]),
      ...(status === undefined ? {} : picked(status, ['InstanceStatus', 'SystemStatus', 'Events'])),
      Tags: tags,
    };
    return resource('AWS::EC2::Instance', instance.InstanceId, properties, tags.Name);
  });
  return { items, gaps: [], cut: listed.cut };
}

export const instances: ResourceReader = {
  name: 'EC2 instances',
  types: ['AWS::EC2::Instance'],
  read: readInstances,
};
