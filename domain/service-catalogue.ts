import { z } from 'zod';
import { type ServiceEntry, serviceEntrySchema } from './agent-turn.ts';
import type { Labels } from './alert.ts';
import type { ObjectRef } from './object-ref.ts';

export const serviceCatalogueSchema = z.object({
  /** Environments of whole namespaces, where services are not listed one by one; `cluster/namespace` or `cluster/*`. */
  namespaces: z
    .record(z.string(), z.object({ environment: z.string(), team: z.string().optional() }))
    .default({}),
  services: z.array(serviceEntrySchema).default([]),
});
export type ServiceCatalogue = z.infer<typeof serviceCatalogueSchema>;

/** Whatever is not mapped counts as this. */
export const unmappedEnvironment = 'production';

/** Labels that name a service, the plainest first; the words that exporters, meshes and operators use. */
const serviceLabels = [
  'service',
  'app_kubernetes_io_name',
  'app',
  'destination_workload',
  'deployment',
  'statefulset',
  'daemonset',
  'workload',
  'service_name',
  'job_name',
] as const;

export type AlertTarget = {
  readonly cluster: string;
  readonly environment: string;
  readonly namespace?: string;
  readonly service?: string;
  readonly entry?: ServiceEntry;
};

/** The name of a pod's workload, from the name that its controller gave it. */
function workloadOfPodName(pod: string): string {
  return pod.replace(/-[a-z0-9]{8,10}-[a-z0-9]{5}$/, '').replace(/-(\d+|[a-z0-9]{5})$/, '');
}

function namedService(labels: Labels): string | undefined {
  for (const label of serviceLabels) {
    const value = labels[label];
    if (value !== undefined && value !== '') return value;
  }
  return labels.pod === undefined ? undefined : workloadOfPodName(labels.pod);
}

/** Labels that name a cluster: what most people call it, and the names that agents put on what they send. */
const clusterLabels = [
  'cluster',
  'k8s_cluster',
  'k8s_cluster_name',
  'kubernetes_cluster',
  'cluster_name',
] as const;

export const unknownCluster = 'unknown';

/**
 * The cluster that labels name. Of several that could be meant none is guessed: the same names mostly exist in all of them.
 * The `cluster` label counts whatever it says; the others only where they name a cluster of ours.
 */
function clusterOf(labels: Labels, clusters: readonly string[], listed: readonly ServiceEntry[]): string {
  if (labels.cluster !== undefined && labels.cluster !== '') return labels.cluster;
  const told = clusterLabels
    .map((label) => labels[label])
    .find((name) => name !== undefined && clusters.includes(name));
  if (told !== undefined) return told;
  const places = clusters.length === 1 ? clusters : [...new Set(listed.map(({ cluster }) => cluster))];
  return (places.length === 1 ? places[0] : undefined) ?? unknownCluster;
}

/**
 * Where an alert points: labels → service → cluster, namespace, environment. A service or namespace that the catalogue
 * does not know counts as production; a cluster is taken from the `cluster` label, else there must be only one, or only one
 * that has the service.
 */
export function targetOfLabels(
  catalogue: ServiceCatalogue,
  labels: Labels,
  clusters: readonly string[],
): AlertTarget {
  const namespace = labels.namespace ?? labels.exported_namespace ?? labels.kubernetes_namespace;
  const service = namedService(labels);
  const listed = catalogue.services.filter(
    (candidate) =>
      service !== undefined &&
      (candidate.service === service || candidate.workload?.name === service) &&
      (namespace === undefined || candidate.namespace === undefined || candidate.namespace === namespace),
  );
  const cluster = clusterOf(labels, clusters, listed);
  const entry = listed.find((candidate) => candidate.cluster === cluster);
  const area =
    catalogue.namespaces[`${cluster}/${namespace ?? entry?.namespace ?? ''}`] ??
    catalogue.namespaces[`${cluster}/*`];
  const known = namespace ?? entry?.namespace;
  return {
    cluster,
    environment: entry?.environment ?? area?.environment ?? unmappedEnvironment,
    ...(known === undefined ? {} : { namespace: known }),
    ...(service === undefined ? {} : { service: entry?.service ?? service }),
    ...(entry === undefined ? {} : { entry }),
  };
}

export type Place = { readonly environment: string; readonly mode: NonNullable<ServiceEntry['mode']> };

/**
 * Where an object stands, by the catalogue: the environment and mode of its service, else of its namespace or cluster. It
 * is the object that a step is judged by, never the incident: an alert of practice may lead to production.
 */
export function placeOfObject(catalogue: ServiceCatalogue, object: ObjectRef): Place {
  const { cluster, kind, namespace, name } = object;
  const labels = { cluster, [kind.toLowerCase()]: name, ...(namespace === undefined ? {} : { namespace }) };
  const { environment, entry } = targetOfLabels(catalogue, labels, [cluster]);
  return { environment, mode: entry?.mode ?? 'propose' };
}
