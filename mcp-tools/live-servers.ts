import type { BackEnds } from '#domain/back-ends.ts';
import { createAlertmanagerServer } from './alertmanager/server.ts';
import { awsChanges } from './aws/changes.ts';
import { createAwsServer } from './aws/server.ts';
import type { StoredChanges } from './changes/list-changes.ts';
import { createChangesServer } from './changes/server.ts';
import type { ClusterAccess } from './kubernetes/kubeconfig.ts';
import { createKubernetesServer } from './kubernetes/server.ts';
import { createLogsServer } from './logs/server.ts';
import { openLogStores } from './logs/settings.ts';
import { createPrometheusServer } from './prometheus/server.ts';
import { createToolClient } from './runtime/client.ts';
import type { ToolServer } from './runtime/server.ts';
import { listObjectsThrough } from './topology/list-objects.ts';
import { createTopologyServer } from './topology/server.ts';
import { createTracesServer } from './traces/server.ts';
import { openTraceStores } from './traces/settings.ts';

/** What may be read of a live system. */
export type LiveSystem = {
  readonly clusters: readonly ClusterAccess[];
  readonly prometheusUrl?: string | undefined;
  readonly alertmanagerUrl?: string | undefined;
  readonly backEnds: BackEnds;
  /** Deploys that somebody told us of. */
  readonly storedChanges: StoredChanges;
};

/** Where no cluster is configured, series still speak of one. */
const unknownCluster = 'unknown';

/** The servers that read a live system, each where what it reads is configured. None of them writes. */
export function liveServers(system: LiveSystem): ToolServer[] {
  const { clusters, prometheusUrl, alertmanagerUrl, backEnds, storedChanges } = system;
  const { loki, elasticsearch, jaeger, tempo, aws } = backEnds;
  const cluster = clusters[0]?.name ?? unknownCluster;
  const prometheus = prometheusUrl === undefined ? undefined : { url: prometheusUrl };
  const stores = openLogStores({ loki, elasticsearch });
  const traces = openTraceStores({ jaeger, tempo });
  const kubernetes = clusters.length === 0 ? undefined : createKubernetesServer({ clusters });
  const where = <Server>(isConfigured: boolean, create: () => Server): Server[] =>
    isConfigured ? [create()] : [];
  return [
    ...(kubernetes === undefined ? [] : [kubernetes]),
    ...where(kubernetes !== undefined || stores.length > 0, () => createLogsServer({ clusters, stores })),
    ...where(traces.length > 0, () => createTracesServer({ stores: traces })),
    ...where(kubernetes !== undefined || aws !== undefined, () =>
      createChangesServer({
        clusters,
        storedChanges,
        ...(aws === undefined ? {} : { cloudChanges: awsChanges(aws) }),
      }),
    ),
    ...where(kubernetes !== undefined || traces.length > 0, () =>
      createTopologyServer({
        cluster,
        traces,
        ...(prometheus === undefined ? {} : { prometheus }),
        ...(kubernetes === undefined ? {} : { listObjects: listObjectsThrough(clientOf(kubernetes)) }),
      }),
    ),
    ...(aws === undefined ? [] : [createAwsServer(aws)]),
    ...(prometheus === undefined ? [] : [createPrometheusServer({ ...prometheus, cluster })]),
    ...(alertmanagerUrl === undefined ? [] : [createAlertmanagerServer({ url: alertmanagerUrl })]),
  ];
}

function clientOf(server: ToolServer) {
  return createToolClient({ servers: { [server.name]: { kind: 'in-process', server } } });
}
