import { changesList } from '#domain/tools/changes.ts';
import { openClusters } from '../kubernetes/clusters.ts';
import type { ClusterAccess } from '../kubernetes/kubeconfig.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { digestChanges, listChanges, type StoredChanges } from './list-changes.ts';

/** What changed: rollouts, scalings and writes of configuration that clusters show, with deploys that were posted to us. */
export function createChangesServer(options: {
  readonly clusters: readonly ClusterAccess[];
  readonly storedChanges: StoredChanges;
}): ToolServer {
  const clusters = openClusters(options.clusters);
  return defineToolServer({
    name: 'changes',
    version: '1',
    tools: [
      implement(
        changesList,
        (input, context) => listChanges(clusters, options.storedChanges, input, context),
        {
          digest: digestChanges,
        },
      ),
    ],
  });
}
