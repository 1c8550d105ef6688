import { z } from 'zod';
import type { Cluster } from '../kubernetes/clusters.ts';
import { resourceNamed } from '../kubernetes/discovery.ts';
import { settle } from '../kubernetes/kind-failure.ts';
import { listWhole } from '../kubernetes/list-kind.ts';

/** Kinds that tell of changes, and whether their contents are needed or only who wrote them when. */
const kinds = {
  deployments: 'whole',
  statefulsets: 'whole',
  daemonsets: 'whole',
  replicasets: 'whole',
  controllerrevisions: 'whole',
  configmaps: 'writers',
  services: 'writers',
  ingresses: 'writers',
  networkpolicies: 'writers',
  horizontalpodautoscalers: 'writers',
  resourcequotas: 'writers',
  events: 'whole',
} as const;
export type ChangingKind = keyof typeof kinds;

/** Plural kinds that tell of changes. */
export const changingKinds: readonly string[] = Object.keys(kinds);

export type ClusterObjects = Readonly<Record<ChangingKind, readonly unknown[]>>;

const metadataSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default(''),
    creationTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});
export type Described = z.infer<typeof metadataSchema>;

export function describe(raw: unknown): Described | undefined {
  return metadataSchema.safeParse(raw).data;
}

/** Objects of every kind that tells of changes. */
export function clusterObjects(of: (kind: ChangingKind) => readonly unknown[]): ClusterObjects {
  return {
    deployments: of('deployments'),
    statefulsets: of('statefulsets'),
    daemonsets: of('daemonsets'),
    replicasets: of('replicasets'),
    controllerrevisions: of('controllerrevisions'),
    configmaps: of('configmaps'),
    services: of('services'),
    ingresses: of('ingresses'),
    networkpolicies: of('networkpolicies'),
    horizontalpodautoscalers: of('horizontalpodautoscalers'),
    resourcequotas: of('resourcequotas'),
    events: of('events'),
  };
}

const maxPerKind = 5_000;

/** Everything that can tell of a change, with what could not be read. Throws where the API server is away altogether. */
export async function readClusterObjects(
  cluster: Cluster,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly objects: ClusterObjects; readonly gaps: readonly string[] }> {
  const resources = await cluster.resources(signal);
  const plurals = Object.keys(kinds);
  const results = await Promise.allSettled(
    Object.entries(kinds).map(async ([plural, need]) => {
      const resource = resourceNamed(resources, plural);
      if (resource === undefined) return { items: [], complete: true };
      return listWhole(
        cluster.api,
        resource,
        { namespace, metadataOnly: need === 'writers', signal },
        maxPerKind,
      );
    }),
  );
  const { found, gaps } = settle(plurals, results);
  const of = (kind: ChangingKind): readonly unknown[] => found[plurals.indexOf(kind)]?.items ?? [];
  const incomplete = plurals.filter((_, index) => found[index]?.complete === false);
  return {
    objects: clusterObjects(of),
    gaps: [
      ...gaps,
      ...incomplete.map((plural) => `${plural}: more than ${maxPerKind}, some were not looked at`),
    ],
  };
}
