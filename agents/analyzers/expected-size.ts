import type { ObjectRef } from '#domain/object-ref.ts';
import type { Snapshot } from '../analysis/kubernetes/snapshot.ts';
import { type PersistentVolume, persistentVolumes } from '../analysis/kubernetes/volumes.ts';
import { parseQuantity } from '../analysis/quantity.ts';

/** A name without the words that say what it is the name of: `data-pv` is made for `data-pvc`. */
function stemOf(name: string): string {
  return name.replace(/^(pvc?|volume|claim)-|-(pvc?|volume|claim)$/g, '');
}

/**
 * What a claim that is not there would ask for, as far as a volume tells: one that it held before or that is kept for it, or
 * one that was made by hand under its name and waits.
 */
export function expectedSize(
  snapshot: Snapshot,
  claim: ObjectRef,
): { readonly volume: PersistentVolume; readonly size: number; readonly text: string } | undefined {
  const volumes = persistentVolumes(snapshot);
  const volume =
    volumes.find(
      ({ spec }) => spec?.claimRef?.name === claim.name && spec.claimRef.namespace === claim.namespace,
    ) ??
    volumes.find(
      ({ ref, spec, status }) =>
        spec?.claimRef === undefined &&
        status?.phase === 'Available' &&
        stemOf(ref.name) === stemOf(claim.name),
    );
  const text = String(volume?.spec?.capacity?.storage ?? '');
  const size = parseQuantity(text);
  return volume === undefined || size === undefined ? undefined : { volume, size, text };
}
