import type { KubeConfig } from '@kubernetes/client-node';
import type { CauseCode } from '#domain/causes/codes.ts';
import { UnderstudyError } from '#domain/errors.ts';
import { loadKubeconfig } from '../cluster/kubeconfig.ts';
import type { RangeLevel } from '../cluster/level.ts';
import { assertIsRange } from '../cluster/marker.ts';
import type { RangeFacts } from '../facts.ts';
import type { ServiceName } from '../shop/blueprint.ts';
import { configName } from '../shop/manifests.ts';
import type { ShopNames } from '../shop/names.ts';
import { createShop } from '../shop/shop.ts';
import { type AddedObject, addObject, removeObject } from './added-object.ts';
import type { Check } from './checks.ts';
import { applyChange, type ClusterChange } from './cluster-change.ts';

/** An object of the shop, whatever the shop is called this time. */
export type ShopFaultObject = { kind: 'Deployment' | 'Service' | 'ConfigMap'; of: ServiceName };

/** One beside the shop's own. */
export type OtherFaultObject = {
  kind: string;
  /** Of its name, without what depends on the shop's names; absent where any of its kind in that place is right. */
  named?: string | ((names: ShopNames) => string);
  /** The shop's namespace, another one, or none. */
  where: 'shop' | 'kube-system' | 'cluster';
};

export type FaultObject = ShopFaultObject | OtherFaultObject;

/** One thing that is wrong. */
export type Root = {
  /** What must be changed to mend it. */
  object: FaultObject;
  /** Objects whose change mends it just as well. */
  alsoRight?: readonly FaultObject[];
  /** The finest causes that the evidence supports; any of them is right. */
  causes: readonly CauseCode[];
};

/** What a fault is known to be; written before anything that looks for it, and read by the checker alone. */
export type Declaration = Root & {
  /** What is wrong at the same time and has nothing to do with it. */
  besides?: readonly Root[];
  /**
   * Which end is right. `mended`: by one of `mendBy`, the default. `handed-over`: only a person can mend it, who is told what
   * it is. `either` of these. `healthy`: nothing is wrong, whatever it sounds like, and nothing is done.
   */
  end?: 'mended' | 'handed-over' | 'either' | 'healthy';
  /** Every action that is an acceptable way to mend it. */
  mendBy: readonly string[];
  /** What holds in the cluster and its metrics once it is mended. */
  verifiedWhen: readonly Check[];
};

/** What is needed of a range to change it, here or in a second terminal. */
export type FaultTarget = Pick<RangeFacts, 'cluster' | 'names' | 'imagesFolder'>;

export type Fault = {
  name: string;
  title: { en: string; zh: string };
  declare: Declaration;
  /** Where it shows: what only running containers show does not at level `api`. */
  levels: readonly RangeLevel[];
  /** What it puts beside the shop's own objects, before it changes them. */
  adds?: (names: ShopNames) => readonly AddedObject[];
  /** What it changes: what a person or a pipeline would have sent. */
  changes: (names: ShopNames) => readonly ClusterChange[];
  /** Switches it on; a second time changes nothing. Throws `not-the-range` for any cluster without this range's marker. */
  on(range: FaultTarget): Promise<void>;
  /** Puts the whole shop back to its manifests and waits until it runs. Throws like `on`. */
  off(range: FaultTarget): Promise<void>;
};

/** For a fault that shows in the states of objects. */
export const everyLevel: readonly RangeLevel[] = ['full', 'api', 'given'];
const withContainers: readonly RangeLevel[] = ['full', 'given'];

type Defined = Pick<Fault, 'name' | 'title' | 'declare' | 'adds' | 'changes'> & {
  levels?: readonly RangeLevel[];
};

export function defineFault({ levels = withContainers, ...fault }: Defined): Fault {
  return {
    ...fault,
    levels,
    on: async (range) => {
      if (!levels.includes(range.cluster.level)) throw notShown(fault.name);
      const config = await practiceConfig(range);
      for (const added of fault.adds?.(range.names) ?? []) await addObject(config, added);
      for (const change of fault.changes(range.names)) await applyChange(config, change);
    },
    off: async (range) => {
      const config = await practiceConfig(range);
      // First: a quota or a webhook would stand in the way of what is put back.
      for (const added of fault.adds?.(range.names) ?? []) await removeObject(config, added);
      await createShop(config, range.names, range.imagesFolder).restore();
    },
  };
}

function notShown(name: string): UnderstudyError {
  return new UnderstudyError(
    'not-supported',
    `${name} shows in running containers alone, and those of this range are simulated: run it as root on Linux for real ones`,
  );
}

/** The way into the cluster, which is not given away before the cluster has shown this range's marker. */
async function practiceConfig({ cluster }: FaultTarget): Promise<KubeConfig> {
  await assertIsRange(cluster.kubeconfigs.admin, cluster.rangeId);
  return loadKubeconfig(cluster.kubeconfigs.admin);
}

/** What the object is called in this copy of the shop; undefined where any name will do. */
export function nameOfObject(object: FaultObject, names: ShopNames): string | undefined {
  if ('of' in object)
    return object.kind === 'ConfigMap' ? configName(names, object.of) : names.services[object.of];
  return typeof object.named === 'function' ? object.named(names) : object.named;
}

/** The namespace that the object is in; undefined for one that belongs to none. */
export function namespaceOfObject(object: FaultObject, names: ShopNames): string | undefined {
  if ('of' in object || object.where === 'shop') return names.namespace;
  return object.where === 'cluster' ? undefined : object.where;
}
