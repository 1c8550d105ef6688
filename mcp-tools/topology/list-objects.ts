import { z } from 'zod';
import { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import type { ToolClient } from '../runtime/client.ts';

/** How topology is handed Kubernetes objects; plural kinds. Throws UnderstudyError. */
export type ListObjects = (
  request: { readonly cluster: string; readonly kinds: readonly string[]; readonly namespace?: string },
  signal: AbortSignal,
) => Promise<{ readonly items: readonly KubernetesObject[]; readonly gaps: readonly string[] }>;

const answerSchema = z.object({ items: kubernetesListObjects.output.shape.items });

/** Lists objects through the `kubernetes` tool server. */
export function listObjectsThrough(tools: Pick<ToolClient, 'call'>): ListObjects {
  return async (request, signal) => {
    const { server, name } = kubernetesListObjects;
    const result = await tools.call({ server, tool: name, arguments: request }, { signal });
    const cut = result.truncated ? ['kubernetes: not all objects were read'] : [];
    return { items: answerSchema.parse(result.output).items, gaps: [...result.gaps, ...cut] };
  };
}
