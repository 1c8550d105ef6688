import { defineCauses } from './define-causes.ts';

const carriers = ['Service', 'StatefulSet', 'CloudResource'] as const;

export const searchCauses = defineCauses('search', {
  'cluster-red': {
    title: { en: 'The search cluster is red: primary shards are missing', zh: '搜索集群 Red（主分片缺失）' },
    kinds: [...carriers],
    proves: [
      '_cluster/health status red; "all shards failed", "NoShardAvailableActionException"; nodes fewer than expected',
    ],
    excludes: ['status green or yellow'],
    fixes: ['scale', 'rollout-restart', 'delete-pod', 'rollout-undo'],
  },
  'cluster-yellow': {
    title: {
      en: 'The search cluster is yellow: replica shards are missing',
      zh: '搜索集群 Yellow（副本分片缺失）',
    },
    kinds: [...carriers],
    proves: [
      '_cluster/health status yellow for more than 15 minutes; more replicas than nodes can hold, or a node is gone',
    ],
    excludes: ['shards are initialising or relocating and their number falls'],
    fixes: ['scale', 'rollout-restart'],
  },
  'shard-unassigned': {
    title: { en: 'Shards stay unassigned', zh: '分片未分配' },
    kinds: [...carriers],
    proves: [
      '_cluster/allocation/explain names the decider: disk watermark, allocation filter, max_retry, cluster.routing.allocation.enable',
    ],
    excludes: ['unassigned_shards 0'],
    fixes: ['scale', 'patch'],
  },
  'heap-pressure': {
    title: { en: 'The heap of the search nodes is under pressure', zh: 'JVM 堆内存压力' },
    kinds: [...carriers],
    proves: [
      'heap above 85 %, "Data too large … circuit_breaking_exception", "[gc] overhead", rejected executions',
    ],
    excludes: ['heap below 75 % after collections'],
    fixes: ['set-resources', 'scale', 'rollout-restart', 'patch'],
  },
  'read-only-index': {
    title: { en: 'Indices are read-only', zh: '索引只读（磁盘水位触发）' },
    kinds: [...carriers, 'PersistentVolumeClaim'],
    proves: [
      '"index [...] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block]"',
      'disk use above the flood stage (95 %)',
    ],
    excludes: ['no index has the block'],
    fixes: ['patch'],
  },
  'mapping-explosion': {
    title: { en: 'An index has too many fields', zh: '字段映射爆炸' },
    kinds: ['Service', 'Deployment', 'CloudResource'],
    proves: [
      '"Limit of total fields [1000] has been exceeded"; cluster state grows, pending tasks put-mapping',
    ],
    excludes: ['number of fields is stable and below the limit'],
    fixes: ['rollout-undo', 'patch'],
  },
  other: {
    title: { en: 'The search cluster is not well', zh: '其他搜索引擎问题' },
    kinds: [...carriers],
    proves: [
      'search or indexing fails or slows down, and no finer cause: no master, rejected bulk requests, heavy queries',
    ],
    excludes: ['search and indexing work as before'],
    fixes: ['rollout-restart'],
  },
});
