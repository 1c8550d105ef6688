import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { formatObjectWithCluster, type ObjectRef } from '#domain/object-ref.ts';
import type { Revision } from '#domain/tools/kubernetes.ts';
import { type KubernetesObject, kubernetesObjectSchema } from '#domain/tools/kubernetes-object.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { type ApiResource, pathOf } from '../kubernetes/discovery.ts';
import { isNotFound } from '../kubernetes/kind-failure.ts';
import { listWhole } from '../kubernetes/list-kind.ts';
import { historyKinds, revisionsOf } from '../kubernetes/revisions.ts';

/** The kinds of object that an action may be taken on, and nothing beside them. */

function resource(group: string, kind: string, plural: string, namespaced = true): ApiResource {
  return { group, version: 'v1', plural, kind, namespaced, aliases: [], verbs: ['list'] };
}

const targetResources: Readonly<Record<string, ApiResource>> = {
  Deployment: resource('apps', 'Deployment', 'deployments'),
  StatefulSet: resource('apps', 'StatefulSet', 'statefulsets'),
  DaemonSet: resource('apps', 'DaemonSet', 'daemonsets'),
  Pod: resource('', 'Pod', 'pods'),
  Service: resource('', 'Service', 'services'),
  ConfigMap: resource('', 'ConfigMap', 'configmaps'),
  Node: resource('', 'Node', 'nodes', false),
};

const historyResources = {
  ReplicaSet: resource('apps', 'ReplicaSet', 'replicasets'),
  ControllerRevision: resource('apps', 'ControllerRevision', 'controllerrevisions'),
} as const;

/** Where an object is served; `bad-input` for kinds that are never written and for a namespace too much or too few. */
export function targetResource(object: ObjectRef): ApiResource {
  const found = targetResources[object.kind];
  const name = formatObjectWithCluster(object);
  if (found === undefined) throw new UnderstudyError('bad-input', `${name}: this kind is never written`);
  if (found.namespaced && object.namespace === undefined) {
    throw new UnderstudyError('bad-input', `${name}: say which namespace`);
  }
  if (!found.namespaced && object.namespace !== undefined) {
    throw new UnderstudyError('bad-input', `${name}: this kind has no namespace`);
  }
  return found;
}

/** Path of one object. */
export function targetPath(object: ObjectRef): string {
  return pathOf(targetResource(object), object.namespace, object.name);
}

const rawSchema = z.looseObject({ metadata: z.looseObject({}) });

/**
 * The object as it is now, whole but for the field managers' bookkeeping, or undefined where there is none. Throws on
 * every other failure: what cannot be looked at is not absent.
 */
export async function readTarget(
  api: ApiClient,
  object: ObjectRef,
  signal: AbortSignal,
): Promise<KubernetesObject | undefined> {
  try {
    const raw = rawSchema.safeParse(await api.json({ path: targetPath(object), signal }));
    const { managedFields: _bookkeeping, ...metadata } = raw.data?.metadata ?? {};
    const parsed = kubernetesObjectSchema.safeParse({ ...raw.data, metadata });
    if (!parsed.success || parsed.data.metadata.uid === undefined) {
      const message = `cluster ${api.cluster}: the API server answered nonsense for ${formatObjectWithCluster(object)}`;
      throw new UnderstudyError('unavailable', message);
    }
    return parsed.data;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** More ReplicaSets than any namespace that is in use has. */
const maxHistory = 5_000;

/** The revisions of a workload; none for kinds that have no history. */
export async function readRevisions(
  api: ApiClient,
  live: KubernetesObject,
  signal: AbortSignal,
): Promise<readonly Revision[]> {
  const history = historyKinds[live.kind];
  if (history === undefined) return [];
  const { namespace } = live.metadata;
  const { items } = await listWhole(api, historyResources[history], { namespace, signal }, maxHistory);
  return revisionsOf(live.kind, live, items);
}
