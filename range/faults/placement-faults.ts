import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault, everyLevel, type Fault } from './fault.ts';
import { rolloutFault } from './rollout-fault.ts';

const hostname = 'kubernetes.io/hostname';

/** Pods that fit nowhere, or may not be made. */
export const placementFaults: readonly Fault[] = [
  rolloutFault({
    name: 'cpu-for-none',
    title: { en: 'More CPU asked for than any node has', zh: '请求的 CPU 超出节点容量' },
    of: 'pricing',
    causes: ['scheduling.insufficient-cpu'],
    container: () => ({ resources: { requests: { cpu: '64', memory: '64Mi' }, limits: { cpu: '64' } } }),
    note: 'sized for the sale',
    inObjects: true,
  }),
  rolloutFault({
    name: 'device-for-none',
    title: { en: 'A device that no node has', zh: '请求的设备不存在' },
    of: 'recommendations',
    causes: ['scheduling.insufficient-other'],
    container: () => ({
      resources: { limits: { cpu: '500m', memory: '160Mi', 'leafandpot.example/accelerator': '1' } },
    }),
    note: 'on accelerators',
    inObjects: true,
  }),
  rolloutFault({
    name: 'no-such-zone',
    title: { en: 'A node affinity that no node meets', zh: '节点亲和性无匹配' },
    of: 'shipping',
    causes: ['scheduling.node-affinity-mismatch'],
    pod: () => ({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-d'] },
                ],
              },
            ],
          },
        },
      },
    }),
    note: 'in the new zone',
    inObjects: true,
  }),
  rolloutFault({
    name: 'no-such-neighbour',
    title: { en: 'A pod affinity to pods that do not exist', zh: 'Pod 亲和性无法满足' },
    of: 'recommendations',
    causes: ['scheduling.pod-affinity-unsatisfied'],
    pod: () => ({
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { 'leafandpot.example/cache': 'warm' } }, topologyKey: hostname },
          ],
        },
      },
    }),
    note: 'beside its cache',
    inObjects: true,
  }),
  rolloutFault({
    name: 'apart-from-itself',
    title: { en: 'A pod anti-affinity that leaves no node', zh: 'Pod 反亲和性冲突' },
    of: 'storefront',
    causes: ['scheduling.pod-anti-affinity-conflict'],
    pod: (names) => ({
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: { matchLabels: { 'app.kubernetes.io/name': names.services.storefront } },
              topologyKey: hostname,
            },
          ],
        },
      },
    }),
    note: 'spread over nodes',
    inObjects: true,
  }),
  rolloutFault({
    name: 'spread-without-zones',
    title: { en: 'A spread over zones that the nodes do not name', zh: '拓扑分布约束无法满足' },
    of: 'checkout',
    causes: ['scheduling.topology-spread'],
    pod: (names) => ({
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'leafandpot.example/room',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { 'app.kubernetes.io/name': names.services.checkout } },
        },
      ],
    }),
    note: 'spread over rooms',
    inObjects: true,
  }),
  rolloutFault({
    name: 'claim-missing',
    title: { en: 'A claim that does not exist', zh: '存储卷声明不存在' },
    of: 'shipping',
    causes: ['storage.claim-unbound', 'storage.other', 'storage.volume-lost'],
    container: () => ({ volumeMounts: [{ name: 'labels', mountPath: '/var/labels' }] }),
    pod: (names) => ({
      volumes: [
        { name: 'labels', persistentVolumeClaim: { claimName: `${names.services.shipping}-labels` } },
      ],
    }),
    note: 'keeps its labels',
    inObjects: true,
  }),
  defineFault({
    name: 'claim-without-class',
    title: { en: 'A claim of a storage class that does not exist', zh: '存储类不存在' },
    declare: {
      object: { kind: 'PersistentVolumeClaim', named: 'parcel-labels', where: 'shop' },
      alsoRight: [{ kind: 'Deployment', of: 'shipping' }],
      causes: ['storage.claim-class-missing'],
      end: 'either',
      mendBy: ['rollout-undo', 'patch'],
      verifiedWhen: [runsAsWanted('shipping'), failsRarely('shipping')],
    },
    levels: everyLevel,
    adds: ({ namespace }) => [
      {
        ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
        metadata: { name: 'parcel-labels', namespace },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast-ssd',
          resources: { requests: { storage: '1Gi' } },
        },
      },
    ],
    changes: (names) => [
      rollOut(names, 'shipping', {
        container: { volumeMounts: [{ name: 'labels', mountPath: '/var/labels' }] },
        pod: { volumes: [{ name: 'labels', persistentVolumeClaim: { claimName: 'parcel-labels' } }] },
        cause: `${names.services.shipping} prints its labels`,
      }),
    ],
  }),
  rolloutFault({
    name: 'account-missing',
    title: { en: 'A service account that does not exist', zh: '服务账号不存在' },
    of: 'payment',
    causes: ['admission.service-account-missing'],
    pod: (names) => ({ serviceAccountName: `${names.services.payment}-acquirer` }),
    note: 'by an account of its own',
    inObjects: true,
  }),
];
