import { loadKubeconfig } from './cluster/kubeconfig.ts';
import { waitUntil } from './cluster/readiness.ts';
import type { RangeFacts } from './facts.ts';
import { type FiringAlert, firingAlerts, heldAlerts, instantQuery } from './monitoring/look-up.ts';
import { serviceNames } from './shop/blueprint.ts';
import { createShop } from './shop/shop.ts';

const settleTimeoutMs = 120_000;

/** What is not as it should be in a range where nothing is broken; empty when all is well. */
export async function disturbances(range: RangeFacts): Promise<string[]> {
  const { cluster, names, prometheusUrl, alertmanagerUrl } = range;
  const rates = `namespace_service:http_requests:rate{namespace="${names.namespace}"} > 0`;
  const [asked, firing, held] = await Promise.all([
    instantQuery(prometheusUrl, rates),
    firingAlerts(prometheusUrl),
    heldAlerts(alertmanagerUrl),
  ]);
  // Pods that are simulated serve nobody.
  const services = cluster.level === 'api' ? [] : serviceNames.map((service) => names.services[service]);
  const idle = services.filter((service) => !asked.some(({ labels }) => labels.service === service));
  const namespaces = [names.namespace, names.visitorsNamespace, undefined];
  const isOurs = ({ labels }: FiringAlert): boolean => namespaces.includes(labels.namespace);
  const alerts = new Set(
    [...firing, ...held].filter(isOurs).map(({ name, labels }) => `${name} ${labels.service ?? ''}`.trim()),
  );
  return [
    ...idle.map((service) => `${service} gets no requests`),
    ...[...alerts].map((alert) => `alert ${alert}`),
  ];
}

/**
 * Waits until the shop runs as its manifests say, every service is asked, and no alert fires or is held by Alertmanager.
 * Throws `timeout` with what is still not so.
 */
export async function untilHealthy(
  range: RangeFacts,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const { timeoutMs = settleTimeoutMs, signal } = options;
  const wait = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
  const config = loadKubeconfig(range.cluster.kubeconfigs.admin);
  await createShop(config, range.names, range.imagesFolder).waitReady(wait);
  await waitUntil(
    'a quiet range',
    async () => {
      const left = await disturbances(range);
      if (left.length > 0) throw new Error(left.join('; '));
      return true;
    },
    wait,
  );
}
