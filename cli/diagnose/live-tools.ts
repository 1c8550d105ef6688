import { createAlertmanagerServer } from '#mcp-tools/alertmanager/server.ts';
import { createChangesServer } from '#mcp-tools/changes/server.ts';
import type { ClusterAccess } from '#mcp-tools/kubernetes/kubeconfig.ts';
import { createKubernetesServer } from '#mcp-tools/kubernetes/server.ts';
import { createLogsServer } from '#mcp-tools/logs/server.ts';
import { createPrometheusServer } from '#mcp-tools/prometheus/server.ts';
import { createToolClient } from '#mcp-tools/runtime/client.ts';
import type { ToolImplementation } from '#mcp-tools/runtime/implement.ts';
import { listObjectsThrough } from '#mcp-tools/topology/list-objects.ts';
import { createTopologyServer } from '#mcp-tools/topology/server.ts';

export type LiveSystem = {
  readonly access: ClusterAccess;
  readonly prometheusUrl: string | undefined;
  readonly alertmanagerUrl: string | undefined;
};

/** Every tool that reads a live system without a running instance: nothing is remembered, and nothing written. */
export function liveTools({ access, prometheusUrl, alertmanagerUrl }: LiveSystem): ToolImplementation[] {
  const clusters = [access];
  const kubernetes = createKubernetesServer({ clusters });
  const client = createToolClient({ servers: { kubernetes: { kind: 'in-process', server: kubernetes } } });
  const servers = [
    kubernetes,
    createLogsServer({ clusters }),
    createChangesServer({ clusters, storedChanges: async () => [] }),
    createTopologyServer({
      cluster: access.name,
      ...(prometheusUrl === undefined ? {} : { prometheus: { url: prometheusUrl } }),
      listObjects: listObjectsThrough(client),
    }),
    ...(prometheusUrl === undefined
      ? []
      : [createPrometheusServer({ url: prometheusUrl, cluster: access.name })]),
    ...(alertmanagerUrl === undefined ? [] : [createAlertmanagerServer({ url: alertmanagerUrl })]),
  ];
  return servers.flatMap(({ tools }) => tools);
}
