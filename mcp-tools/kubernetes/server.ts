import {
  kubernetesGetObject,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import { implement } from '../runtime/implement.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';
import { openClusters } from './clusters.ts';
import { digestEvents, digestObjects, digestRevisions } from './digests.ts';
import { getObject } from './get-object.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { listEvents } from './list-events.ts';
import { listObjects } from './list-objects.ts';
import { listRevisions } from './list-revisions.ts';

/** Reads Kubernetes clusters; writes nothing, and shows no Secret's values. */
export function createKubernetesServer(options: { readonly clusters: readonly ClusterAccess[] }): ToolServer {
  const clusters = openClusters(options.clusters);
  return defineToolServer({
    name: 'kubernetes',
    version: '1',
    tools: [
      implement(kubernetesListObjects, (input, context) => listObjects(clusters, input, context), {
        digest: digestObjects,
      }),
      implement(kubernetesGetObject, (input, context) => getObject(clusters, input, context)),
      implement(kubernetesListEvents, (input, context) => listEvents(clusters, input, context), {
        digest: digestEvents,
      }),
      implement(kubernetesListRevisions, (input, context) => listRevisions(clusters, input, context), {
        digest: digestRevisions,
      }),
    ],
  });
}
