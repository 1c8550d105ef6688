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

/** Exporters that speak of other objects, by the names that charts and operators give their jobs and Services. */
const tellers = /(^|[-_/])(kube-state-metrics|kubelet|cadvisor)$/;
/** Exporters that speak of the host that they run on. */
const hostTellers = /(^|[-_/])(node-exporter|windows-exporter)$/;

function isOneOf(pattern: RegExp, { job, service, container }: Labels): boolean {
  return [job, service, container].some((name) => name !== undefined && pattern.test(name));
}

/** The host that an alert is about: by name, else by the address that was scraped. */
function hostOf(labels: Labels): Labels {
  const node = labels.node ?? labels.nodename ?? labels.instance?.replace(/:\d+$/, '');
  return { ...without(labels, placeLabels), ...(node === undefined ? {} : { node }) };
}

/**
 * An alert's labels as far as they speak of what the alert is about. A rule over kube-state-metrics and its like carries the
 * exporter's service, pod and namespace beside the object that it tells of; where no other object is named, it is about the
 * exporter itself.
 */
export function labelsOfSubject(labels: Labels): Labels {
  if (tellingExports.some((name) => name in labels)) return unexported(labels);
  const { job, service, container, pod } = labels;
  if (isOneOf(hostTellers, labels)) return hostOf(labels);
  const known = isOneOf(tellers, labels);
  const fromExporter = known || (job !== undefined && (job === service || job === container));
  if (!fromExporter) return labels;
  const ownPod =
    isOf(pod, job) || isOf(pod, service) || (known && /(^|-)kube-state-metrics-/.test(pod ?? ''));
  const inNamespace = namespacedObjects.some((name) => name in labels) || (pod !== undefined && !ownPod);
  if (inNamespace) return without(labels, ownPod ? ['service', 'container', 'pod'] : ['service']);
  return (ownPod || (known && pod === undefined)) && 'node' in labels ? without(labels, placeLabels) : labels;
}
