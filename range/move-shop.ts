import { openNamespaces } from './cluster/accounts.ts';
import { loadKubeconfig } from './cluster/kubeconfig.ts';
import { assertIsRange } from './cluster/marker.ts';
import type { RangeFacts } from './facts.ts';
import type { ShopNames } from './shop/names.ts';
import { createShop } from './shop/shop.ts';

/**
 * Brings the shop up under other names, in namespaces of their own, and takes away the copy that was there before. Answers
 * the range as it is then; its facts are published by whoever keeps them. Throws `not-the-range` for any other cluster.
 */
export async function moveShop(range: RangeFacts, names: ShopNames): Promise<RangeFacts> {
  const { admin } = range.cluster.kubeconfigs;
  await assertIsRange(admin, range.cluster.rangeId);
  const config = loadKubeconfig(admin);
  const shop = createShop(config, names, range.imagesFolder);
  await shop.removeOthers();
  await openNamespaces(config, [names.namespace]);
  await shop.apply();
  await shop.waitReady();
  return { ...range, names };
}
