import type { LoadBalancer, TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsCall } from '../access.ts';
import { picked } from '../reading.ts';
import { type ResourceReader, type ResourceReading, resource } from './resource-reader.ts';

/** Target groups whose targets are asked about: each costs a request. */
const mostTargetGroups = 40;

export async function listLoadBalancers(call: AwsCall): Promise<{ items: LoadBalancer[]; cut: boolean }> {
  const elb = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = new elb.ElasticLoadBalancingV2Client(call.client);
  return call.list('elasticloadbalancing:DescribeLoadBalancers', async (Marker, sending) => {
    const page = await client.send(new elb.DescribeLoadBalancersCommand({ Marker }), sending);
    return { items: page.LoadBalancers, next: page.NextMarker };
  });
}

async function readLoadBalancers(call: AwsCall): Promise<ResourceReading> {
  const { items, cut } = await listLoadBalancers(call);
  const found = items.flatMap((one) => {
    const properties = picked(one, [
      'State',
      'Type',
      'Scheme',
      'DNSName',
      'AvailabilityZones',
      'VpcId',
      'CreatedTime',
    ]);
    return resource(
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      one.LoadBalancerArn,
      properties,
      one.LoadBalancerName,
    );
  });
  return { items: found, gaps: [], cut };
}

async function readTargets(call: AwsCall, group: TargetGroup) {
  const elb = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = new elb.ElasticLoadBalancingV2Client(call.client);
  const { TargetHealthDescriptions = [] } = await call.ask(
    'elasticloadbalancing:DescribeTargetHealth',
    (sending) =>
      client.send(new elb.DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn }), sending),
  );
  const properties = {
    ...picked(group, ['Protocol', 'Port', 'TargetType', 'LoadBalancerArns', 'VpcId', 'HealthCheckProtocol']),
    ...picked(group, ['HealthCheckPort', 'HealthCheckPath', 'HealthCheckIntervalSeconds', 'Matcher']),
    ...picked(group, ['HealthCheckTimeoutSeconds', 'HealthyThresholdCount', 'UnhealthyThresholdCount']),
    TargetHealthDescriptions: TargetHealthDescriptions.map((target) =>
      picked(target, ['Target', 'TargetHealth']),
    ),
  };
  return resource(
    'AWS::ElasticLoadBalancingV2::TargetGroup',
    group.TargetGroupArn,
    properties,
    group.TargetGroupName,
  );
}

async function readTargetGroups(call: AwsCall): Promise<ResourceReading> {
  const elb = await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = new elb.ElasticLoadBalancingV2Client(call.client);
  const { items, cut } = await call.list(
    'elasticloadbalancing:DescribeTargetGroups',
    async (Marker, sending) => {
      const page = await client.send(new elb.DescribeTargetGroupsCommand({ Marker }), sending);
      return { items: page.TargetGroups, next: page.NextMarker };
    },
  );
  const looked = items.slice(0, mostTargetGroups);
  const found = await Promise.all(looked.map((group) => readTargets(call, group)));
  const left = items.length - looked.length;
  const gaps = left > 0 ? [`AWS ELB: the targets of ${left} more target groups were not looked at`] : [];
  return { items: found.flat(), gaps, cut: cut || left > 0 };
}

export const loadBalancers: ResourceReader = {
  name: 'load balancers',
  types: ['AWS::ElasticLoadBalancingV2::LoadBalancer'],
  read: readLoadBalancers,
};
export const targetGroups: ResourceReader = {
  name: 'target groups',
  types: ['AWS::ElasticLoadBalancingV2::TargetGroup'],
  read: readTargetGroups,
};
