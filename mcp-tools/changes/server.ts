import { changesList } from '#domain/tools/changes.ts';
import { openClusters } from '../kubernetes/clusters.ts';
import type { ClusterAccess } from '../kubernetes/kubeconfig.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { type CloudChanges, digestChanges, listChanges, type StoredChanges } from './list-changes.ts';

/** What changed: rollouts, scalings and writes of configuration that clusters show, with deploys that were posted to us and what was done in the cloud. */
export function createChangesServer(options: {
  readonly clusters: readonly ClusterAccess[];
  readonly storedChanges: StoredChanges;
  /** Absent: no cloud is configured. */
  readonly cloudChanges?: CloudChanges;
}): ToolServer {
  const clusters = openClusters(options.clusters);
  return defineToolServer({
    name: 'changes',
    version: '1',
    tools: [
      implement(changesList, (input, context) => listChanges(clusters, options, input, context), {
        digest: digestChanges,
      }),
    ],
  });
}
