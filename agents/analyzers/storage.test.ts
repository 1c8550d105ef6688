import { describe, expect, it } from 'vitest';
import { deployment, findingsWith, node, object, pod, told } from '../testing/cluster.ts';

const kinds = ['persistentvolumeclaims', 'persistentvolumes', 'storageclasses', 'resourcequotas'];

function claim(spec: object, phase = 'Pending') {
  return object({
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    name: 'ledger',
    metadata: { creationTimestamp: '2026-03-04T11:50:00Z' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
    status: { phase },
  });
}

function volume(spec: object, labels = {}, phase = 'Available') {
  return object({
    kind: 'PersistentVolume',
    apiVersion: 'v1',
    name: 'disk-1',
    namespace: null,
    metadata: { labels },
    spec: {
      storageClassName: 'manual',
      capacity: { storage: '5Gi' },
      accessModes: ['ReadWriteOnce'],
      ...spec,
    },
    status: { phase },
  });
}

const mounting = pod('bank-5d8f9c7b6d-x', 'bank', {
  spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'ledger' } }] },
  status: {
    phase: 'Pending',
    containerStatuses: [],
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        message: '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
      },
    ],
  },
});
const waits = { ...mounting, spec: { ...(mounting.spec as object), nodeName: undefined } } as typeof mounting;

function found(...objects: ReturnType<typeof object>[]): string[] {
  return told(findingsWith([deployment('bank'), waits, node('n1'), ...objects], { read: kinds }));
}

describe('claims that get no volume', () => {
  it.each([
    ['the class', { storageClassName: 'gold' }, {}, {}, 'storage.claim-class-missing'],
    [
      'an access mode',
      { storageClassName: 'manual', accessModes: ['ReadWriteMany'] },
      {},
      {},
      'storage.claim-access-mode-mismatch',
    ],
    [
      'the size',
      { storageClassName: 'manual', resources: { requests: { storage: '9Gi' } } },
      {},
      {},
      'storage.claim-capacity-mismatch',
    ],
    [
      'a label',
      { storageClassName: 'manual', selector: { matchLabels: { tier: 'hot' } } },
      {},
      { tier: 'cold' },
      'storage.claim-selector-mismatch',
    ],
    [
      'its holder',
      { storageClassName: 'manual' },
      { claimRef: { namespace: 'market', name: 'other' } },
      {},
      'storage.volume-already-claimed',
    ],
  ])('differ in %s from the volume that was meant', (_what, spec, volumeSpec, labels, code) => {
    expect(found(claim(spec), volume(volumeSpec, labels))).toEqual([
      `error ${code} PersistentVolumeClaim/ledger`,
    ]);
  });

  it('are told by what does not fit also where the controller looked for a class in vain after that', () => {
    const events = [
      {
        kind: 'PersistentVolumeClaim',
        name: 'ledger',
        reason: 'ProvisioningFailed',
        message: 'storageclass.storage.k8s.io "manual" not found',
      },
    ];
    const wanted = claim({ storageClassName: 'manual', accessModes: ['ReadWriteMany'] });
    const objects = [deployment('bank'), waits, node('n1'), wanted];
    expect(told(findingsWith([...objects, volume({})], { read: kinds, events }))).toEqual([
      'error storage.claim-access-mode-mismatch PersistentVolumeClaim/ledger',
    ]);
    expect(told(findingsWith(objects, { read: kinds, events }))).toEqual([
      'error storage.claim-class-missing PersistentVolumeClaim/ledger',
    ]);
  });

  it('are told once: that their pods wait follows from it', () => {
    const all = findingsWith([deployment('bank'), waits, claim({ storageClassName: 'gold' })], {
      read: kinds,
    });
    expect(all.filter(({ consequence }) => !consequence)).toHaveLength(1);
  });

  it('name a class that is not there', () => {
    expect(found(claim({ storageClassName: 'gold' }))).toEqual([
      'error storage.claim-class-missing PersistentVolumeClaim/ledger',
    ]);
  });

  it('are no fault while their class waits for the first pod', () => {
    const later = object({
      kind: 'StorageClass',
      apiVersion: 'storage.k8s.io/v1',
      name: 'later',
      namespace: null,
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    const all = findingsWith([claim({ storageClassName: 'later' }), later], { read: kinds });
    expect(told(all)).toEqual([]);
  });

  it('are no fault where they are bound, or where nothing is known of their state', () => {
    expect(told(findingsWith([claim({ storageClassName: 'gold' }, 'Bound')], { read: kinds }))).toEqual([]);
    const bare = object({ kind: 'PersistentVolumeClaim', apiVersion: 'v1', name: 'ledger' });
    expect(told(findingsWith([bare], { read: kinds }))).toEqual([]);
  });

  it('say nothing of classes where none were read', () => {
    const [one] = findingsWith([claim({ storageClassName: 'gold' })], { read: ['persistentvolumeclaims'] });
    expect(one?.code).toBe('storage.claim-unbound');
  });

  it('have lost their volume', () => {
    expect(found(claim({ volumeName: 'disk-9' }, 'Lost'))).toContain(
      'error storage.volume-lost PersistentVolumeClaim/ledger',
    );
  });
});

describe('a volume of one node', () => {
  const local = (host: string) =>
    volume(
      {
        claimRef: { namespace: 'market', name: 'ledger' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [host] }] },
            ],
          },
        },
      },
      {},
      'Bound',
    );
  const bound = claim({ storageClassName: 'manual', volumeName: 'disk-1' }, 'Bound');

  it('is lost with it, and its pods run nowhere', () => {
    expect(found(bound, local('n9'))).toContain('error storage.volume-lost PersistentVolume/disk-1');
    expect(found(bound, local('n1')).join()).not.toContain('volume-lost');
    expect(told(findingsWith([bound, local('n9')], { read: kinds }))).toEqual([]);
  });
});

describe('claims that were never made', () => {
  const quota = (used: string, createdAt: string) =>
    object({
      kind: 'ResourceQuota',
      apiVersion: 'v1',
      name: 'disks',
      metadata: { creationTimestamp: createdAt },
      spec: { hard: { 'requests.storage': '10Gi' } },
      status: { hard: { 'requests.storage': '10Gi' }, used: { 'requests.storage': used } },
    });

  it('are named', () => {
    expect(found()).toEqual(['error storage.claim-unbound PersistentVolumeClaim/ledger']);
  });

  it('could not be made where a quota is full', () => {
    expect(found(quota('10Gi', '2025-01-01T00:00:00Z'))).toEqual([
      'error admission.quota-storage ResourceQuota/disks',
    ]);
  });

  it('could not be made where what is left is less than the volume that waits for them', () => {
    const kept = (storage: string) =>
      volume({ capacity: { storage }, claimRef: { namespace: 'market', name: 'ledger' } }, {}, 'Released');
    const old = quota('7Gi', '2025-01-01T00:00:00Z');
    expect(found(old, kept('5Gi'))).toEqual(['error admission.quota-storage ResourceQuota/disks']);
    expect(found(old, kept('2Gi'))).toEqual(['error storage.claim-unbound PersistentVolumeClaim/ledger']);
    const named = object({
      kind: 'PersistentVolume',
      apiVersion: 'v1',
      name: 'ledger-pv',
      namespace: null,
      spec: { capacity: { storage: '5Gi' } },
      status: { phase: 'Available' },
    });
    expect(found(old, named)).toEqual(['error admission.quota-storage ResourceQuota/disks']);
  });

  it("are hardly the quota's fault where it has come lately and has room as far as is known", () => {
    const all = findingsWith([deployment('bank'), waits, node('n1'), quota('9Gi', '2026-03-04T11:00:00Z')], {
      read: kinds,
    });
    expect(told(all)).toEqual([
      'error storage.claim-unbound PersistentVolumeClaim/ledger',
      'warning admission.quota-storage ResourceQuota/disks',
    ]);
    expect(all.find(({ code }) => code === 'admission.quota-storage')?.certainty).toBeLessThanOrEqual(0.4);
  });

  it("are not the quota's fault where it has room and was always there", () => {
    expect(found(quota('1Gi', '2025-01-01T00:00:00Z'))).toEqual([
      'error storage.claim-unbound PersistentVolumeClaim/ledger',
    ]);
  });
});
