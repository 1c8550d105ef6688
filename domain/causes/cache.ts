import { defineCauses } from './define-causes.ts';

const carriers = ['Cache', 'StatefulSet', 'Deployment', 'CloudResource'] as const;

export const cacheCauses = defineCauses('cache', {
  down: {
    title: { en: 'The cache is down', zh: '缓存不可用' },
    kinds: [...carriers],
    proves: [
      'every client: "connection refused", "LOADING Redis is loading the dataset in memory", "CLUSTERDOWN The cluster is down"',
      'redis_up 0 or its pods are not ready; the database behind it takes the load',
    ],
    excludes: ['the cache answers PING to other clients'],
    fixes: ['scale', 'rollout-restart', 'rollout-undo', 'restart-unit'],
  },
  'memory-full': {
    title: { en: 'The memory of the cache is full', zh: '缓存内存打满' },
    kinds: [...carriers],
    proves: [
      '"OOM command not allowed when used memory > \'maxmemory\'"; errorstat_OOM rises',
      'used_memory at maxmemory with policy noeviction',
    ],
    excludes: ['used_memory below 80 % of maxmemory'],
    fixes: ['set-resources', 'patch', 'scale'],
  },
  evictions: {
    title: { en: 'The cache evicts keys', zh: '缓存大量淘汰，命中率下降' },
    kinds: [...carriers],
    proves: ['evicted_keys rises, hit ratio falls, load of the database behind it rises at the same time'],
    excludes: ['evicted_keys constant', 'keys expire by their own time'],
    fixes: ['set-resources', 'patch', 'scale'],
  },
  'persistence-failed': {
    title: { en: 'The cache cannot save its data', zh: '缓存持久化失败' },
    kinds: [...carriers, 'PersistentVolumeClaim'],
    proves: [
      '"MISCONF Redis is configured to save RDB snapshots, but it\'s currently unable to persist to disk"',
      'rdb_last_bgsave_status or aof_last_write_status err; "Can\'t save in background: fork: Cannot allocate memory"',
    ],
    excludes: ['both statuses ok'],
    fixes: ['set-resources', 'patch'],
  },
  'replication-broken': {
    title: { en: 'The replication of the cache is broken', zh: '缓存主从复制异常' },
    kinds: [...carriers],
    proves: [
      'master_link_status down, connected_slaves drops, repeated full synchronisations',
      '"READONLY You can\'t write against a read only replica": clients write to a replica after a failover',
    ],
    excludes: ['master_link_status up and offsets move together'],
    fixes: ['rollout-restart', 'delete-pod', 'patch'],
  },
  'hot-key': {
    title: { en: 'One key or shard of the cache takes most of the load', zh: '缓存热点 Key' },
    kinds: ['Cache', 'Deployment', 'CloudResource'],
    proves: [
      'one shard at 100 % CPU or network while the others idle; --hotkeys or MONITOR samples name one key',
    ],
    excludes: ['load is even over the shards'],
    fixes: ['scale', 'rollout-undo'],
  },
  'slow-command': {
    title: { en: 'Slow commands block the cache', zh: '缓存慢命令阻塞' },
    kinds: ['Cache', 'Deployment', 'CloudResource'],
    proves: [
      'SLOWLOG holds KEYS, HGETALL, LRANGE 0 -1, SORT or long scripts at the times of the latency peaks',
      'LATENCY DOCTOR names them',
    ],
    excludes: ['SLOWLOG is empty in the window'],
    fixes: ['rollout-undo', 'rollout-restart'],
  },
  other: {
    title: { en: 'The cache is not well', zh: '其他缓存问题' },
    kinds: [...carriers],
    proves: [
      'errors or latency at cache calls, and no finer cause: maxclients reached, fragmentation, fork latency',
    ],
    excludes: ['the cache answers all its clients as before'],
    fixes: ['rollout-restart'],
  },
});
