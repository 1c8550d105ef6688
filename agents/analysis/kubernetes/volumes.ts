import { z } from 'zod';
import { kindReader } from './kind-reader.ts';
import { conditionsSchema, listOf, maybe, text, textMap } from './partial.ts';
import { nodeTermSchema } from './pod-template.ts';

/** Claims, volumes and classes: what decides whether the first gets the second. */

const storage = maybe(z.looseObject({ storage: maybe(z.union([z.string(), z.number()])) }));
const accessModes = maybe(z.array(z.string()));

export const volumeClaims = kindReader(
  'PersistentVolumeClaim',
  '',
  z.looseObject({
    spec: maybe(
      z.looseObject({
        storageClassName: text,
        volumeName: text,
        volumeMode: text,
        accessModes,
        resources: maybe(z.looseObject({ requests: storage })),
        selector: maybe(z.looseObject({ matchLabels: textMap, matchExpressions: listOf(z.looseObject({})) })),
      }),
    ),
    status: maybe(z.looseObject({ phase: text, capacity: storage, conditions: conditionsSchema })),
  }),
);
export type VolumeClaim = ReturnType<typeof volumeClaims>[number];

export const persistentVolumes = kindReader(
  'PersistentVolume',
  '',
  z.looseObject({
    spec: maybe(
      z.looseObject({
        storageClassName: text,
        volumeMode: text,
        accessModes,
        capacity: storage,
        persistentVolumeReclaimPolicy: text,
        claimRef: maybe(z.looseObject({ namespace: text, name: text })),
        nodeAffinity: maybe(
          z.looseObject({ required: maybe(z.looseObject({ nodeSelectorTerms: listOf(nodeTermSchema) })) }),
        ),
      }),
    ),
    status: maybe(z.looseObject({ phase: text, reason: text, message: text })),
  }),
);
export type PersistentVolume = ReturnType<typeof persistentVolumes>[number];

export const storageClasses = kindReader(
  'StorageClass',
  'storage.k8s.io',
  z.looseObject({ provisioner: text, volumeBindingMode: text, reclaimPolicy: text }),
);
export type StorageClass = ReturnType<typeof storageClasses>[number];

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

export function isDefaultClass({ annotations }: StorageClass): boolean {
  return annotations[defaultClass] === 'true';
}
