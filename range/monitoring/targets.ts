import { rename, writeFile } from 'node:fs/promises';
import {
  CoreV1Api,
  type Informer,
  type KubeConfig,
  type KubernetesObject,
  makeInformer,
  type ObjectCache,
  type V1Node,
  type V1Pod,
} from '@kubernetes/client-node';

/** One entry of a `file_sd` target file. */
export type Target = { targets: [string]; labels: Record<string, string> };

const annotationKeys = { scrape: 'prometheus.io/scrape', port: 'prometheus.io/port' } as const;
const settleMs = 200;
const retryMs = 1000;

/** Where a pod's metrics are, if it has any and runs. */
export function podTarget(pod: V1Pod): Target | undefined {
  const { metadata, spec, status } = pod;
  const annotations = metadata?.annotations ?? {};
  const declaredPort = spec?.containers[0]?.ports?.[0]?.containerPort;
  const port = annotations[annotationKeys.port] ?? declaredPort?.toString();
  if (annotations[annotationKeys.scrape] !== 'true' || port === undefined) return undefined;
  if (status?.phase !== 'Running' || status.podIP === undefined || metadata?.deletionTimestamp)
    return undefined;
  const labels = metadata?.labels ?? {};
  return {
    targets: [`${status.podIP}:${port}`],
    labels: withoutEmpty({
      namespace: metadata?.namespace,
      pod: metadata?.name,
      node: spec?.nodeName,
      service: labels['app.kubernetes.io/name'],
      version: labels['app.kubernetes.io/version'],
    }),
  };
}

/** Where a node's kubelet is. */
export function nodeTarget(node: V1Node): Target | undefined {
  const address = node.status?.addresses?.find((each) => each.type === 'InternalIP')?.address;
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250;
  if (address === undefined) return undefined;
  return { targets: [`${address}:${port}`], labels: withoutEmpty({ node: node.metadata?.name }) };
}

function withoutEmpty(labels: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(labels).flatMap(([key, value]) => (value ? [[key, value] as const] : []));
  return Object.fromEntries(entries);
}

export type TargetWriter = { stop(): Promise<void> };

/**
 * Keeps Prometheus' target files up to date from watches on the API, within a fraction of a second of a change (Debian's
 * Prometheus cannot watch Kubernetes itself). When it answers, both files are there.
 */
export async function writeTargets(
  config: KubeConfig,
  files: { podTargetsFile: string; nodeTargetsFile: string },
): Promise<TargetWriter> {
  const core = config.makeApiClient(CoreV1Api);
  const pods = makeInformer<V1Pod>(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
  const nodes = makeInformer<V1Node>(config, '/api/v1/nodes', () => core.listNode());
  const stops = await Promise.all([
    follow(pods, podTarget, files.podTargetsFile),
    follow(nodes, nodeTarget, files.nodeTargetsFile),
  ]);
  return {
    stop: async () => {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

async function follow<T extends KubernetesObject>(
  informer: Informer<T> & ObjectCache<T>,
  targetOf: (object: T) => Target | undefined,
  file: string,
): Promise<() => Promise<void>> {
  let stopped = false;
  let written = '';
  let settling: NodeJS.Timeout | undefined;
  let retrying: NodeJS.Timeout | undefined;

  const writeOnce = async (): Promise<void> => {
    const targets = informer.list().flatMap((object) => targetOf(object) ?? []);
    const text = JSON.stringify(targets.toSorted((a, b) => (a.targets[0] < b.targets[0] ? -1 : 1)));
    if (text === written) return;
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    written = text;
  };
  // One after the other: two at once would take the new file from each other.
  let writing: Promise<void> = Promise.resolve();
  const write = (): Promise<void> => {
    writing = writing.then(writeOnce, writeOnce);
    return writing;
  };
  // A burst of changes is one write; one that failed is tried again.
  const writeSoon = (delayMs = settleMs): void => {
    settling ??= setTimeout(() => {
      settling = undefined;
      write().catch(() => writeSoon(retryMs));
    }, delayMs);
  };
  // The API server was away: it is listened to again as soon as it is back; until then the targets stay as they are.
  const startSoon = (): void => {
    retrying = setTimeout(() => informer.start().catch(startSoon), retryMs);
  };
  informer.on('change', () => writeSoon());
  informer.on('error', () => {
    if (!stopped) startSoon();
  });
  await informer.start();
  await write();
  return async () => {
    stopped = true;
    clearTimeout(settling);
    clearTimeout(retrying);
    await informer.stop();
  };
}
