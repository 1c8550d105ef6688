import { alarms } from './alarms.ts';
import { databaseClusters, databases } from './databases.ts';
import { instances } from './instances.ts';
import { kubernetesClusters } from './kubernetes-clusters.ts';
import { loadBalancers, targetGroups } from './load-balancers.ts';
import type { ResourceReader } from './resource-reader.ts';

/** Everything that is listed of an account. */
export const resourceReaders: readonly ResourceReader[] = [
  alarms,
  databaseClusters,
  databases,
  instances,
  kubernetesClusters,
  loadBalancers,
  targetGroups,
];
