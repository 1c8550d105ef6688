import { z } from 'zod';
import { type KubernetesObject, kubernetesObjectSchema } from '#domain/tools/kubernetes-object.ts';
import type { ApiClient } from '#mcp-tools/kubernetes/api-client.ts';
import { eventually } from './kubernetes-api.ts';

/** Objects for tests, and the few verbs that a test needs to make and change them. */

const timeoutMs = 60_000;

export async function create(admin: ApiClient, collection: string, body: object): Promise<KubernetesObject> {
  const signal = AbortSignal.timeout(timeoutMs);
  return kubernetesObjectSchema.parse(await admin.json({ method: 'POST', path: collection, body, signal }));
}

export async function read(admin: ApiClient, path: string): Promise<KubernetesObject> {
  return kubernetesObjectSchema.parse(await admin.json({ path, signal: AbortSignal.timeout(timeoutMs) }));
}

/** A JSON merge patch: what is null goes away. */
export async function merge(admin: ApiClient, path: string, body: object): Promise<KubernetesObject> {
  const contentType = 'application/merge-patch+json';
  const signal = AbortSignal.timeout(timeoutMs);
  return kubernetesObjectSchema.parse(await admin.json({ method: 'PATCH', path, body, contentType, signal }));
}

export async function list(admin: ApiClient, path: string): Promise<KubernetesObject[]> {
  const answer = await admin.json({ path, signal: AbortSignal.timeout(timeoutMs) });
  const items = z.object({ items: z.array(z.looseObject({})) }).parse(answer).items;
  return items.map((item) => kubernetesObjectSchema.parse({ kind: '', ...item }));
}

export async function createNamespace(admin: ApiClient, name: string): Promise<void> {
  await create(admin, '/api/v1/namespaces', { metadata: { name } });
}

export function podTemplate(app: string, env: readonly object[] = []) {
  return {
    metadata: { labels: { app } },
    spec: {
      containers: [
        {
          name: 'main',
          image: `registry.example/${app}:1`,
          env,
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        },
      ],
    },
  };
}

export function workload(
  name: string,
  more: {
    readonly replicas?: number;
    readonly labels?: object;
    readonly annotations?: object;
    readonly env?: readonly object[];
  } = {},
) {
  return {
    metadata: {
      name,
      labels: { app: name, ...more.labels },
      ...(more.annotations === undefined ? {} : { annotations: more.annotations }),
    },
    spec: {
      ...(more.replicas === undefined ? {} : { replicas: more.replicas }),
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, more.env),
    },
  };
}

export const paths = {
  deployments: (namespace: string, name?: string) =>
    objectPath('/apis/apps/v1', namespace, 'deployments', name),
  statefulSets: (namespace: string, name?: string) =>
    objectPath('/apis/apps/v1', namespace, 'statefulsets', name),
  daemonSets: (namespace: string, name?: string) =>
    objectPath('/apis/apps/v1', namespace, 'daemonsets', name),
  replicaSets: (namespace: string, name?: string) =>
    objectPath('/apis/apps/v1', namespace, 'replicasets', name),
  pods: (namespace: string, name?: string) => objectPath('/api/v1', namespace, 'pods', name),
  services: (namespace: string, name?: string) => objectPath('/api/v1', namespace, 'services', name),
  configMaps: (namespace: string, name?: string) => objectPath('/api/v1', namespace, 'configmaps', name),
  secrets: (namespace: string, name?: string) => objectPath('/api/v1', namespace, 'secrets', name),
  events: (namespace: string, name?: string) => objectPath('/api/v1', namespace, 'events', name),
  nodes: (name?: string) => (name === undefined ? '/api/v1/nodes' : `/api/v1/nodes/${name}`),
} as const;

function objectPath(root: string, namespace: string, plural: string, name: string | undefined): string {
  return `${root}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
}

/** Waits until a workload's controller has made a revision of it, and its pods. */
export async function rolledOut(
  admin: ApiClient,
  namespace: string,
  app: string,
  revision: string,
): Promise<void> {
  await eventually(async () => {
    const sets = await list(admin, `${paths.replicaSets(namespace)}?labelSelector=app%3D${app}`);
    return sets.find((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'] === revision);
  });
}
