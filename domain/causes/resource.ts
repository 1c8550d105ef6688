import { defineCauses, workloadKinds } from './define-causes.ts';

export const resourceCauses = defineCauses('resource', {
  'cpu-saturated': {
    title: { en: 'The CPU is saturated', zh: 'CPU 打满' },
    kinds: [...workloadKinds, 'Node', 'Host'],
    proves: [
      'CPU use at the limit or at all cores, run queue or pressure (node_pressure_cpu_waiting_seconds_total) rises with latency',
      'one process or pod takes it; it began with the trouble',
    ],
    excludes: [
      'CPU use as in the quiet window',
      'throttled at a low limit while the node idles: that is throttling',
    ],
    fixes: ['scale', 'set-resources', 'rollout-undo', 'rollout-restart'],
  },
  'cpu-throttled': {
    title: { en: 'A container is throttled at its CPU limit', zh: 'CPU 限流（throttling）' },
    kinds: [...workloadKinds],
    proves: [
      'container_cpu_cfs_throttled_periods_total / container_cpu_cfs_periods_total above 25 % since the latency rose',
      'CPU use of the container equals its limit; the limit was lowered or the load rose',
    ],
    excludes: ['no CPU limit', 'throttling as high in the quiet window'],
    fixes: ['set-resources', 'rollout-undo', 'scale'],
  },
  'memory-saturated': {
    title: { en: 'The memory is saturated', zh: '内存打满' },
    kinds: [...workloadKinds, 'Node', 'Host'],
    proves: [
      'working set near the limit, garbage collection or page faults rise with latency, not yet killed',
      'memory pressure (node_pressure_memory_waiting_seconds_total) or swapping',
    ],
    excludes: ['working set well below the limit', 'OOMKilled already: then that is the cause'],
    fixes: ['set-resources', 'rollout-restart', 'scale'],
  },
  'memory-leak': {
    title: { en: 'Memory grows without end', zh: '内存泄漏' },
    kinds: [...workloadKinds, 'Host'],
    proves: [
      'working set climbs steadily at even traffic from start to limit, in every replica, and falls only at restart',
      'it began with a revision',
    ],
    excludes: ['it levels off', 'it follows the traffic'],
    fixes: ['rollout-undo', 'rollout-restart', 'set-resources'],
  },
  'disk-full': {
    title: { en: 'A disk is full', zh: '磁盘写满' },
    kinds: ['Host', 'Node', 'PersistentVolumeClaim'],
    proves: ['"no space left on device"; node_filesystem_avail_bytes or inodes near 0 on the path'],
    excludes: ['free space and inodes at the time of the error', 'a quota of the user or project is meant'],
    fixes: ['patch', 'drain'],
  },
  'disk-io': {
    title: { en: 'A disk is too slow or overloaded', zh: '磁盘 IO 瓶颈' },
    kinds: ['Host', 'Node', 'PersistentVolume', ...workloadKinds],
    proves: [
      'node_disk_io_time_seconds_total rate near 1, wait per operation rises, CPU iowait',
      'IO pressure; "task blocked for more than 120 seconds"; provider throttles the volume',
    ],
    excludes: ['utilisation and wait as in the quiet window'],
    fixes: ['drain', 'scale', 'rollout-undo'],
  },
  'network-saturated': {
    title: { en: 'A network interface is saturated', zh: '网卡流量打满' },
    kinds: ['Host', 'Node', ...workloadKinds],
    proves: ['transmit or receive rate at the speed of the interface or of the instance type, drops rise'],
    excludes: ['rates well below the speed'],
    fixes: ['drain', 'scale'],
  },
  'descriptors-exhausted': {
    title: { en: 'File descriptors are used up', zh: '文件描述符耗尽' },
    kinds: [...workloadKinds, 'Host'],
    proves: ['"too many open files", EMFILE; process_open_fds near process_max_fds'],
    excludes: ['process_open_fds far below process_max_fds'],
    fixes: ['rollout-restart', 'rollout-undo', 'patch'],
  },
  'threads-exhausted': {
    title: { en: 'Threads are used up', zh: '线程池或线程数耗尽' },
    kinds: [...workloadKinds, 'Host'],
    proves: [
      '"unable to create new native thread", "RejectedExecutionException", "Resource temporarily unavailable"',
      'busy threads equal the maximum of the pool, queue grows, CPU idles',
    ],
    excludes: ['the pool has idle threads'],
    fixes: ['rollout-restart', 'patch', 'scale'],
  },
  'connections-exhausted': {
    title: { en: "A client's connection pool is used up", zh: '连接池耗尽' },
    kinds: [...workloadKinds, 'ConfigMap'],
    proves: [
      '"connection pool exhausted", "Timeout waiting for connection from pool", "Cannot assign requested address"',
      'connections in use equal the maximum of the pool while the server has room',
    ],
    excludes: [
      'the server refuses ("too many connections"): that is the server',
      'the pool has idle connections',
    ],
    fixes: ['rollout-restart', 'patch', 'scale', 'rollout-undo'],
  },
  other: {
    title: { en: 'A resource is used up', zh: '其他资源问题' },
    kinds: [...workloadKinds, 'Node', 'Host'],
    proves: [
      'another bounded resource at its limit since the trouble began: conntrack, inodes, ephemeral ports, shared memory',
    ],
    excludes: ['all resources within their limits'],
    fixes: ['scale', 'rollout-restart'],
  },
});
