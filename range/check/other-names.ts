import { type ServiceName, serviceNames } from '../shop/blueprint.ts';
import { type ShopNames, shopNames } from '../shop/names.ts';
import { shuffled } from './seeded.ts';

/** Words that say nothing of what a service does. */
const words = [
  'amber',
  'birch',
  'cedar',
  'dune',
  'ember',
  'fjord',
  'grove',
  'heron',
  'islet',
  'juniper',
] as const;

/** Names for another copy of the shop, which tell nobody which service is which; the same seed gives the same. */
export function otherNames(seed: number): ShopNames {
  const [namespace = '', ...chosen] = shuffled(words, seed);
  const byService = new Map<ServiceName, string | undefined>(
    serviceNames.map((service, index) => [service, chosen[index]]),
  );
  return shopNames({ namespace, rename: (service) => byService.get(service) ?? service });
}
