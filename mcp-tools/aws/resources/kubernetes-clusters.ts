import type { AwsCall } from '../access.ts';
import { picked } from '../reading.ts';
import {
  type CloudResource,
  type ResourceReader,
  type ResourceReading,
  resource,
} from './resource-reader.ts';

const mostClusters = 10;
const mostNodegroups = 20;

export async function listKubernetesClusters(call: AwsCall): Promise<{ items: string[]; cut: boolean }> {
  const { EKSClient, ListClustersCommand } = await import('@aws-sdk/client-eks');
  const client = new EKSClient(call.client);
  return call.list('eks:ListClusters', async (nextToken, sending) => {
    const page = await client.send(new ListClustersCommand({ nextToken }), sending);
    return { items: page.clusters, next: page.nextToken };
  });
}

async function readCluster(call: AwsCall, name: string): Promise<CloudResource[]> {
  const { EKSClient, DescribeClusterCommand } = await import('@aws-sdk/client-eks');
  const client = new EKSClient(call.client);
  const { cluster } = await call.ask('eks:DescribeCluster', (sending) =>
    client.send(new DescribeClusterCommand({ name }), sending),
  );
  if (cluster === undefined) return [];
  const properties = picked(cluster, [
    'status',
    'version',
    'platformVersion',
    'health',
    'endpoint',
    'createdAt',
    'tags',
  ]);
  return resource('AWS::EKS::Cluster', cluster.arn ?? name, properties, name);
}

async function readNodegroups(call: AwsCall, clusterName: string): Promise<CloudResource[]> {
  const { EKSClient, ListNodegroupsCommand, DescribeNodegroupCommand } = await import('@aws-sdk/client-eks');
  const client = new EKSClient(call.client);
  const { items } = await call.list('eks:ListNodegroups', async (nextToken, sending) => {
    const page = await client.send(new ListNodegroupsCommand({ clusterName, nextToken }), sending);
    return { items: page.nodegroups, next: page.nextToken };
  });
  const described = await Promise.all(
    items
      .slice(0, mostNodegroups)
      .map((nodegroupName) =>
        call.ask('eks:DescribeNodegroup', (sending) =>
          client.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }), sending),
        ),
      ),
  );
  return described.flatMap(({ nodegroup }) => {
    if (nodegroup === undefined) return [];
    const properties = {
      ...picked(nodegroup, ['clusterName', 'status', 'version', 'releaseVersion', 'health', 'scalingConfig']),
      ...picked(nodegroup, [
        'instanceTypes',
        'capacityType',
        'amiType',
        'labels',
        'taints',
        'updateConfig',
        'modifiedAt',
      ]),
    };
    return resource('AWS::EKS::Nodegroup', nodegroup.nodegroupArn, properties, nodegroup.nodegroupName);
  });
}

async function readKubernetes(call: AwsCall): Promise<ResourceReading> {
  const { items, cut } = await listKubernetesClusters(call);
  const names = items.slice(0, mostClusters);
  const found = await Promise.all(
    names.flatMap((name) => [readCluster(call, name), readNodegroups(call, name)]),
  );
  const left = items.length - names.length;
  const gaps = left > 0 ? [`AWS EKS: ${left} more clusters were not looked at`] : [];
  return { items: found.flat(), gaps, cut: cut || left > 0 };
}

export const kubernetesClusters: ResourceReader = {
  name: 'EKS clusters and node groups',
  types: ['AWS::EKS::Cluster', 'AWS::EKS::Nodegroup'],
  read: readKubernetes,
};
