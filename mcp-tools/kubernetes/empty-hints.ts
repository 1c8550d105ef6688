import { errorCodeOf } from '#domain/errors.ts';
import { kubernetesObjectSchema } from '#domain/tools/kubernetes-object.ts';
import type { Cluster } from './clusters.ts';
import { nearestWords } from './did-you-mean.ts';
import type { ApiResource } from './discovery.ts';
import { listRaw } from './list-kind.ts';

/** What to try when nothing was found: where such objects are, and which names are near. */

type Named = { readonly namespace: string; readonly name: string };

const metadataHolder = kubernetesObjectSchema.pick({ metadata: true });

async function namesOf(
  cluster: Cluster,
  resource: ApiResource,
  request: {
    namespace?: string;
    labelSelector?: string | undefined;
    fieldSelector?: string;
    signal: AbortSignal;
  },
): Promise<readonly Named[]> {
  try {
    const { items } = await listRaw(cluster.api, resource, { ...request, metadataOnly: true });
    return items.flatMap((item) => {
      const parsed = metadataHolder.safeParse(item);
      if (!parsed.success) return [];
      const { name, namespace } = parsed.data.metadata;
      return [{ name, namespace: namespace ?? '' }];
    });
  } catch (error) {
    // A hint that cannot be had is no failure of the answer: the caller's own question was answered.
    if (errorCodeOf(error) === 'internal') throw error;
    return [];
  }
}

function namespaceCounts(names: readonly Named[]): string {
  const counts = new Map<string, number>();
  for (const { namespace } of names) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, 8)
    .map(([namespace, count]) => `${namespace} (${count})`)
    .join(', ');
}

/** The hint for a kind that the cluster does not serve. */
export function unknownKindHint(word: string, resources: readonly ApiResource[]): string {
  const near = nearestWords(
    word,
    resources.map((resource) => resource.plural),
  );
  const meant = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
  return `this cluster has no kind "${word}"${meant}`;
}

/** The hint for a listing that found nothing. */
export async function emptyListHint(
  cluster: Cluster,
  resources: readonly ApiResource[],
  asked: {
    readonly namespace?: string | undefined;
    readonly labelSelector?: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<string | undefined> {
  const resource = resources[0];
  if (resource === undefined) return undefined;
  const { namespace, labelSelector, signal } = asked;
  const plural = resource.plural;
  if (labelSelector !== undefined) {
    const unselected = await namesOf(cluster, resource, {
      ...(namespace === undefined ? {} : { namespace }),
      signal,
    });
    if (unselected.length > 0)
      return `${unselected.length} ${plural} without the label selector "${labelSelector}"`;
  }
  if (namespace === undefined || !resource.namespaced) return undefined;
  const elsewhere = await namesOf(cluster, resource, { labelSelector, signal });
  if (elsewhere.length === 0) return `there are no such ${plural} in any namespace`;
  const near = nearestWords(
    namespace,
    elsewhere.map((name) => name.namespace),
  );
  const meant = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
  return `such ${plural} are in namespaces ${namespaceCounts(elsewhere)}${meant}`;
}

/** The hint for an object that is not there. */
export async function missingObjectHint(
  cluster: Cluster,
  resource: ApiResource,
  asked: { readonly namespace?: string | undefined; readonly name: string; readonly signal: AbortSignal },
): Promise<string> {
  const { name, namespace, signal } = asked;
  const sameName = await namesOf(cluster, resource, { fieldSelector: `metadata.name=${name}`, signal });
  if (sameName.length > 0 && resource.namespaced) {
    return `${resource.plural} with this name are in namespaces ${namespaceCounts(sameName)}`;
  }
  const here = await namesOf(cluster, resource, {
    ...(namespace === undefined ? {} : { namespace }),
    signal,
  });
  if (here.length === 0)
    return `there are no ${resource.plural} ${namespace === undefined ? '' : `in namespace ${namespace}`}`.trim();
  const near = nearestWords(
    name,
    here.map((object) => object.name),
  );
  return near.length === 0
    ? `there are ${here.length} ${resource.plural} here, none with a name like it`
    : `did you mean ${near.join(', ')}?`;
}
