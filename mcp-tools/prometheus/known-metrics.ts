import type { Labels } from './client.ts';
import type { Concept } from './label-spellings.ts';
import type { RecipeName, Tells } from './series-recipes.ts';

/** A metric of a common exporter, of which it is known what it means and which labels tell its series apart. */
export type KnownMetric = {
  readonly recipes: readonly KnownRecipe[];
  /** Concepts (in any spelling) and plain labels that tell the series apart; the namespace always does. */
  readonly keys: readonly (Concept | (string & {}))[];
  /** Labels that the series must have in this form; they are keys too. */
  readonly only?: Readonly<Record<string, RegExp>>;
};

export type KnownRecipe = {
  readonly recipe: RecipeName;
  /** Absent: the recipe tells it. */
  readonly tells?: Tells | ((labels: Labels) => Tells);
  /** Left out where Prometheus does not hold this metric. */
  readonly needs?: string;
  /** Left out where Prometheus holds this metric: another recipe says the same from it. */
  readonly unless?: string;
};

const inContainer = { container: /^(?!POD$).+$/ } as const;
const containerKeys = ['pod', 'container'] as const;

const cores: Tells = { signal: 'saturation', unit: 'cores', badWhen: 'up' };
const memory: Tells = { signal: 'saturation', unit: 'bytes', badWhen: 'up' };
const load: Tells = { signal: 'saturation', badWhen: 'up' };
const available: Tells = { signal: 'availability', badWhen: 'down' };
// How many there should be is a decision; that fewer are there is the trouble.
const wanted: Tells = { signal: 'other', badWhen: 'either' };
const trouble: Tells = { signal: 'availability', badWhen: 'up' };
const restarts: Tells = { signal: 'restarts', badWhen: 'up' };
const byteRate: Tells = { signal: 'other', unit: 'bytes/s', badWhen: 'either' };
const lost: Tells = { signal: 'other', unit: '1/s', badWhen: 'up' };
const busy: Tells = { signal: 'saturation', unit: 'ratio', badWhen: 'up' };

const one = (recipe: RecipeName, tells: KnownRecipe['tells']): readonly KnownRecipe[] =>
  tells === undefined ? [{ recipe }] : [{ recipe, tells }];

const conditionTells = (labels: Labels): Tells => (labels.condition === 'Ready' ? available : trouble);

const realDisk = { fstype: /^(?!tmpfs$|overlay$|squashfs$|ramfs$|nsfs$|iso9660$|rootfs$)/ } as const;

const cadvisor = {
  container_cpu_usage_seconds_total: {
    recipes: [
      { recipe: 'rate', tells: cores },
      { recipe: 'cpu-of-limit', needs: 'container_spec_cpu_quota' },
      {
        recipe: 'cpu-of-declared-limit',
        needs: 'kube_pod_container_resource_limits',
        unless: 'container_spec_cpu_quota',
      },
    ],
    keys: containerKeys,
    only: inContainer,
  },
  container_cpu_cfs_periods_total: {
    recipes: [{ recipe: 'throttling' }],
    keys: containerKeys,
    only: inContainer,
  },
  container_memory_working_set_bytes: {
    recipes: [
      { recipe: 'sum', tells: memory },
      { recipe: 'memory-of-limit', needs: 'container_spec_memory_limit_bytes' },
      {
        recipe: 'memory-of-declared-limit',
        needs: 'kube_pod_container_resource_limits',
        unless: 'container_spec_memory_limit_bytes',
      },
    ],
    keys: containerKeys,
    only: inContainer,
  },
  container_oom_events_total: { recipes: one('max', restarts), keys: containerKeys, only: inContainer },
  container_network_receive_bytes_total: { recipes: one('rate', byteRate), keys: ['pod'] },
  container_network_transmit_bytes_total: { recipes: one('rate', byteRate), keys: ['pod'] },
  container_network_receive_packets_dropped_total: { recipes: one('rate', lost), keys: ['pod'] },
  container_network_transmit_packets_dropped_total: { recipes: one('rate', lost), keys: ['pod'] },
} as const satisfies Readonly<Record<string, KnownMetric>>;

const kubeStateMetrics = {
  kube_deployment_spec_replicas: { recipes: one('max', wanted), keys: ['deployment'] },
  kube_deployment_status_replicas_available: { recipes: one('max', available), keys: ['deployment'] },
  kube_deployment_status_replicas_unavailable: { recipes: one('max', trouble), keys: ['deployment'] },
  kube_statefulset_replicas: { recipes: one('max', wanted), keys: ['statefulset'] },
  kube_statefulset_status_replicas_ready: { recipes: one('max', available), keys: ['statefulset'] },
  kube_daemonset_status_desired_number_scheduled: { recipes: one('max', wanted), keys: ['daemonset'] },
  kube_daemonset_status_number_available: { recipes: one('max', available), keys: ['daemonset'] },
  kube_job_status_failed: { recipes: one('max', trouble), keys: ['job_name'] },
  kube_pod_status_ready: { recipes: one('max', available), keys: ['pod'], only: { condition: /^true$/ } },
  kube_pod_status_phase: {
    recipes: one('max', trouble),
    keys: ['pod'],
    only: { phase: /^(Pending|Failed|Unknown)$/ },
  },
  kube_pod_container_status_ready: { recipes: one('max', available), keys: containerKeys },
  kube_pod_container_status_restarts_total: { recipes: one('max', restarts), keys: containerKeys },
  kube_pod_container_status_waiting_reason: {
    recipes: one('max', trouble),
    keys: containerKeys,
    only: { reason: /^(?!ContainerCreating$|PodInitializing$).+/ },
  },
  kube_pod_container_status_terminated_reason: {
    recipes: one('max', restarts),
    keys: containerKeys,
    only: { reason: /^(?!Completed$).+/ },
  },
  kube_pod_container_status_last_terminated_reason: {
    recipes: one('max', restarts),
    keys: containerKeys,
    only: { reason: /^(?!Completed$).+/ },
  },
  kube_endpoint_address: { recipes: one('sum', available), keys: ['endpoint'], only: { ready: /^true$/ } },
  kube_endpoint_address_available: { recipes: one('max', available), keys: ['endpoint'] },
  kube_horizontalpodautoscaler_status_current_replicas: {
    recipes: one('max', wanted),
    keys: ['horizontalpodautoscaler'],
  },
  kube_persistentvolumeclaim_status_phase: {
    recipes: one('max', trouble),
    keys: ['persistentvolumeclaim'],
    only: { phase: /^(Pending|Lost)$/ },
  },
  kube_node_status_condition: {
    recipes: one('max', conditionTells),
    keys: ['node', 'condition'],
    only: { status: /^true$/ },
  },
  kube_node_spec_unschedulable: { recipes: one('max', trouble), keys: ['node'] },
} as const satisfies Readonly<Record<string, KnownMetric>>;

const nodeExporter = {
  node_cpu_seconds_total: { recipes: [{ recipe: 'node-cpu-used' }], keys: ['node'] },
  node_memory_MemAvailable_bytes: { recipes: [{ recipe: 'node-memory-used' }], keys: ['node'] },
  node_filesystem_avail_bytes: {
    recipes: [{ recipe: 'node-disk-used' }],
    keys: ['node', 'mountpoint'],
    only: realDisk,
  },
  node_load1: { recipes: one('max', load), keys: ['node'] },
  node_disk_io_time_seconds_total: { recipes: one('rate', busy), keys: ['node', 'device'] },
  node_network_receive_drop_total: { recipes: one('rate', lost), keys: ['node'] },
  node_network_transmit_drop_total: { recipes: one('rate', lost), keys: ['node'] },
  node_netstat_Tcp_RetransSegs: { recipes: one('rate', lost), keys: ['node'] },
  node_vmstat_oom_kill: { recipes: one('max', restarts), keys: ['node'] },
  node_timex_offset_seconds: {
    recipes: one('max', { signal: 'other', unit: 's', badWhen: 'either' }),
    keys: ['node'],
  },
  kubelet_volume_stats_available_bytes: {
    recipes: [{ recipe: 'volume-used', needs: 'kubelet_volume_stats_capacity_bytes' }],
    keys: ['persistentvolumeclaim'],
  },
} as const satisfies Readonly<Record<string, KnownMetric>>;

/** Metrics whose series speak of a Kubernetes object or a host, whoever exposes them. */
export const objectMetrics: Readonly<Record<string, KnownMetric>> = {
  ...cadvisor,
  ...kubeStateMetrics,
  ...nodeExporter,
};

/** Metrics that a process tells of itself; told apart by the service, like every metric of an application. */
export const processMetrics: Readonly<Record<string, readonly KnownRecipe[]>> = {
  up: one('min', available),
  process_resident_memory_bytes: one('max', memory),
  process_cpu_seconds_total: one('rate', cores),
  process_open_fds: [{ recipe: 'descriptors-used', needs: 'process_max_fds' }],
  nodejs_eventloop_lag_seconds: one('max', { signal: 'saturation', unit: 's', badWhen: 'up' }),
  nodejs_eventloop_lag_p99_seconds: one('max', { signal: 'saturation', unit: 's', badWhen: 'up' }),
  nodejs_heap_size_used_bytes: one('max', memory),
  go_goroutines: one('max', load),
  jvm_threads_current: one('max', load),
  jvm_threads_live_threads: one('max', load),
};

/** What says nothing that would help: constants, the exporter's own book-keeping, recording rules, which say again what their sources say. */
export const uselessMetrics =
  /:|_info$|_created$|_build_|^build_|^scrape_|^ALERTS|^promhttp_|^prometheus_(?!http)|^process_(max_fds|start_time|virtual|network)|^container_|^kube_|^node_|^kubelet_volume|^go_(?!goroutines$)|^python_|^nodejs_(gc|version|active|eventloop_lag_(min|max|mean|stddev|p50|p90))|^machine_|^cadvisor_|_timestamp(_seconds)?$|_start_time/;

const needed = [
  ...Object.values(objectMetrics).flatMap((known) => known.recipes),
  ...Object.values(processMetrics).flat(),
];

/** Patterns of the names that a look at everything is kept to: what is known, and what counts or times requests. */
export const broadNames: readonly string[] = [
  ...Object.keys(objectMetrics),
  ...Object.keys(processMetrics),
  'kube_pod_labels',
  ...needed.flatMap(({ needs }) => (needs === undefined ? [] : [needs])),
  '.*(requests?|calls|rpcs?|handled|responses?)(_total|_count)?',
  '.*(request|response|call|rpc|handling|http|grpc).*(seconds|millis|milliseconds|duration|latency|ms)(_bucket|_sum|_count)?',
  '.*(errors?|failures?|failed|exceptions?)(_total)?',
];

/** Whether a recipe's other metrics are as it needs them. */
export function canCook(known: KnownRecipe, found: ReadonlySet<string>): boolean {
  const has = (metric: string): boolean => found.has(metric);
  return (
    (known.needs === undefined || has(known.needs)) && (known.unless === undefined || !has(known.unless))
  );
}
