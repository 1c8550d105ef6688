import type { ActionsProcessSettings, WorkerProcessSettings } from '#domain/configuration.ts';
import { fromMs } from '#domain/time.ts';
import { createKnowledgeReader } from '#knowledge/reader.ts';
import { createKnowledgeServer } from '#mcp-tools/knowledge/server.ts';
import { createKubernetesActionsServer } from '#mcp-tools/kubernetes-actions/server.ts';
import { liveServers } from '#mcp-tools/live-servers.ts';
import { createToolClient, type ToolClient } from '#mcp-tools/runtime/client.ts';
import type { ToolServer } from '#mcp-tools/runtime/server.ts';
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
  const { settings, store } = options;
  const { clusters, prometheusUrl, alertmanagerUrl, backEnds, tenant } = settings;
  return inProcess([
    ...liveServers({
      ...{ clusters, prometheusUrl, alertmanagerUrl, backEnds },
      storedChanges: (query) => inTenant(store, tenant, (tx) => changesBetween(tx, query)),
    }),
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
