import type { DBInstance } from '@aws-sdk/client-rds';
import type { AwsCall } from '../access.ts';
import { picked, tagsOf } from '../reading.ts';
import { type ResourceReader, type ResourceReading, resource } from './resource-reader.ts';

/** Every database instance of a region. */
export async function listDatabases(call: AwsCall): Promise<{ items: DBInstance[]; cut: boolean }> {
  const { RDSClient, DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
  const client = new RDSClient(call.client);
  return call.list('rds:DescribeDBInstances', async (Marker, sending) => {
    const page = await client.send(new DescribeDBInstancesCommand({ Marker }), sending);
    return { items: page.DBInstances, next: page.Marker };
  });
}

async function readDatabases(call: AwsCall): Promise<ResourceReading> {
  const { items, cut } = await listDatabases(call);
  const found = items.flatMap((instance) => {
    const properties = {
      ...picked(instance, [
        'DBInstanceStatus',
        'Engine',
        'EngineVersion',
        'DBInstanceClass',
        'DbiResourceId',
      ]),
      ...picked(instance, [
        'AllocatedStorage',
        'MaxAllocatedStorage',
        'StorageType',
        'Iops',
        'StorageThroughput',
      ]),
      ...picked(instance, [
        'MultiAZ',
        'AvailabilityZone',
        'SecondaryAvailabilityZone',
        'Endpoint',
        'StatusInfos',
      ]),
      ...picked(instance, ['DBClusterIdentifier', 'ReadReplicaSourceDBInstanceIdentifier']),
      ...picked(instance, ['ReadReplicaDBInstanceIdentifiers', 'DBParameterGroups', 'VpcSecurityGroups']),
      ...picked(instance, ['PerformanceInsightsEnabled', 'PreferredMaintenanceWindow', 'InstanceCreateTime']),
      ...picked(instance, ['LatestRestorableTime', 'EnabledCloudwatchLogsExports', 'PubliclyAccessible']),
      // Values that are to come may hold a new password; their names are enough.
      PendingModifiedValues: Object.keys(instance.PendingModifiedValues ?? {}),
      Tags: tagsOf(instance.TagList),
    };
    return resource('AWS::RDS::DBInstance', instance.DBInstanceIdentifier, properties);
  });
  return { items: found, gaps: [], cut };
}

async function readClusters(call: AwsCall): Promise<ResourceReading> {
  const { RDSClient, DescribeDBClustersCommand } = await import('@aws-sdk/client-rds');
  const client = new RDSClient(call.client);
  const { items, cut } = await call.list('rds:DescribeDBClusters', async (Marker, sending) => {
    const page = await client.send(new DescribeDBClustersCommand({ Marker }), sending);
    return { items: page.DBClusters, next: page.Marker };
  });
  const found = items.flatMap((cluster) => {
    const properties = {
      ...picked(cluster, ['Status', 'Engine', 'EngineVersion', 'MultiAZ', 'AvailabilityZones', 'Endpoint']),
      ...picked(cluster, ['ReaderEndpoint', 'DBClusterMembers', 'ReplicationSourceIdentifier', 'Capacity']),
      ...picked(cluster, [
        'ServerlessV2ScalingConfiguration',
        'AllocatedStorage',
        'PreferredMaintenanceWindow',
      ]),
      Tags: tagsOf(cluster.TagList),
    };
    return resource('AWS::RDS::DBCluster', cluster.DBClusterIdentifier, properties);
  });
  return { items: found, gaps: [], cut };
}

export const databases: ResourceReader = {
  name: 'RDS instances',
  types: ['AWS::RDS::DBInstance'],
  read: readDatabases,
};
export const databaseClusters: ResourceReader = {
  name: 'RDS clusters',
  types: ['AWS::RDS::DBCluster'],
  read: readClusters,
};
