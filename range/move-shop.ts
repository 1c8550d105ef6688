import { openNamespaces } from './cluster/accounts.ts';
import { loadKubeconfig } from './cluster/kubeconfig.ts';
import { assertIsRange } from './cluster/marker.ts';
import { publishRange, type RangeFacts } from './facts.ts';
import { silenceNamespace, unsilenceNamespace } from './monitoring/silence.ts';
import type { ShopNames } from './shop/names.ts';
import { createShop } from './shop/shop.ts';

/** Longer than any alert can miss what is gone. */
const silenceMs = 5 * 60_000;

/**
 * Brings the shop up under other names, in namespaces of their own, and takes away the copy that was there before, whose
 * alerts are silenced as its owners would. Answers the range as it is then. Throws `not-the-range` for any other cluster.
 */
export async function moveShop(range: RangeFacts, names: ShopNames): Promise<RangeFacts> {
  const { admin } = range.cluster.kubeconfigs;
  await assertIsRange(admin, range.cluster.rangeId);
  const config = loadKubeconfig(admin);
  const shop = createShop(config, names, range.imagesFolder);
  const [before, after] = [namespacesOf(range.names), namespacesOf(names)];
  for (const name of before.filter((each) => !after.includes(each)))
    await silenceNamespace(range.alertmanagerUrl, name, silenceMs);
  for (const name of after) await unsilenceNamespace(range.alertmanagerUrl, name);
  await shop.removeOthers();
  await openNamespaces(config, [names.namespace]);
  await shop.apply();
  await shop.waitReady();
  const moved = { ...range, names };
  await publishRange(moved);
  return moved;
}

function namespacesOf({ namespace, visitorsNamespace }: ShopNames): string[] {
  return [namespace, visitorsNamespace];
}
