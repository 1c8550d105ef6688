import type { Labels } from '#domain/alert.ts';

/**
 * Labels that an exporter's own place in the cluster puts on everything that it tells of others. A Prometheus that honours
 * the exporter's labels keeps these only where the exporter says nothing; one that does not renames the exporter's to
 * `exported_…`.
 */
const placeLabels = ['namespace', 'pod', 'container', 'service', 'endpoint', 'instance'] as const;

/** Exporters that speak of other objects name at least one of them so when their labels are not honoured. */
const tellingExports = ['exported_namespace', 'exported_pod'] as const;

const namespacedObjects = [
  ...['deployment', 'statefulset', 'daemonset', 'replicaset', 'job_name', 'cronjob'],
  ...['persistentvolumeclaim', 'horizontalpodautoscaler'],
] as const;

function without(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

/** What the exporter says, under the names that it gave it. */
function unexported(labels: Labels): Labels {
  const told = Object.entries(labels).filter(([name]) => name.startsWith('exported_'));
  const renamed = told.map(([name, value]) => [name.slice('exported_'.length), value] as const);
  return { ...without(labels, placeLabels), ...Object.fromEntries(renamed) };
}

function isOf(name: string | undefined, owner: string | undefined): boolean {
  return name !== undefined && owner !== undefined && name.startsWith(`${owner}-`);
}

/**
 * An alert's labels as far as they speak of what the alert is about. A rule over kube-state-metrics and its like carries the
 * exporter's service, pod and namespace beside the object that it tells of; where no other object is named, it is about the
 * exporter itself.
 */
export function labelsOfSubject(labels: Labels): Labels {
  if (tellingExports.some((name) => name in labels)) return unexported(labels);
  const { job, service, container, pod } = labels;
  const fromExporter = job !== undefined && (job === service || job === container);
  if (!fromExporter) return labels;
  const ownPod = isOf(pod, job) || isOf(pod, service);
  const inNamespace = namespacedObjects.some((name) => name in labels) || (pod !== undefined && !ownPod);
  if (inNamespace) return without(labels, ownPod ? ['service', 'container', 'pod'] : ['service']);
  return ownPod && 'node' in labels ? without(labels, placeLabels) : labels;
}
