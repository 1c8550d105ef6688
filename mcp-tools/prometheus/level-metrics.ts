import type { LevelKind } from '#domain/tools/prometheus.ts';

/** What tells how much of something is used up, by the exporters that everybody runs. */
export type LevelMetric = {
  readonly kind: LevelKind;
  readonly metric: string;
  /** Labels that tell one from another; what a series lacks is empty. */
  readonly by: readonly string[];
  /** The part of the limit that is used, for a modifier of its selectors. */
  readonly share: (at: string) => string;
};

const target = ['namespace', 'service', 'pod', 'instance', 'job'] as const;
const volume = ['namespace', 'persistentvolumeclaim'] as const;
const mount = ['node', 'instance', 'mountpoint'] as const;
const inContainer = 'container!="",container!="POD"';
/** What is full by its nature, or gone at the next start. */
const realDisk = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|nsfs|rootfs|erofs|fuse.*|autofs"';

const list = (labels: readonly string[]) => labels.join(', ');

/** One metric over another, of the same labels; nothing where there is no limit. */
function over(by: readonly string[], used: string, limit: string): (at: string) => string {
  return (at) => `max by (${list(by)}) (${used}${at}) / (max by (${list(by)}) (${limit}${at}) > 0)`;
}

const free = (by: readonly string[], left: string, all: string) => (at: string) =>
  `1 - max by (${list(by)}) (${left}${at}) / (max by (${list(by)}) (${all}${at}) > 0)`;

const expiry = (metric: string, by: readonly string[]): LevelMetric => ({
  kind: 'certificate',
  metric,
  by,
  share: (at) => `min by (${list(by)}) (${metric}${at} > 0)`,
});

const container = ['namespace', 'pod', 'container'] as const;
const quota = ['namespace', 'resourcequota', 'resource'] as const;

export const levelMetrics: readonly LevelMetric[] = [
  {
    kind: 'disk',
    metric: 'kubelet_volume_stats_available_bytes',
    by: volume,
    share: free(volume, 'kubelet_volume_stats_available_bytes', 'kubelet_volume_stats_capacity_bytes'),
  },
  {
    kind: 'disk',
    metric: 'node_filesystem_avail_bytes',
    by: mount,
    share: free(mount, `node_filesystem_avail_bytes{${realDisk}}`, `node_filesystem_size_bytes{${realDisk}}`),
  },
  {
    kind: 'inodes',
    metric: 'kubelet_volume_stats_inodes_used',
    by: volume,
    share: over(volume, 'kubelet_volume_stats_inodes_used', 'kubelet_volume_stats_inodes'),
  },
  {
    kind: 'inodes',
    metric: 'node_filesystem_files_free',
    by: mount,
    share: free(mount, `node_filesystem_files_free{${realDisk}}`, `node_filesystem_files{${realDisk}}`),
  },
  {
    kind: 'memory',
    metric: 'container_memory_working_set_bytes',
    by: container,
    share: over(
      container,
      `container_memory_working_set_bytes{${inContainer}}`,
      'kube_pod_container_resource_limits{resource="memory"}',
    ),
  },
  {
    kind: 'quota',
    metric: 'kube_resourcequota',
    by: quota,
    share: over(quota, 'kube_resourcequota{type="used"}', 'kube_resourcequota{type="hard"}'),
  },
  {
    kind: 'connections',
    metric: 'pg_stat_activity_count',
    by: target,
    share: (at) =>
      `sum by (${list(target)}) (pg_stat_activity_count${at}) / (max by (${list(target)}) (pg_settings_max_connections${at}) > 0)`,
  },
  {
    kind: 'connections',
    metric: 'mysql_global_status_threads_connected',
    by: target,
    share: over(target, 'mysql_global_status_threads_connected', 'mysql_global_variables_max_connections'),
  },
  {
    kind: 'connections',
    metric: 'redis_connected_clients',
    by: target,
    share: over(target, 'redis_connected_clients', 'redis_config_maxclients'),
  },
  expiry('certmanager_certificate_expiration_timestamp_seconds', ['namespace', 'name']),
  expiry('probe_ssl_earliest_cert_expiry', ['instance', 'job']),
  expiry('x509_cert_not_after', ['secret_namespace', 'secret_name', 'node', 'instance', 'filepath']),
  expiry('kubelet_certificate_manager_client_expiration_seconds', ['node', 'instance']),
];

/** The levels over a range, of those that are the fullest at its end. */
export function levelQuery({ kind, by, share }: LevelMetric, least: number, most: number): string {
  const now = `(${share(' @ end()')})`;
  const chosen = kind === 'certificate' ? `bottomk(${most}, ${now})` : `topk(${most}, ${now} >= ${least})`;
  return `(${share('')}) and on (${list(by)}) ${chosen}`;
}
