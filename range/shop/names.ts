import { z } from 'zod';
import { type ServiceName, serviceNames } from './blueprint.ts';

/** How one copy of the shop is called in a cluster; everything there follows from it. */
export const shopNamesSchema = z.object({
  namespace: z.string(),
  /** Of those who use the shop. */
  visitorsNamespace: z.string(),
  /** A service's name: of its Deployment, Service, container and label, and the start of its ConfigMaps' names. */
  services: z.record(z.enum(serviceNames), z.string()),
});
export type ShopNames = z.infer<typeof shopNamesSchema>;

/** Names for a copy of the shop. Two copies with other names need two namespaces. */
export function shopNames(
  options: { namespace?: string; rename?: (service: ServiceName) => string } = {},
): ShopNames {
  const { namespace = 'shop', rename = (service) => service } = options;
  const services = Object.fromEntries(serviceNames.map((service) => [service, rename(service)]));
  return shopNamesSchema.parse({ namespace, visitorsNamespace: `${namespace}-visitors`, services });
}
