import type { AwsCall } from '../access.ts';
import { listDatabases } from '../resources/databases.ts';
import { listLoadBalancers } from '../resources/load-balancers.ts';
import { type InsightsAsked, isAsked } from './insight-reader.ts';

/** One series that CloudWatch is asked for. */
export type MetricAsked = {
  readonly resourceType: string;
  readonly resource: string;
  readonly namespace: string;
  readonly metric: string;
  readonly statistic: string;
  readonly dimension: readonly [name: string, value: string];
};

type Wanted = readonly (readonly [metric: string, statistic: string])[];

/** What tells of a database's state: load, connections, memory, storage, replication, credits that run out. */
const ofDatabases: Wanted = [
  ['CPUUtilization', 'Average'],
  ['DatabaseConnections', 'Maximum'],
  ['FreeableMemory', 'Minimum'],
  ['SwapUsage', 'Maximum'],
  ['FreeStorageSpace', 'Minimum'],
  ['ReadLatency', 'Average'],
  ['WriteLatency', 'Average'],
  ['ReadIOPS', 'Average'],
  ['WriteIOPS', 'Average'],
  ['DiskQueueDepth', 'Average'],
  ['ReplicaLag', 'Maximum'],
  ['OldestReplicationSlotLag', 'Maximum'],
  ['TransactionLogsDiskUsage', 'Maximum'],
  ['MaximumUsedTransactionIDs', 'Maximum'],
  ['Deadlocks', 'Sum'],
  ['BurstBalance', 'Minimum'],
  ['CPUCreditBalance', 'Minimum'],
];
const ofInstances: Wanted = [
  ['CPUUtilization', 'Average'],
  ['StatusCheckFailed', 'Maximum'],
  ['NetworkIn', 'Sum'],
  ['NetworkOut', 'Sum'],
  ['EBSIOBalance%', 'Minimum'],
  ['EBSByteBalance%', 'Minimum'],
  ['CPUCreditBalance', 'Minimum'],
];
const ofLoadBalancers: Wanted = [
  ['RequestCount', 'Sum'],
  ['TargetResponseTime', 'Average'],
  ['HTTPCode_Target_5XX_Count', 'Sum'],
  ['HTTPCode_ELB_5XX_Count', 'Sum'],
  ['TargetConnectionErrorCount', 'Sum'],
  ['RejectedConnectionCount', 'Sum'],
];

/** Resources of a kind whose series are read where none is named: each has a dozen. */
const mostOfKind = 12;

type Kind = {
  readonly type: string;
  readonly namespace: string;
  readonly dimension: string;
  readonly wanted: Wanted;
  /** The resources, as their dimension names them, with the name by which they are asked for. */
  readonly resources: (
    call: AwsCall,
  ) => Promise<readonly { readonly name: string; readonly value: string }[]>;
};

async function runningInstances(call: AwsCall) {
  const { EC2Client, DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  const client = new EC2Client(call.client);
  const Filters = [
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'shutting-down'] },
  ];
  const { items } = await call.list('ec2:DescribeInstances', async (NextToken, sending) => {
    const page = await client.send(
      new DescribeInstancesCommand({ Filters, MaxResults: 500, NextToken }),
      sending,
    );
    return { items: page.Reservations?.flatMap(({ Instances }) => Instances ?? []), next: page.NextToken };
  });
  return items.flatMap(({ InstanceId: id }) => (id === undefined ? [] : [{ name: id, value: id }]));
}

const kinds: readonly Kind[] = [
  {
    ...{
      type: 'AWS::RDS::DBInstance',
      namespace: 'AWS/RDS',
      dimension: 'DBInstanceIdentifier',
      wanted: ofDatabases,
    },
    resources: async (call) =>
      (await listDatabases(call)).items.flatMap(({ DBInstanceIdentifier: id }) =>
        id === undefined ? [] : [{ name: id, value: id }],
      ),
  },
  {
    ...{ type: 'AWS::EC2::Instance', namespace: 'AWS/EC2', dimension: 'InstanceId', wanted: ofInstances },
    resources: runningInstances,
  },
  {
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    namespace: 'AWS/ApplicationELB',
    dimension: 'LoadBalancer',
    wanted: ofLoadBalancers,
    resources: async (call) =>
      (await listLoadBalancers(call)).items.flatMap(
        ({ LoadBalancerArn: arn, LoadBalancerName: name, Type }) => {
          const value = arn?.split(':loadbalancer/')[1];
          return value === undefined || Type !== 'application' ? [] : [{ name: name ?? value, value }];
        },
      ),
  },
];

async function planKind(call: AwsCall, kind: Kind, asked: InsightsAsked) {
  const all = (await kind.resources(call)).filter(({ name }) => isAsked(name, asked));
  const looked = all.slice(0, mostOfKind);
  const series = looked.flatMap(({ name, value }) =>
    kind.wanted.map(
      ([metric, statistic]): MetricAsked => ({
        ...{ resourceType: kind.type, resource: name, namespace: kind.namespace, metric, statistic },
        dimension: [kind.dimension, value],
      }),
    ),
  );
  const left = all.length - looked.length;
  const gaps = left > 0 ? [`AWS CloudWatch: ${left} more of ${kind.type} were not measured; name one`] : [];
  return { series, gaps };
}

/** The series that tell of the account's resources. A kind that cannot be listed is a gap. */
export async function planMetrics(call: AwsCall, asked: InsightsAsked) {
  return Promise.allSettled(kinds.map((kind) => planKind(call, kind, asked)));
}
