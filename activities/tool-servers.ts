import type { ActionsProcessSettings, WorkerProcessSettings } from '#domain/configuration.ts';
import { fromMs } from '#domain/time.ts';
import { createKnowledgeReader } from '#knowledge/reader.ts';
import { createAlertmanagerServer } from '#mcp-tools/alertmanager/server.ts';
import { createChangesServer } from '#mcp-tools/changes/server.ts';
import { createKnowledgeServer } from '#mcp-tools/knowledge/server.ts';
import { createKubernetesServer } from '#mcp-tools/kubernetes/server.ts';
import { createKubernetesActionsServer } from '#mcp-tools/kubernetes-actions/server.ts';
import { createLogsServer } from '#mcp-tools/logs/server.ts';
import { createPrometheusServer } from '#mcp-tools/prometheus/server.ts';
import { createToolClient, type ToolClient } from '#mcp-tools/runtime/client.ts';
import type { ToolServer } from '#mcp-tools/runtime/server.ts';
import { listObjectsThrough } from '#mcp-tools/topology/list-objects.ts';
import { createTopologyServer } from '#mcp-tools/topology/server.ts';
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

/** What needs a cluster's API server. */
function clusterServers({ settings, store }: ReadOptions): ToolServer[] {
  const { clusters, prometheusUrl, tenant } = settings;
  const [first] = clusters;
  if (first === undefined) return [];
  const kubernetes = createKubernetesServer({ clusters });
  return [
    kubernetes,
    createLogsServer({ clusters }),
    createChangesServer({
      clusters,
      storedChanges: (query) => inTenant(store, tenant, (tx) => changesBetween(tx, query)),
    }),
    createTopologyServer({
      cluster: first.name,
      ...(prometheusUrl === undefined ? {} : { prometheus: { url: prometheusUrl } }),
      listObjects: listObjectsThrough(inProcess([kubernetes])),
    }),
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
