import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { kubernetesListRevisions, Revision } from '#domain/tools/kubernetes.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { Cluster, Clusters } from './clusters.ts';
import { type ApiResource, resourceNamed } from './discovery.ts';
import { emptyListHint } from './empty-hints.ts';
import { settle } from './kind-failure.ts';
import { listWhole } from './list-kind.ts';
import { historyKinds, revisionsOf } from './revisions.ts';

type Input = z.output<typeof kubernetesListRevisions.input>;

const workloads = ['deployments', 'statefulsets', 'daemonsets'] as const;
const histories = ['replicasets', 'controllerrevisions'] as const;
const kindOfWorkload = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
} as const;
const pluralOfHistory = { ReplicaSet: 'replicasets', ControllerRevision: 'controllerrevisions' } as const;

const maxObjectsPerKind = 5_000;

function resourceOf(resources: readonly ApiResource[], plural: string): ApiResource {
  const resource = resourceNamed(resources, `${plural}.apps`) ?? resourceNamed(resources, plural);
  if (resource === undefined)
    throw new UnderstudyError('not-supported', `${plural} are not served by this cluster`);
  return resource;
}

/** Workloads and what keeps their history, by plural kind. */
export type Found = Readonly<Record<string, readonly unknown[]>>;

/** Plural kinds that revisions are read from. */
export const revisionKinds = [...workloads, ...histories] as const;

/** Everything of the given kinds in a namespace, by plural, with what could not be read. */
async function read(
  cluster: Cluster,
  namespace: string,
  signal: AbortSignal,
): Promise<{ found: Found; gaps: readonly string[] }> {
  const resources = await cluster.resources(signal);
  const plurals = revisionKinds;
  const results = await Promise.allSettled(
    plurals.map((plural) =>
      listWhole(cluster.api, resourceOf(resources, plural), { namespace, signal }, maxObjectsPerKind),
    ),
  );
  const { found, gaps } = settle(plurals, results);
  const cut = plurals
    .filter((_plural, index) => found[index]?.complete === false)
    .map((plural) => `${plural}: only the first ${maxObjectsPerKind} were read`);
  return {
    found: Object.fromEntries(plurals.map((plural, index) => [plural, found[index]?.items ?? []])),
    gaps: [...gaps, ...cut],
  };
}

function nameOf(raw: unknown): string {
  if (typeof raw !== 'object' || raw === null || !('metadata' in raw)) return '';
  const { metadata } = raw;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : '';
}

export function revisionsIn(found: Found, name: string | undefined): Revision[] {
  return workloads.flatMap((plural) => {
    const kind = kindOfWorkload[plural];
    const children = found[pluralOfHistory[historyKinds[kind] ?? 'ReplicaSet']] ?? [];
    return (found[plural] ?? [])
      .filter((raw) => name === undefined || nameOf(raw) === name)
      .flatMap((raw) => revisionsOf(kind, raw, children));
  });
}

/** Answers `kubernetes_list_revisions`: workload by workload, the newest revision of each first. */
export async function listRevisions(clusters: Clusters, input: Input, { signal }: ToolContext) {
  const cluster = clusters.named(input.cluster);
  const { found, gaps } = await read(cluster, input.namespace, signal);
  const revisions = revisionsIn(found, input.name);
  if (revisions.length > 0) return pageOfList(revisions, input, { gaps });
  const names = workloads.flatMap((plural) => (found[plural] ?? []).map(nameOf));
  const hint =
    names.length > 0
      ? `workloads of this namespace: ${names.slice(0, 20).join(', ')}`
      : await emptyListHint(cluster, [resourceOf(await cluster.resources(signal), 'deployments')], {
          namespace: input.namespace,
          signal,
        });
  return pageOfList(revisions, input, { gaps, hint });
}
