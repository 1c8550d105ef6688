import { z } from 'zod';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import type { TopologyEdge } from '#domain/tools/topology.ts';
import { type NamedService, type Setting, servicesNamedIn } from './addresses.ts';

/** Plural kinds that are read for edges. */
export const workloadKinds = ['deployments', 'statefulsets', 'daemonsets', 'cronjobs'] as const;

const nameSchema = z.object({ name: z.string().optional() });
const containerSchema = z.object({
  args: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  env: z
    .array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z
          .object({ configMapKeyRef: z.object({ name: z.string().optional(), key: z.string() }).optional() })
          .optional(),
      }),
    )
    .default([]),
  envFrom: z.array(z.object({ configMapRef: nameSchema.optional() })).default([]),
});
const podTemplateSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }).default({ labels: {} }),
  spec: z.object({
    containers: z.array(containerSchema).default([]),
    initContainers: z.array(containerSchema).default([]),
    volumes: z.array(z.object({ configMap: nameSchema.optional() })).default([]),
  }),
});
const workloadSchema = z.object({ spec: z.object({ template: podTemplateSchema }) });
const cronJobSchema = z.object({ spec: z.object({ jobTemplate: workloadSchema }) });
const serviceSchema = z.object({
  spec: z.object({ selector: z.record(z.string(), z.string()).nullish() }),
});
const configMapSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

type PodTemplate = z.output<typeof podTemplateSchema>;
type Container = z.output<typeof containerSchema>;
type ConfigMaps = ReadonlyMap<string, Readonly<Record<string, string>>>;
type Service = NamedService & { readonly selector: Readonly<Record<string, string>> };

function templateOf(object: KubernetesObject): PodTemplate | undefined {
  const cronJob = cronJobSchema.safeParse(object).data?.spec.jobTemplate;
  return (cronJob ?? workloadSchema.safeParse(object).data)?.spec.template;
}

const keyOf = (namespace: string, name: string | undefined): string => `${namespace}/${name ?? ''}`;

function servicesIn(objects: readonly KubernetesObject[]): Service[] {
  return objects.flatMap((object) => {
    const spec = object.kind === 'Service' ? serviceSchema.safeParse(object).data?.spec : undefined;
    const { namespace = '', name } = object.metadata;
    return spec === undefined ? [] : [{ namespace, name, selector: spec.selector ?? {} }];
  });
}

function configMapsIn(objects: readonly KubernetesObject[]): ConfigMaps {
  return new Map(
    objects
      .filter((object) => object.kind === 'ConfigMap')
      .map(({ metadata, ...rest }) => [
        keyOf(metadata.namespace ?? '', metadata.name),
        configMapSchema.safeParse(rest).data?.data ?? {},
      ]),
  );
}

/** The name under which others know a workload: the Service before its pods, else its label, else its own name. */
function serviceOf(workload: KubernetesObject, template: PodTemplate, services: readonly Service[]): string {
  const { labels } = template.metadata;
  const before = services
    .filter(({ namespace, selector }) => {
      const pairs = Object.entries(selector);
      const selects = pairs.length > 0 && pairs.every(([label, value]) => labels[label] === value);
      return selects && namespace === (workload.metadata.namespace ?? '');
    })
    .map(({ name }) => name)
    .sort();
  const label = labels['app.kubernetes.io/name'] ?? labels.app;
  const named = before.find((name) => name === label) ?? before[0];
  return named ?? label ?? workload.metadata.name;
}

type Source = 'env' | 'configmap';
type SourcedSetting = Setting & { readonly source: Source };

function settingsOfConfigMap(
  name: string | undefined,
  namespace: string,
  configMaps: ConfigMaps,
): SourcedSetting[] {
  return Object.entries(configMaps.get(keyOf(namespace, name)) ?? {}).map(([key, value]) => ({
    ...{ key, value, namespace, source: 'configmap' },
  }));
}

function settingsOfContainer(
  container: Container,
  namespace: string,
  configMaps: ConfigMaps,
): SourcedSetting[] {
  const variables = container.env.flatMap(({ name, value, valueFrom }): SourcedSetting[] => {
    if (value !== undefined) return [{ key: name, value, namespace, source: 'env' }];
    const from = valueFrom?.configMapKeyRef;
    const held = from === undefined ? undefined : configMaps.get(keyOf(namespace, from.name))?.[from.key];
    return held === undefined ? [] : [{ key: name, value: held, namespace, source: 'configmap' }];
  });
  const words = [...container.command, ...container.args].map((value): SourcedSetting => {
    const [, key = '', after = value] = /^--?([a-z0-9_.-]+)=(.*)$/is.exec(value) ?? [];
    return { key, value: after, namespace, source: 'env' };
  });
  return [
    ...variables,
    ...words,
    ...container.envFrom.flatMap(({ configMapRef }) =>
      settingsOfConfigMap(configMapRef?.name, namespace, configMaps),
    ),
  ];
}

function settingsOf(template: PodTemplate, namespace: string, configMaps: ConfigMaps): SourcedSetting[] {
  const { containers, initContainers, volumes } = template.spec;
  return [
    ...[...containers, ...initContainers].flatMap((one) => settingsOfContainer(one, namespace, configMaps)),
    ...volumes.flatMap(({ configMap }) => settingsOfConfigMap(configMap?.name, namespace, configMaps)),
  ];
}

/**
 * Edges from a workload to every Service that its environment, its arguments or its ConfigMaps name as an address.
 * @param objects workloads, Services and ConfigMaps together
 */
export function edgesFromSettings(objects: readonly KubernetesObject[]): TopologyEdge[] {
  const services = servicesIn(objects);
  const configMaps = configMapsIn(objects);
  return objects.flatMap((object) => {
    const template = templateOf(object);
    if (template === undefined) return [];
    const namespace = object.metadata.namespace ?? '';
    const from = serviceOf(object, template, services);
    return settingsOf(template, namespace, configMaps).flatMap((setting) =>
      servicesNamedIn(setting, services).map(({ name }) => ({ from, to: name, source: setting.source })),
    );
  });
}
