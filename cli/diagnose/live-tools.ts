import type { BackEnds } from '#domain/back-ends.ts';
import type { ClusterAccess } from '#mcp-tools/kubernetes/kubeconfig.ts';
import { liveServers } from '#mcp-tools/live-servers.ts';
import type { ToolImplementation } from '#mcp-tools/runtime/implement.ts';

export type LiveSystem = {
  readonly access: ClusterAccess;
  readonly prometheusUrl: string | undefined;
  readonly alertmanagerUrl: string | undefined;
  readonly backEnds: BackEnds;
};

/** Every tool that reads a live system without a running instance: nothing is remembered, and nothing written. */
export function liveTools({ access, ...system }: LiveSystem): ToolImplementation[] {
  const servers = liveServers({ ...system, clusters: [access], storedChanges: async () => [] });
  return servers.flatMap(({ tools }) => tools);
}
