import { z } from 'zod';
import type { ApiClient } from '#mcp-tools/kubernetes/api-client.ts';

/** How much there is in a big cluster of ordinary services. */
export type Size = { readonly namespaces: number; readonly services: number; readonly replicas: number };

type Made = { readonly path: string; readonly body: Readonly<Record<string, unknown>> };

const podsPerNode = 100;
/** Every so many services one has a Service that selects nothing. */
const brokenEvery = 100;
const atOnce = 32;
const madeSchema = z.object({ metadata: z.object({ uid: z.string() }) });

/**
 * Makes a cluster of namespaces with services, each a Deployment with a ReplicaSet of now and one of before, pods, a Service with
 * its endpoints, a ConfigMap and some events. All of it is written as it stands: no controller need run.
 * @returns how many Services select nothing
 */
export async function makeBigCluster(api: ApiClient, size: Size): Promise<number> {
  const nodes = Math.ceil((size.namespaces * size.services * size.replicas) / podsPerNode);
  await postAll(
    api,
    Array.from({ length: nodes }, (_, index) => nodeOf(index)),
  );
  const namespaces = Array.from({ length: size.namespaces }, (_, index) => `team-${index}`);
  await postAll(
    api,
    namespaces.map((name) => ({ path: '/api/v1/namespaces', body: { metadata: { name } } })),
  );
  await postAll(
    api,
    namespaces.map((namespace) => ({
      path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
      body: { metadata: { name: 'default' } },
    })),
  );
  let broken = 0;
  const services = namespaces.flatMap((namespace, team) =>
    Array.from({ length: size.services }, (_, index) => {
      const number = team * size.services + index;
      const isBroken = number % brokenEvery === brokenEvery - 1;
      if (isBroken) broken += 1;
      return { namespace, name: `service-${index}`, number, isBroken, replicas: size.replicas, nodes };
    }),
  );
  await inParallel(services, (service) => makeService(api, service));
  return broken;
}

type Service = {
  readonly namespace: string;
  readonly name: string;
  readonly number: number;
  readonly isBroken: boolean;
  readonly replicas: number;
  readonly nodes: number;
};

function nodeOf(index: number): Made {
  const capacity = { cpu: '64', memory: '256Gi', pods: '110' };
  const body = { metadata: { name: `node-${index}` }, status: { capacity, allocatable: capacity } };
  return { path: '/api/v1/nodes', body };
}

async function makeService(api: ApiClient, service: Service): Promise<void> {
  const { namespace, name } = service;
  const core = `/api/v1/namespaces/${namespace}`;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const template = podTemplate(service);
  const selector = { matchLabels: { app: name } };
  const deployment = await post(api, {
    path: `${apps}/deployments`,
    body: {
      metadata: { name, labels: { app: name }, annotations: { [revision]: '2' } },
      spec: { replicas: service.replicas, selector, template },
    },
  });
  const ofDeployment = [owner('Deployment', name, deployment)];
  const sets: string[] = [];
  for (const [number, replicas] of [0, service.replicas].entries()) {
    const metadata = {
      ...{ name: `${name}-r${number}`, labels: { app: name }, ownerReferences: ofDeployment },
      annotations: { [revision]: `${number + 1}` },
    };
    sets.push(
      await post(api, {
        path: `${apps}/replicasets`,
        body: { metadata, spec: { replicas, selector, template } },
      }),
    );
  }
  const ofSet = [owner('ReplicaSet', `${name}-r1`, sets[1] ?? '')];
  const pods = Array.from({ length: service.replicas }, (_, index) => ({
    path: `${core}/pods`,
    body: {
      metadata: { name: `${name}-r1-${index}`, labels: { app: name }, ownerReferences: ofSet },
      spec: { ...template.spec, nodeName: `node-${(service.number + index) % service.nodes}` },
    },
  }));
  for (const pod of pods) await post(api, pod);
  for (const made of surroundings(service)) await post(api, made);
  await writeStatus(api, `${apps}/deployments/${name}`, service.replicas);
  await writeStatus(api, `${apps}/replicasets/${name}-r1`, service.replicas);
}

const revision = 'deployment.kubernetes.io/revision';

function owner(kind: string, name: string, uid: string) {
  return { apiVersion: 'apps/v1', kind, name, uid, controller: true };
}

function podTemplate({ name }: Service) {
  const probe = { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 10 };
  const env = Array.from({ length: 12 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `a value of usual length ${index}`,
  }));
  const container = {
    ...{ name: 'app', image: `registry.example/${name}:1.4.${name.length}`, env },
    ...{ readinessProbe: probe, livenessProbe: probe, ports: [{ name: 'http', containerPort: 8080 }] },
    envFrom: [{ configMapRef: { name } }],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
  };
  return { metadata: { labels: { app: name } }, spec: { containers: [container] } };
}

/** What stands around the pods: configuration, the way to them, and what happened. */
function surroundings({ namespace, name, replicas, isBroken, number }: Service): Made[] {
  const core = `/api/v1/namespaces/${namespace}`;
  const data = Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [`key-${index}`, `value ${index}`]),
  );
  const endpoints = Array.from({ length: isBroken ? 0 : replicas }, (_, index) => ({
    addresses: [`10.${100 + (number >> 8)}.${number & 255}.${index + 1}`],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', namespace, name: `${name}-r1-${index}` },
  }));
  const events = Array.from({ length: 1 }, (_, index) => ({
    path: `${core}/events`,
    body: {
      metadata: { name: `${name}.${index}` },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: `${name}-r1-${index}` },
      ...{ type: 'Normal', reason: 'Started', message: 'Started container app', count: 1 },
      lastTimestamp: new Date().toISOString(),
    },
  }));
  return [
    { path: `${core}/configmaps`, body: { metadata: { name }, data } },
    {
      path: `${core}/services`,
      body: {
        metadata: { name },
        spec: {
          selector: { app: isBroken ? `${name}-old` : name },
          ports: [{ name: 'http', port: 80, targetPort: 'http' }],
        },
      },
    },
    {
      path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      body: {
        metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
        ...{ addressType: 'IPv4', endpoints, ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] },
      },
    },
    ...events,
  ];
}

async function writeStatus(api: ApiClient, path: string, replicas: number): Promise<void> {
  const status = {
    ...{ observedGeneration: 1, replicas, readyReplicas: replicas, availableReplicas: replicas },
    ...(path.includes('/deployments/') ? { updatedReplicas: replicas } : {}),
  };
  await api.json({
    method: 'PATCH',
    path: `${path}/status`,
    body: { status },
    contentType: 'application/merge-patch+json',
    signal: AbortSignal.timeout(60_000),
  });
}

/** Answers the new object's id. */
async function post(api: ApiClient, { path, body }: Made): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  const made = await api.json({ method: 'POST', path, body, signal, timeoutMs: 60_000 });
  return madeSchema.parse(made).metadata.uid;
}

async function postAll(api: ApiClient, all: readonly Made[]): Promise<void> {
  await inParallel(all, (made) => post(api, made));
}

async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
