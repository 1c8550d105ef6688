import { type ServiceCatalogue, serviceCatalogueSchema } from '#domain/service-catalogue.ts';
import { rangeEnvironment } from './facts.ts';
import { serviceNames } from './shop/blueprint.ts';
import type { ShopNames } from './shop/names.ts';

const team = 'shop';

/** What Understudy is told of the range: everything in this cluster is practice, and which service is which workload. */
export function rangeServiceCatalogue(clusterName: string, names: ShopNames): ServiceCatalogue {
  return serviceCatalogueSchema.parse({
    namespaces: { [`${clusterName}/*`]: { environment: rangeEnvironment, team } },
    services: serviceNames.map((service) => ({
      service: names.services[service],
      cluster: clusterName,
      namespace: names.namespace,
      workload: { kind: 'Deployment', name: names.services[service] },
      environment: rangeEnvironment,
      team,
    })),
  });
}
