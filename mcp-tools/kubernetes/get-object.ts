import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { kubernetesGetObject } from '#domain/tools/kubernetes.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { Clusters } from './clusters.ts';
import { pathOf, resourceNamed } from './discovery.ts';
import { missingObjectHint, unknownKindHint } from './empty-hints.ts';
import { isNotFound } from './kind-failure.ts';
import { viewAs } from './list-kind.ts';

type Input = z.output<typeof kubernetesGetObject.input>;

/** Answers `kubernetes_get_object`. An object that is not there is an answer, with a hint where it may be. */
export async function getObject(clusters: Clusters, input: Input, { signal }: ToolContext) {
  const cluster = clusters.named(input.cluster);
  const resources = await cluster.resources(signal);
  const resource = resourceNamed(resources, input.kind);
  if (resource === undefined) return { hint: unknownKindHint(input.kind, resources) };
  if (resource.namespaced && input.namespace === undefined) {
    throw new UnderstudyError('bad-input', `namespace: ${resource.plural} live in namespaces; say which one`);
  }
  try {
    const path = pathOf(resource, input.namespace, input.name);
    return { object: viewAs(resource, await cluster.api.json({ path, signal })) };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { hint: await missingObjectHint(cluster, resource, { ...input, signal }) };
  }
}
