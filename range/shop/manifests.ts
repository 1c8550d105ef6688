import type {
  V1ConfigMap,
  V1Container,
  V1DaemonSet,
  V1Deployment,
  V1Namespace,
  V1Probe,
  V1Secret,
  V1Service,
} from '@kubernetes/client-node';
import { blueprint, type ServiceName, serviceNames, servicePort, visitorsBlueprint } from './blueprint.ts';
import type { ShopNames } from './names.ts';
import { registryHost } from './registry-manifest.ts';

export type ShopObject = (V1Namespace | V1ConfigMap | V1Secret | V1Service | V1Deployment | V1DaemonSet) & {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
};

const partOf = 'leaf-and-pot';
const labelKeys = {
  name: 'app.kubernetes.io/name',
  partOf: 'app.kubernetes.io/part-of',
  version: 'app.kubernetes.io/version',
} as const;
/** Finds what belongs to any copy of the shop. */
export const shopSelector = `${labelKeys.partOf}=${partOf}`;
export const versionLabel = labelKeys.version;

export const dataFolder = '/etc/shop';

/** Where a version of a service's image is to be had. */
export function imageRef(service: ServiceName | 'visitors', version: string): string {
  return `${registryHost}/${service}:${version}`;
}

export function configName(names: ShopNames, service: ServiceName): string {
  return `${names.services[service]}-config`;
}

/** The release that a pipeline notes on a Deployment. */
export function changeCause(name: string, version: string): string {
  return `release ${name} ${version}`;
}

/** Every object of the shop, in the order in which they must be created. */
export function shopManifests(names: ShopNames): ShopObject[] {
  const { namespace, visitorsNamespace } = names;
  return [
    ...[namespace, visitorsNamespace].map((name) => namespaceManifest(name)),
    ...serviceNames.flatMap((service) => [
      ...configManifests(names, service),
      serviceManifest(names, service),
      deploymentManifest(names, service),
    ]),
    visitorsManifest(names),
  ];
}

function namespaceManifest(name: string): ShopObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [labelKeys.partOf]: partOf } } };
}

function metadataOf(
  names: ShopNames,
  service: ServiceName,
  name: string,
): { name: string; namespace: string; labels: Record<string, string> } {
  const labels = { [labelKeys.name]: names.services[service], [labelKeys.partOf]: partOf };
  return { name, namespace: names.namespace, labels };
}

function configManifests(names: ShopNames, service: ServiceName): ShopObject[] {
  const { settings, files, credentials } = blueprint[service];
  const v1 = { apiVersion: 'v1' } as const;
  const config: ShopObject = {
    ...v1,
    kind: 'ConfigMap',
    metadata: metadataOf(names, service, configName(names, service)),
    data: { ...settings },
  };
  const objects = [config];
  if (files !== undefined) {
    const data = Object.entries(files).map(([name, content]) => [name, JSON.stringify(content, null, 1)]);
    const metadata = metadataOf(names, service, `${names.services[service]}-data`);
    objects.push({ ...v1, kind: 'ConfigMap', metadata, data: Object.fromEntries(data) });
  }
  if (credentials !== undefined) {
    const metadata = metadataOf(names, service, `${names.services[service]}-credentials`);
    objects.push({ ...v1, kind: 'Secret', metadata, stringData: { ...credentials } });
  }
  return objects;
}

function serviceManifest(names: ShopNames, service: ServiceName): ShopObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(names, service, names.services[service]),
    spec: {
      selector: { [labelKeys.name]: names.services[service] },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

function deploymentManifest(names: ShopNames, service: ServiceName): ShopObject {
  const { version, replicas, strategy, files } = blueprint[service];
  const name = names.services[service];
  const selector = { [labelKeys.name]: name };
  const data = { name: 'data', configMap: { name: `${name}-data` } };
  const metadata = metadataOf(names, service, name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [labelKeys.version]: version },
      annotations: { 'kubernetes.io/change-cause': changeCause(name, version) },
    },
    spec: {
      replicas,
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: 30,
      strategy:
        strategy === 'Recreate'
          ? { type: strategy }
          : { type: strategy, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selector },
      template: {
        metadata: {
          labels: { ...selector, [labelKeys.partOf]: partOf, [labelKeys.version]: version },
          annotations: scrapeAnnotations,
        },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 10,
          containers: [containerOf(names, service)],
          ...(files === undefined ? {} : { volumes: [data] }),
        },
      },
    },
  };
}

const scrapeAnnotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(servicePort) };

const probes: { [key in 'startupProbe' | 'readinessProbe' | 'livenessProbe']: V1Probe } = {
  startupProbe: {
    httpGet: { path: '/healthz', port: 'http' },
    periodSeconds: 1,
    failureThreshold: 90,
    timeoutSeconds: 2,
  },
  readinessProbe: {
    httpGet: { path: '/readyz', port: 'http' },
    periodSeconds: 3,
    failureThreshold: 2,
    timeoutSeconds: 3,
  },
  livenessProbe: {
    httpGet: { path: '/healthz', port: 'http' },
    periodSeconds: 10,
    failureThreshold: 3,
    timeoutSeconds: 5,
  },
};

function containerOf(names: ShopNames, service: ServiceName): V1Container {
  const { version, requests, limits, calls, credentials, files } = blueprint[service];
  const name = names.services[service];
  const urls = Object.entries(calls).map(([key, callee]) => ({
    name: key,
    value: `http://${names.services[callee]}`,
  }));
  const secrets = Object.keys(credentials ?? {}).map((key) => ({
    name: key,
    valueFrom: { secretKeyRef: { name: `${name}-credentials`, key } },
  }));
  return {
    name,
    image: imageRef(service, version),
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: 'http', containerPort: servicePort, protocol: 'TCP' }],
    envFrom: [{ configMapRef: { name: configName(names, service) } }],
    env: [...environment(name), ...urls, ...secrets],
    resources: { requests: { ...requests }, limits: { ...limits } },
    ...probes,
    ...(files === undefined
      ? {}
      : { volumeMounts: [{ name: 'data', mountPath: dataFolder, readOnly: true }] }),
  };
}

function environment(name: string): { name: string; value: string }[] {
  return [
    { name: 'SERVICE_NAME', value: name },
    { name: 'PORT', value: String(servicePort) },
    { name: 'DATA_FOLDER', value: dataFolder },
    { name: 'DRAIN_MS', value: '2000' },
  ];
}

function visitorsManifest(names: ShopNames): ShopObject {
  const { version, settings, requests, limits } = visitorsBlueprint;
  const name = 'visitors';
  const labels = { [labelKeys.name]: name };
  const storefront = `http://${names.services.storefront}.${names.namespace}`;
  const env = Object.entries({ ...settings, STOREFRONT_URL: storefront }).map(([key, value]) => ({
    name: key,
    value,
  }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: names.visitorsNamespace, labels },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, [labelKeys.version]: version }, annotations: scrapeAnnotations },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name,
              image: imageRef('visitors', version),
              imagePullPolicy: 'IfNotPresent',
              ports: [{ name: 'http', containerPort: servicePort, protocol: 'TCP' }],
              env: [...environment(name), ...env],
              resources: { requests: { ...requests }, limits: { ...limits } },
              ...probes,
            },
          ],
        },
      },
    },
  };
}
