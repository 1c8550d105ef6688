import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { podOfWorkload, workloadOfPod } from '../../prometheus/label-spellings.ts';

/**
 * How agents that ship logs to Loki (Promtail, Alloy, Fluent Bit, the OpenTelemetry Collector) spell who speaks, the most
 * telling spelling first.
 */
const spellings = {
  cluster: ['cluster', 'k8s_cluster_name', 'cluster_name'],
  namespace: ['namespace', 'k8s_namespace_name', 'kubernetes_namespace_name', 'kubernetes_namespace'],
  service: [
    'service_name',
    'service',
    'app',
    'app_kubernetes_io_name',
    'k8s_app',
    'application',
    'component',
  ],
  workload: [
    ...['workload', 'deployment', 'k8s_deployment_name', 'statefulset', 'k8s_statefulset_name'],
    ...['daemonset', 'k8s_daemonset_name', 'cronjob', 'k8s_cronjob_name', 'app', 'service_name'],
  ],
  pod: ['pod', 'k8s_pod_name', 'pod_name', 'kubernetes_pod_name'],
  container: ['container', 'k8s_container_name', 'container_name', 'kubernetes_container_name'],
  node: ['node', 'node_name', 'k8s_node_name', 'nodename', 'kubernetes_host', 'host', 'hostname'],
  version: ['version', 'app_version', 'app_kubernetes_io_version', 'service_version'],
} as const;
type Concept = keyof typeof spellings;

export type Labels = Readonly<Record<string, string>>;

/** Labels of a concept that this Loki has. */
export function labelsFor(concept: Concept, known: ReadonlySet<string>): string[] {
  return spellings[concept].filter((label) => known.has(label));
}

function labelledAs(labels: Labels, concept: Concept): string | undefined {
  const label = spellings[concept].find((one) => (labels[one] ?? '') !== '');
  return label === undefined ? undefined : labels[label];
}

/** Who speaks in a stream, and what was asked for where the labels do not say. */
export function emitterOfStream(labels: Labels, asked: Emitter): Emitter {
  const pod = labelledAs(labels, 'pod');
  const said = {
    namespace: labelledAs(labels, 'namespace'),
    service: asked.service ?? labelledAs(labels, 'service'),
    workload: asked.workload ?? (pod === undefined ? labelledAs(labels, 'workload') : workloadOfPod(pod)),
    pod,
    container: labelledAs(labels, 'container'),
    node: labelledAs(labels, 'node'),
    version: labelledAs(labels, 'version'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

/** The level that the agent or Loki itself found in a line. */
export function levelOfStream(labels: Labels): string | undefined {
  const level = labels.level ?? labels.detected_level ?? labels.severity ?? labels.severity_text;
  return level === undefined || level === 'unknown' ? undefined : level;
}

export const quote = (text: string): string => JSON.stringify(text);
/** A text as a pattern of RE2 that fits it alone. */
export const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** The fields that one label each says, as matchers; one that no label of this Loki can say is refused. */
export function plainMatchers(emitter: Emitter, known: ReadonlySet<string>): string[] {
  const fields = ['namespace', 'pod', 'container', 'node', 'version'] as const;
  return fields.flatMap((field) => {
    const value = emitter[field];
    if (value === undefined) return [];
    const [label] = labelsFor(field, known);
    if (label === undefined) {
      const have = [...known].slice(0, 20).join(', ');
      throw new UnderstudyError('bad-input', `emitter: Loki has no label for the ${field}; it has ${have}`);
    }
    return [`${label}=${quote(value)}`];
  });
}

/** The names of pods that a controller of that name makes, as a pattern that means the same in JavaScript and in RE2. */
export function podsOf(name: string): string {
  return podOfWorkload.replace('(.+?)', () => literal(name));
}
