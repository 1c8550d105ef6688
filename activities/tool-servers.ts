import type { ActionsProcessSettings, WorkerProcessSettings } from '#domain/configuration.ts';
import { fromMs } from '#domain/time.ts';
import { createKnowledgeReader } from '#knowledge/reader.ts';
import { createAlertmanagerServer } from '#mcp-tools/alertmanager/server.ts';
import { awsChanges } from '#mcp-tools/aws/changes.ts';
import { createAwsServer } from '#mcp-tools/aws/server.ts';
import { createChangesServer } from '#mcp-tools/changes/server.ts';
import { createKnowledgeServer } from '#mcp-tools/knowledge/server.ts';
import { createKubernetesServer } from '#mcp-tools/kubernetes/server.ts';
import { createKubernetesActionsServer } from '#mcp-tools/kubernetes-actions/server.ts';
import { createLogsServer } from '#mcp-tools/logs/server.ts';
import { openLogStores } from '#mcp-tools/logs/settings.ts';
import { createPrometheusServer } from '#mcp-tools/prometheus/server.ts';
import { createToolClient, type ToolClient } from '#mcp-tools/runtime/client.ts';
import type { ToolServer } from '#mcp-tools/runtime/server.ts';
import { listObjectsThrough } from '#mcp-tools/topology/list-objects.ts';
import { createTopologyServer } from '#mcp-tools/topology/server.ts';
import { createTracesServer } from '#mcp-tools/traces/server.ts';
import { openTraceStores } from '#mcp-tools/traces/settings.ts';
import { candidateCases } from '#store/cases.ts';
import { changesBetween } from '#store/changes.ts';
import { burnGrant } from '#store/grants.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { candidateRunbooks, listRunbooks } from '#store/runbooks.ts';
import { writesStopped } from '#store/switches.ts';

function inProcess(servers: readonly ToolServer[]): ToolClient {
  return createToolClient({
    servers: Object.fromEntries(
      servers.map((server) => [server.name, { kind: 'in-process' as const, server }]),
    ),
  });
}

type ReadOptions = { readonly settings: WorkerProcessSettings; readonly store: Store };

/** What reads clusters, and what is read beside them: stores of logs and traces, a cloud's trail of changes. */
function clusterServers({ settings, store }: ReadOptions): ToolServer[] {
  const { clusters, prometheusUrl, tenant, backEnds } = settings;
  const { loki, elasticsearch, jaeger, tempo, aws } = backEnds;
  const logStores = openLogStores({ loki, elasticsearch });
  const traceStores = openTraceStores({ jaeger, tempo });
  const hasClusters = clusters.length > 0;
  const kubernetes = hasClusters ? [createKubernetesServer({ clusters })] : [];
  return [
    ...kubernetes,
    ...(hasClusters || logStores.length > 0 ? [createLogsServer({ clusters, stores: logStores })] : []),
    ...(traceStores.length > 0 ? [createTracesServer({ stores: traceStores })] : []),
    ...(hasClusters || aws !== undefined
      ? [
          createChangesServer({
            clusters,
            storedChanges: (query) => inTenant(store, tenant, (tx) => changesBetween(tx, query)),
            ...(aws === undefined ? {} : { cloudChanges: awsChanges(aws) }),
          }),
        ]
      : []),
    ...(hasClusters || traceStores.length > 0
      ? [
          createTopologyServer({
            cluster: clusters[0]?.name ?? 'unknown',
            ...(prometheusUrl === undefined ? {} : { prometheus: { url: prometheusUrl } }),
            traces: traceStores,
            ...(hasClusters ? { listObjects: listObjectsThrough(inProcess(kubernetes)) } : {}),
          }),
        ]
      : []),
    ...(aws === undefined ? [] : [createAwsServer(aws)]),
  ];
}

function knowledgeServer({ settings, store }: ReadOptions): ToolServer {
  const { tenant } = settings;
  return createKnowledgeServer({
    source: createKnowledgeReader({
      candidateCases: (query) => inTenant(store, tenant, (tx) => candidateCases(tx, query)),
      candidateRunbooks: (query) => inTenant(store, tenant, (tx) => candidateRunbooks(tx, query)),
      listRunbooks: () => inTenant(store, tenant, (tx) => listRunbooks(tx)),
    }),
  });
}

/** The reading servers, each where what it reads is configured. */
export function createReadTools(options: ReadOptions): ToolClient {
  const { clusters, prometheusUrl, alertmanagerUrl } = options.settings;
  const cluster = clusters[0]?.name ?? 'unknown';
  return inProcess([
    ...clusterServers(options),
    ...(prometheusUrl === undefined ? [] : [createPrometheusServer({ url: prometheusUrl, cluster })]),
    ...(alertmanagerUrl === undefined ? [] : [createAlertmanagerServer({ url: alertmanagerUrl })]),
    knowledgeServer(options),
  ]);
}

/** The writing servers, which only the actions process starts. */
export function createActionTools(options: {
  readonly settings: ActionsProcessSettings;
  readonly store: Store;
}): ToolClient {
  const { settings, store } = options;
  return inProcess([
    createKubernetesActionsServer({
      clusters: settings.clusters,
      grantPublicKeyFile: settings.grantPublicKeyFile,
      burnGrant: (jti) => inTenant(store, settings.tenant, (tx) => burnGrant(tx, jti, fromMs(Date.now()))),
      writesStopped: () => inTenant(store, settings.tenant, (tx) => writesStopped(tx)),
    }),
  ]);
}
