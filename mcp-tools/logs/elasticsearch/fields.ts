import { z } from 'zod';

/**
 * How shippers (Elastic Agent and Filebeat with ECS, Fluent Bit and Fluentd, the OpenTelemetry Collector, loggers of
 * applications) name what we read, the most telling name first.
 */
const names = {
  time: ['@timestamp', 'timestamp', 'time', 'ts', 'observed_timestamp'],
  message: ['message', 'log', 'body.text', 'body', 'msg', 'event.original'],
  level: ['log.level', 'level', 'severity_text', 'severity', 'loglevel', 'log_level', 'lvl'],
  cluster: ['orchestrator.cluster.name', 'resource.attributes.k8s.cluster.name', 'cluster', 'cluster_name'],
  namespace: [
    ...['kubernetes.namespace', 'kubernetes.namespace_name', 'k8s.namespace.name', 'orchestrator.namespace'],
    ...['resource.attributes.k8s.namespace.name', 'namespace', 'kubernetes_namespace'],
  ],
  service: [
    ...['service.name', 'resource.attributes.service.name', 'kubernetes.labels.app_kubernetes_io/name'],
    ...[
      'kubernetes.labels.app',
      'kubernetes.labels.k8s-app',
      'service',
      'service_name',
      'app',
      'application',
    ],
  ],
  workload: [
    ...['kubernetes.deployment.name', 'kubernetes.statefulset.name', 'kubernetes.daemonset.name'],
    ...['resource.attributes.k8s.deployment.name', 'resource.attributes.k8s.statefulset.name'],
    ...['resource.attributes.k8s.daemonset.name', 'k8s.deployment.name', 'workload', 'deployment'],
  ],
  pod: [
    ...['kubernetes.pod.name', 'kubernetes.pod_name', 'k8s.pod.name', 'resource.attributes.k8s.pod.name'],
    ...['pod', 'pod_name'],
  ],
  container: [
    ...['kubernetes.container.name', 'kubernetes.container_name', 'k8s.container.name'],
    ...['resource.attributes.k8s.container.name', 'container.name', 'container', 'container_name'],
  ],
  node: [
    ...['kubernetes.node.name', 'kubernetes.host', 'k8s.node.name', 'resource.attributes.k8s.node.name'],
    ...['host.name', 'host.hostname', 'node', 'hostname', 'host'],
  ],
  version: ['service.version', 'resource.attributes.service.version', 'version'],
} as const;
export type Concept = keyof typeof names;

export const allNames: readonly string[] = [...new Set(Object.values(names).flat())];

export const fieldCapsSchema = z.object({
  indices: z.union([z.array(z.string()), z.string()]).optional(),
  fields: z.record(z.string(), z.record(z.string(), z.looseObject({}))).default({}),
});

/** Field → the types that it has in the indices. */
export type Fields = ReadonlyMap<string, ReadonlySet<string>>;

export function fieldsOf({ fields }: z.output<typeof fieldCapsSchema>): Fields {
  return new Map(Object.entries(fields).map(([name, types]) => [name, new Set(Object.keys(types))]));
}

const exactTypes = ['keyword', 'constant_keyword', 'wildcard', 'flattened'];

function has(fields: Fields, name: string, types: readonly string[]): boolean {
  return types.some((type) => fields.get(name)?.has(type) === true);
}

/** How one field can be compared: word for word, or only by the words in it. */
export type Comparable = { readonly field: string; readonly exact: boolean };

export function comparable(fields: Fields, concept: Concept): Comparable[] {
  return names[concept].flatMap((name): Comparable[] => {
    if (has(fields, name, exactTypes)) return [{ field: name, exact: true }];
    if (has(fields, `${name}.keyword`, exactTypes)) return [{ field: `${name}.keyword`, exact: true }];
    const isText = has(fields, name, ['text', 'match_only_text']);
    return isText ? [{ field: name, exact: false }] : [];
  });
}

/** The field that says when: the first that is a date. */
export function timeField(fields: Fields): string | undefined {
  return names.time.find((name) => has(fields, name, ['date', 'date_nanos']));
}

/** Fields in which the words of a message can be looked for. */
export function messageFields(fields: Fields): string[] {
  return names.message.filter((name) =>
    has(fields, name, ['text', 'match_only_text', 'wildcard', 'keyword']),
  );
}

export type Source = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Source =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field of a document, whether its dots are nesting or part of the name. */
function valueAt(source: unknown, path: string): unknown {
  if (!isRecord(source)) return undefined;
  if (source[path] !== undefined) return source[path];
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const inner = valueAt(source[path.slice(0, dot)], path.slice(dot + 1));
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The first of a concept's fields that a document holds as text or number. */
export function textOf(source: Source, concept: Concept): string | undefined {
  for (const name of names[concept]) {
    const value = valueAt(source, name);
    const one = Array.isArray(value) ? value[0] : value;
    if (typeof one === 'string' && one !== '') return one;
    if (typeof one === 'number') return String(one);
  }
  return undefined;
}
