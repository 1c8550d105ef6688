import {
  kubernetesExecuteAction,
  kubernetesObserveAction,
  kubernetesPrepareAction,
} from '#domain/tools/kubernetes-actions.ts';
import { openClusters } from '../kubernetes/clusters.ts';
import type { ClusterAccess } from '../kubernetes/kubeconfig.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { type ExecuteDeps, executeAction } from './execute.ts';
import { observeAction } from './observe.ts';
import { digestPrepared, prepareAction } from './prepare.ts';

/**
 * The only server that writes to clusters. It knows the actions of the catalogue and nothing else: no free verbs, no
 * commands in containers. Every write needs a grant that the server process signed for exactly this step.
 */
export function createKubernetesActionsServer(
  options: Omit<ExecuteDeps, 'clusters'> & {
    /** With the actor's accounts; a cluster that is not listed cannot be written. */
    readonly clusters: readonly ClusterAccess[];
  },
): ToolServer {
  const clusters = openClusters(options.clusters);
  const deps: ExecuteDeps = { ...options, clusters };
  return defineToolServer({
    name: 'kubernetes-actions',
    version: '1',
    tools: [
      implement(kubernetesPrepareAction, (input, context) => prepareAction(clusters, input, context), {
        digest: digestPrepared,
      }),
      implement(kubernetesExecuteAction, (input, context) => executeAction(deps, input, context)),
      implement(kubernetesObserveAction, (input, context) => observeAction(clusters, input, context)),
    ],
  });
}
