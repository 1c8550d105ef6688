import type { Labels } from './client.ts';

/**
 * How exporters, operators, meshes and OpenTelemetry spell what we call namespace, pod, service …, the most telling
 * spelling first. `exported_…` is what a target itself said where Prometheus had a label of that name already, as for
 * kube-state-metrics scraped without `honor_labels`.
 */
export const spellings = {
  namespace: [
    'exported_namespace',
    'namespace',
    'kubernetes_namespace',
    'kubernetes_namespace_name',
    'k8s_namespace_name',
    'service_namespace',
  ],
  pod: ['exported_pod', 'pod', 'pod_name', 'kubernetes_pod_name', 'k8s_pod_name'],
  container: ['exported_container', 'container', 'container_name', 'k8s_container_name'],
  node: ['exported_node', 'node', 'kubernetes_node', 'node_name', 'nodename', 'k8s_node_name'],
  service: [
    'exported_service',
    'service',
    'app_kubernetes_io_name',
    'app',
    'service_name',
    'kubernetes_name',
    'kubernetes_service_name',
    'k8s_app',
    'workload',
    'deployment',
    'statefulset',
    'daemonset',
    'k8s_deployment_name',
  ],
  /** What kube-state-metrics makes of a pod's labels. */
  podLabel: ['label_app_kubernetes_io_name', 'label_app', 'label_k8s_app', 'label_service'],
  workload: ['workload', 'deployment', 'statefulset', 'daemonset', 'k8s_deployment_name'],
  version: ['version', 'app_version', 'app_kubernetes_io_version', 'service_version', 'release', 'revision'],
  source: ['source', 'source_workload', 'source_app', 'source_service', 'client', 'caller'],
  destination: [
    'destination',
    'destination_service_name',
    'destination_workload',
    'destination_service',
    'destination_app',
    // Linkerd's, in what a proxy measured of calls that go out.
    'dst_service',
    'dst_deployment',
    'dst_statefulset',
    'dst_daemonset',
    'peer_service',
    'upstream_service',
    'remote_service',
    'target_service',
    'callee',
    // These name the other side only in a metric of calls that go out.
    'server',
    'upstream',
    'peer',
    'server_address',
    'net_peer_name',
    'http_host',
    'host',
  ],
} as const;
export type Concept = keyof typeof spellings;

/** The label that says a concept in this label set, or undefined. */
export function spellingIn(labels: Labels, concept: Concept): string | undefined {
  return spellings[concept].find((name) => (labels[name] ?? '') !== '');
}

export function labelValue(labels: Labels, concept: Concept): string | undefined {
  const name = spellingIn(labels, concept);
  return name === undefined ? undefined : labels[name];
}

const generated = '[bcdfghjklmnpqrstvwxz2456789]';
/**
 * The name of a pod's workload is the part before what controllers append: a template hash and five characters
 * (Deployment), five characters (DaemonSet, Job) or a number (StatefulSet). Means the same in JavaScript and in RE2.
 */
export const podOfWorkload = `(.+?)(?:(?:-[0-9]{6,10}|-${generated}{6,10})?-${generated}{5}|-[0-9]{1,5})`;
const podOfWorkloadPattern = new RegExp(`^${podOfWorkload}$`);

/** The workload that a pod's name tells of; the pod's own name where it tells of none. */
export function workloadOfPod(pod: string): string {
  return podOfWorkloadPattern.exec(pod)?.[1] ?? pod;
}

/** `http://payment.shop.svc.cluster.local:8080` → `payment`: the service that an address names. */
export function serviceOfAddress(address: string): string {
  const host = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/:].*$/, '');
  const inCluster = /^([a-z0-9-]+)\.[a-z0-9-]+(\.svc(\..*)?)?$/.exec(host);
  return inCluster?.[1] ?? host;
}

/** `shop/cart` → `cart`: OpenTelemetry and PodMonitors write the namespace before the job. */
export function serviceOfJob(job: string): string {
  return job.slice(job.lastIndexOf('/') + 1);
}

/** Every name under which a label set may speak of a service. */
export function serviceNamesIn(labels: Labels): ReadonlySet<string> {
  const names = new Set<string>();
  for (const spelling of spellings.service) {
    const value = labels[spelling];
    if (value !== undefined && value !== '') names.add(value);
  }
  const pod = labelValue(labels, 'pod');
  if (pod !== undefined) names.add(workloadOfPod(pod));
  if (labels.job !== undefined) names.add(serviceOfJob(labels.job));
  return names;
}
