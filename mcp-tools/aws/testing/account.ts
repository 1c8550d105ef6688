import * as cloudwatch from '@aws-sdk/client-cloudwatch';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as ec2 from '@aws-sdk/client-ec2';
import * as eks from '@aws-sdk/client-eks';
import * as elb from '@aws-sdk/client-elastic-load-balancing-v2';
import * as rds from '@aws-sdk/client-rds';

const role = 'arn:aws:iam::123456789012:role/test';
export const databaseLogGroup = '/aws/rds/instance/orders-db/postgresql';

/** Puts an account's worth of things into a moto server: a database in trouble, a cluster, a load balancer; for tests. */
export async function fillAccount(
  settings: { readonly endpoint: string; readonly region: string },
  nowMs: number,
) {
  const instances = new ec2.EC2Client(settings);
  await instances.send(
    new ec2.RunInstancesCommand({
      ...{ ImageId: 'ami-12345678', MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'worker-1' }] }],
    }),
  );
  const { Subnets = [] } = await instances.send(new ec2.DescribeSubnetsCommand({}));
  const subnetIds = Subnets.slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []);
  await new rds.RDSClient(settings).send(
    new rds.CreateDBInstanceCommand({
      ...{ DBInstanceIdentifier: 'orders-db', Engine: 'postgres', DBInstanceClass: 'db.t3.medium' },
      ...{ AllocatedStorage: 20, MasterUsername: 'admin', MasterUserPassword: 'correct-horse' },
    }),
  );
  const clusters = new eks.EKSClient(settings);
  await clusters.send(
    new eks.CreateClusterCommand({ name: 'prod', roleArn: role, resourcesVpcConfig: { subnetIds } }),
  );
  await clusters.send(
    new eks.CreateNodegroupCommand({
      clusterName: 'prod',
      nodegroupName: 'workers',
      nodeRole: role,
      subnets: subnetIds,
    }),
  );
  const balancers = new elb.ElasticLoadBalancingV2Client(settings);
  await balancers.send(new elb.CreateLoadBalancerCommand({ Name: 'front', Subnets: subnetIds }));
  const VpcId = Subnets[0]?.VpcId;
  await balancers.send(new elb.CreateTargetGroupCommand({ Name: 'web', Protocol: 'HTTP', Port: 80, VpcId }));
  await fillMonitoring(settings, nowMs);
}

async function fillMonitoring(
  settings: { readonly endpoint: string; readonly region: string },
  nowMs: number,
) {
  const watch = new cloudwatch.CloudWatchClient(settings);
  const measured = { Namespace: 'AWS/RDS', MetricName: 'DatabaseConnections' };
  await watch.send(
    new cloudwatch.PutMetricAlarmCommand({
      ...{ AlarmName: 'orders-db connections', ...measured, Threshold: 80, Statistic: 'Maximum' },
      ...{ ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Period: 60 },
    }),
  );
  await watch.send(
    new cloudwatch.SetAlarmStateCommand({
      ...{
        AlarmName: 'orders-db connections',
        StateValue: 'ALARM',
        StateReason: 'Threshold Crossed: 97 > 80',
      },
    }),
  );
  await watch.send(
    new cloudwatch.PutMetricDataCommand({
      Namespace: measured.Namespace,
      MetricData: [40, 97].map((Value, index) => ({
        ...{ MetricName: measured.MetricName, Value, Timestamp: new Date(nowMs - (2 - index) * 300_000) },
        Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'orders-db' }],
      })),
    }),
  );
  const groups = new logs.CloudWatchLogsClient(settings);
  const stream = { logGroupName: databaseLogGroup, logStreamName: 'orders-db.0' };
  await groups.send(new logs.CreateLogGroupCommand({ logGroupName: databaseLogGroup }));
  await groups.send(new logs.CreateLogStreamCommand(stream));
  const logEvents = [1, 2, 3].map((pid) => ({
    timestamp: nowMs - 60_000 + pid,
    message: `FATAL:  remaining connection slots are reserved for superusers (pid ${pid})`,
  }));
  await groups.send(new logs.PutLogEventsCommand({ ...stream, logEvents }));
}
