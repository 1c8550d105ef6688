import {
  CoreV1Api,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from '@kubernetes/client-node';

/**
 * Corrects what etcd remembers of the run before, while no kubelet runs: no pod is ready, as the node controller says of a
 * node that is gone, and a node that this run does not have is forgotten. Without it the first seconds after a start would
 * show yesterday's readiness.
 */
export async function correctOldStates(admin: KubeConfig, nodeNames: readonly string[]): Promise<void> {
  const core = admin.makeApiClient(CoreV1Api);
  const nodes = await core.listNode();
  for (const { metadata } of nodes.items) {
    const name = metadata?.name;
    if (name !== undefined && !nodeNames.includes(name)) await core.deleteNode({ name });
  }
  const pods = await core.listPodForAllNamespaces();
  await Promise.all(pods.items.filter(isReady).map((pod) => markNotReady(core, pod)));
}

function isReady(pod: V1Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

async function markNotReady(core: CoreV1Api, { metadata }: V1Pod): Promise<void> {
  const { name, namespace } = metadata ?? {};
  if (name === undefined || namespace === undefined) return;
  const condition = { status: 'False', reason: 'NodeRestarted' };
  await core.patchNamespacedPodStatus(
    {
      name,
      namespace,
      body: {
        status: {
          conditions: [
            { type: 'Ready', ...condition },
            { type: 'ContainersReady', ...condition },
          ],
        },
      },
    },
    setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
  );
}
