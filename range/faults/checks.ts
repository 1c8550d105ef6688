import { AppsV1Api, DiscoveryV1Api } from '@kubernetes/client-node';
import { loadKubeconfig } from '../cluster/kubeconfig.ts';
import type { RangeFacts } from '../facts.ts';
import { instantQuery } from '../monitoring/look-up.ts';
import type { ServiceName } from '../shop/blueprint.ts';
import type { ShopNames } from '../shop/names.ts';
import { isComplete } from '../shop/shop.ts';

/** The cluster and its metrics, for somebody who looks for himself. */
export type Look = {
  names: ShopNames;
  /** Whether a service's Deployment runs its current template with all its replicas, at least one. */
  runsAsWanted(service: ServiceName): Promise<boolean>;
  readyEndpoints(service: ServiceName): Promise<number>;
  /** Whether anybody asks the services; pods that are simulated serve nobody. */
  isVisited: boolean;
  /** The value of an instant query that gives one sample; undefined where it gives none. */
  measure(query: string): Promise<number | undefined>;
};

/** Something that should be so: answers what is not, or undefined where all is well. */
export type Check = (look: Look) => Promise<string | undefined>;

export function createLook({ cluster, names, prometheusUrl }: RangeFacts): Look {
  const { namespace } = names;
  const config = loadKubeconfig(cluster.kubeconfigs.admin);
  const apps = config.makeApiClient(AppsV1Api);
  const discovery = config.makeApiClient(DiscoveryV1Api);
  return {
    names,
    isVisited: cluster.level !== 'api',
    runsAsWanted: async (service) => {
      const deployment = await apps.readNamespacedDeployment({ namespace, name: names.services[service] });
      return isComplete(deployment) && (deployment.spec?.replicas ?? 1) > 0;
    },
    readyEndpoints: async (service) => {
      const labelSelector = `kubernetes.io/service-name=${names.services[service]}`;
      const { items } = await discovery.listNamespacedEndpointSlice({ namespace, labelSelector });
      const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
      return endpoints.filter((endpoint) => endpoint.conditions?.ready).length;
    },
    measure: async (query) => (await instantQuery(prometheusUrl, query))[0]?.value,
  };
}

export function runsAsWanted(service: ServiceName): Check {
  return async (look) =>
    (await look.runsAsWanted(service))
      ? undefined
      : `Deployment ${look.names.services[service]} is not complete`;
}

export function hasEndpoints(service: ServiceName): Check {
  return async (look) =>
    (await look.readyEndpoints(service)) > 0
      ? undefined
      : `Service ${look.names.services[service]} has no ready endpoint`;
}

function seriesOf(look: Look, metric: string, service: ServiceName): string {
  return `namespace_service:${metric}{namespace="${look.names.namespace}",service="${look.names.services[service]}"}`;
}

/** A check of what visitors meet; where there are none it tells nothing. */
const ofVisits =
  (check: Check): Check =>
  async (look) =>
    look.isVisited ? check(look) : undefined;

export function isAskedAgain(service: ServiceName): Check {
  return ofVisits(async (look) =>
    ((await look.measure(seriesOf(look, 'http_requests:rate', service))) ?? 0) > 0
      ? undefined
      : `${look.names.services[service]} answers no requests`,
  );
}

export function failsRarely(service: ServiceName): Check {
  return ofVisits(async (look) => {
    const rate = (await look.measure(seriesOf(look, 'http_requests:rate', service))) ?? 0;
    const ratio = (await look.measure(seriesOf(look, 'http_errors:ratio', service))) ?? 0;
    return rate > 0 && ratio < 0.02
      ? undefined
      : `${look.names.services[service]} fails ${Math.round(ratio * 100)} % of ${rate.toFixed(1)} requests a second`;
  });
}

export function answersQuickly(service: ServiceName): Check {
  return ofVisits(async (look) => {
    const query = seriesOf(look, 'http_request_duration_seconds:p95', service);
    const seconds = (await look.measure(query)) ?? Number.POSITIVE_INFINITY;
    return seconds < 0.5
      ? undefined
      : `${look.names.services[service]} answers in ${seconds.toFixed(2)} s (p95)`;
  });
}
