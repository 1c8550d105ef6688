import type { ActionsProcessSettings, WorkerProcessSettings } from '#domain/configuration.ts';
import { fromMs } from '#domain/time.ts';
import { createAlertmanagerServer } from '#mcp-tools/alertmanager/server.ts';
import { createChangesServer } from '#mcp-tools/changes/server.ts';
import { createKnowledgeServer } from '#mcp-tools/knowledge/server.ts';
import { createKubernetesServer } from '#mcp-tools/kubernetes/server.ts';
import { createKubernetesActionsServer } from '#mcp-tools/kubernetes-actions/server.ts';
import { createLogsServer } from '#mcp-tools/logs/server.ts';
import { createPrometheusServer } from '#mcp-tools/prometheus/server.ts';
import { createToolClient, type ToolClient } from '#mcp-tools/runtime/client.ts';
import type { ToolServer } from '#mcp-tools/runtime/server.ts';
import { createTopologyServer } from '#mcp-tools/topology/server.ts';
import { burnGrant } from '#store/grants.ts';
import { inTenant, type Store } from '#store/pool.ts';
import { writesStopped } from '#store/switches.ts';

function inProcess(servers: readonly ToolServer[]): ToolClient {
  return createToolClient({
    servers: Object.fromEntries(
      servers.map((server) => [server.name, { kind: 'in-process' as const, server }]),
    ),
  });
}
void [
  createAlertmanagerServer,
  createChangesServer,
  createKnowledgeServer,
  createLogsServer,
  createTopologyServer,
  createKubernetesServer,
  createPrometheusServer,
];
export type P = [WorkerProcessSettings];

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
