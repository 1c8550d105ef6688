import type { CauseCode } from '#domain/causes/codes.ts';
import type { PersistentVolume, VolumeClaim } from '../analysis/kubernetes/volumes.ts';
import { parseQuantity } from '../analysis/quantity.ts';

/**
 * Why a volume does not go with a claim: the rules of the volume binder (Kubernetes documentation, "Persistent Volumes":
 * class, access modes, capacity, selector, volume mode, claimRef).
 */
export type Misfit = {
  readonly code: CauseCode;
  readonly said: string;
  readonly claimField: string;
  readonly asked: string;
  readonly volumeField: string;
  readonly given: string;
};

function classMisfit(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  const asked = claim.spec?.storageClassName;
  const given = volume.spec?.storageClassName ?? '';
  if (asked === undefined || asked === given) return [];
  return [
    {
      code: 'storage.claim-class-missing',
      said: `the claim asks for class "${asked}" and the volume has "${given}"`,
      claimField: '.spec.storageClassName',
      asked,
      volumeField: '.spec.storageClassName',
      given,
    },
  ];
}

function accessMisfit(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  const [asked, given] = [claim.spec?.accessModes, volume.spec?.accessModes];
  const lacking = asked?.find((mode) => given !== undefined && !given.includes(mode));
  if (lacking === undefined) return [];
  return [
    {
      code: 'storage.claim-access-mode-mismatch',
      said: `the claim asks for ${lacking} and the volume offers ${given?.join(', ')}`,
      claimField: '.spec.accessModes',
      asked: lacking,
      volumeField: '.spec.accessModes',
      given: given?.[0] ?? '',
    },
  ];
}

function capacityMisfit(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  const [asked, given] = [
    String(claim.spec?.resources?.requests?.storage ?? ''),
    String(volume.spec?.capacity?.storage ?? ''),
  ];
  const [wanted, there] = [parseQuantity(asked), parseQuantity(given)];
  if (wanted === undefined || there === undefined || there >= wanted) return [];
  return [
    {
      code: 'storage.claim-capacity-mismatch',
      said: `the claim asks for ${asked} and the volume has ${given}`,
      claimField: '.spec.resources.requests.storage',
      asked,
      volumeField: '.spec.capacity.storage',
      given,
    },
  ];
}

function selectorMisfit(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  const wrong = Object.entries(claim.spec?.selector?.matchLabels ?? {}).find(
    ([key, value]) => volume.labels[key] !== value,
  );
  if (wrong === undefined) return [];
  const [key, value] = wrong;
  const has = volume.labels[key];
  return [
    {
      code: 'storage.claim-selector-mismatch',
      said: `the claim selects ${key}=${value} and the volume has ${has === undefined ? `no label ${key}` : `${key}=${has}`}`,
      claimField: `.spec.selector.matchLabels.${key}`,
      asked: value,
      volumeField: `.metadata.labels.${key}`,
      given: has ?? '',
    },
  ];
}

function modeMisfit(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  const [asked, given] = [claim.spec?.volumeMode ?? 'Filesystem', volume.spec?.volumeMode ?? 'Filesystem'];
  if (asked === given) return [];
  return [
    {
      code: 'storage.claim-unbound',
      said: `the claim asks for volume mode ${asked} and the volume has ${given}`,
      claimField: '.spec.volumeMode',
      asked,
      volumeField: '.spec.volumeMode',
      given,
    },
  ];
}

function takenMisfit(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  const holder = volume.spec?.claimRef;
  if (holder?.name === undefined) return [];
  if (holder.name === claim.ref.name && holder.namespace === claim.ref.namespace) return [];
  return [
    {
      code: 'storage.volume-already-claimed',
      said: `claim ${holder.namespace ?? ''}/${holder.name} holds it`,
      claimField: '.metadata.name',
      asked: claim.ref.name,
      volumeField: '.spec.claimRef.name',
      given: holder.name,
    },
  ];
}

/** Everything in which a volume does not go with a claim. */
export function misfits(claim: VolumeClaim, volume: PersistentVolume): Misfit[] {
  return [classMisfit, accessMisfit, capacityMisfit, selectorMisfit, modeMisfit, takenMisfit].flatMap(
    (rule) => rule(claim, volume),
  );
}

/**
 * The volume that was most likely meant, and the one thing in which it does not fit: the one that the claim names, or the
 * only one that fails in a single point. Free ones come before those that another claim holds.
 */
export function nearestVolume(
  claim: VolumeClaim,
  volumes: readonly PersistentVolume[],
  named: string | undefined,
): { readonly volume: PersistentVolume; readonly misfit: Misfit } | undefined {
  const candidates = volumes
    .filter(({ ref }) => named === undefined || named === '' || ref.name === named)
    .map((volume) => ({ volume, all: misfits(claim, volume) }))
    .filter(({ all }) => (named ? all.length > 0 : all.length === 1))
    .toSorted((a, b) => Number(isTaken(a.all)) - Number(isTaken(b.all)));
  const [best, next] = candidates;
  const [misfit] = best?.all ?? [];
  if (best === undefined || misfit === undefined) return undefined;
  const rival =
    next !== undefined && isTaken(next.all) === isTaken(best.all) && next.all[0]?.code !== misfit.code;
  return rival ? undefined : { volume: best.volume, misfit };
}

function isTaken(all: readonly Misfit[]): boolean {
  return all.some(({ code }) => code === 'storage.volume-already-claimed');
}
