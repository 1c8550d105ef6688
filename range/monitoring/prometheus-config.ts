import { stringify } from 'yaml';
import type { Cluster } from '../cluster/cluster.ts';
import type { Intervals } from './intervals.ts';

export type PrometheusPlaces = {
  rulesFile: string;
  podTargetsFile: string;
  nodeTargetsFile: string;
  alertmanagerAddress: string;
  kubeStateMetricsAddress: string;
};

/** What is kept of cAdvisor's and the API server's thousands of series: what people look at. */
const cadvisorSeries = [
  'container_cpu_usage_seconds_total',
  'container_cpu_cfs_periods_total',
  'container_cpu_cfs_throttled_periods_total',
  'container_cpu_cfs_throttled_seconds_total',
  'container_memory_working_set_bytes',
  'container_memory_rss',
  'container_memory_failcnt',
  'container_oom_events_total',
  'container_network_(receive|transmit)_(bytes|errors|packets_dropped)_total',
  'container_fs_usage_bytes',
];
const apiServerSeries = ['apiserver_request_total', 'apiserver_current_inflight_requests', 'up'];
const kubeletSeries = [
  'kubelet_running_pods',
  'kubelet_running_containers',
  'kubelet_runtime_operations_errors_total',
];

function keep(names: readonly string[]): Record<string, unknown> {
  return { source_labels: ['__name__'], regex: names.join('|'), action: 'keep' };
}

type Job = { job_name: string } & Record<string, unknown>;
type ScrapedCluster = Pick<Cluster, 'name' | 'level' | 'apiServerUrl' | 'caPath' | 'prometheusTokenPath'>;

function fromFile(file: string): unknown[] {
  return [{ files: [file], refresh_interval: '2s' }];
}

/** Pods with their own metrics, and what Kubernetes says of its objects. */
function objectJobs(places: PrometheusPlaces): Job[] {
  return [
    { job_name: 'kubernetes-pods', file_sd_configs: fromFile(places.podTargetsFile) },
    {
      job_name: 'kube-state-metrics',
      honor_labels: true,
      static_configs: [{ targets: [places.kubeStateMetricsAddress] }],
      metric_relabel_configs: [{ source_labels: ['namespace'], regex: 'kube-.*', action: 'drop' }],
    },
  ];
}

/** The nodes' containers, and the machinery itself: answers of megabytes, most of which nobody looks at. */
function machineryJobs(cluster: ScrapedCluster, places: PrometheusPlaces): Job[] {
  const withToken = {
    scheme: 'https',
    tls_config: { ca_file: cluster.caPath },
    authorization: { credentials_file: cluster.prometheusTokenPath },
  };
  const seldom = { ...withToken, scrape_interval: '15s', scrape_timeout: '10s' };
  return [
    {
      ...withToken,
      job_name: 'cadvisor',
      metrics_path: '/metrics/cadvisor',
      file_sd_configs: fromFile(places.nodeTargetsFile),
      metric_relabel_configs: [
        keep(cadvisorSeries),
        // Sums over a whole pod or node; the pod's network is the exception that only a sum has.
        {
          source_labels: ['container', '__name__'],
          regex: ';container_(cpu|memory|oom|fs).*',
          action: 'drop',
        },
        { regex: 'id|image|name', action: 'labeldrop' },
      ],
    },
    {
      ...seldom,
      job_name: 'kubelet',
      file_sd_configs: fromFile(places.nodeTargetsFile),
      metric_relabel_configs: [keep(kubeletSeries)],
    },
    {
      ...seldom,
      job_name: 'apiserver',
      static_configs: [{ targets: [new URL(cluster.apiServerUrl).host] }],
      metric_relabel_configs: [keep(apiServerSeries)],
    },
  ];
}

const jobsOfContainers: ReadonlySet<string> = new Set(['kubernetes-pods', 'cadvisor', 'kubelet']);

/** Prometheus' configuration. Pods and nodes come from target files, which `targets.ts` keeps up to date. */
export function prometheusConfig(
  cluster: ScrapedCluster,
  intervals: Intervals,
  places: PrometheusPlaces,
): string {
  return stringify({
    global: {
      scrape_interval: `${intervals.scrapeSeconds}s`,
      scrape_timeout: `${intervals.scrapeSeconds}s`,
      evaluation_interval: `${intervals.evaluationSeconds}s`,
      external_labels: { cluster: cluster.name },
    },
    rule_files: [places.rulesFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [places.alertmanagerAddress] }] }] },
    scrape_configs: [...objectJobs(places), ...machineryJobs(cluster, places)].filter(
      // Nothing answers where nodes and pods are simulated.
      ({ job_name: name }) => cluster.level !== 'api' || !jobsOfContainers.has(name),
    ),
  });
}
