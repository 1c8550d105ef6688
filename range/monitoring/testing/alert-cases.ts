/** Series as promtool takes them: `name{labels}` → values every three seconds. */
type Series = Readonly<Record<string, string>>;
export type AlertCase = {
  alert: string;
  series: Series;
  at: string;
  /** Of the alerts that fire then; absent: none does. */
  labels?: readonly Readonly<Record<string, string>>[];
};

const shop = { namespace: 'shop', severity: 'warning' };
const critical = { namespace: 'shop', severity: 'critical' };
const requests = (code: string, service = 'a'): string =>
  `http_requests_total{namespace="shop",service="${service}",pod="p1",code="${code}"}`;
const bucket = (le: string): string =>
  `http_request_duration_seconds_bucket{namespace="shop",service="a",pod="p1",le="${le}"}`;
const podOfA = { 'kube_pod_labels{namespace="shop",pod="a-1",label_app_kubernetes_io_name="a"}': '1x100' };
const podState = (name: string, labels = ''): string => `${name}{namespace="shop",pod="a-1"${labels}}`;
const container = ',container="a"';

/** For every alert: a state in which it must fire, with just these labels, and states near it in which it must not. */
export const alertCases: readonly AlertCase[] = [
  {
    alert: 'ServiceErrorRatioHigh',
    series: { [requests('200')]: '0+9x40', [requests('500')]: '0+1x40' },
    at: '60s',
    labels: [{ ...critical, service: 'a' }],
  },
  {
    alert: 'ServiceErrorRatioHigh',
    series: { [requests('200')]: '0+98x40', [requests('500')]: '0+2x40', [requests('404')]: '0+30x40' },
    at: '60s',
  },
  {
    alert: 'ServiceLatencyHigh',
    series: {
      [requests('200')]: '0+10x40',
      [bucket('0.5')]: '0+8x40',
      [bucket('1')]: '0+8x40',
      [bucket('2.5')]: '0+10x40',
      [bucket('+Inf')]: '0+10x40',
    },
    at: '60s',
    labels: [{ ...shop, service: 'a' }],
  },
  {
    alert: 'ServiceLatencyHigh',
    series: { [requests('200')]: '0+10x40', [bucket('0.5')]: '0+10x40', [bucket('+Inf')]: '0+10x40' },
    at: '60s',
  },
  {
    alert: 'ServiceTrafficAbsent',
    series: { [requests('200')]: '0+6x40 240x20' },
    at: '165s',
    labels: [{ ...shop, service: 'a' }],
  },
  // Gone with its pods: no series at all.
  {
    alert: 'ServiceTrafficAbsent',
    series: { [requests('200')]: '0+6x40 _x40' },
    at: '165s',
    labels: [{ ...shop, service: 'a' }],
  },
  { alert: 'ServiceTrafficAbsent', series: { [requests('200')]: '0+6x60' }, at: '165s' },
  {
    alert: 'TargetDown',
    series: { 'up{job="kubelet",instance="i"}': '1x5 0x20', 'up{job="pods",instance="j"}': '1x30' },
    at: '60s',
    labels: [{ severity: 'warning', job: 'kubelet', instance: 'i' }],
  },
  {
    alert: 'KubePodNotReady',
    series: { ...podOfA, [podState('kube_pod_status_ready', ',condition="false"')]: '1x40' },
    at: '60s',
    labels: [{ ...shop, service: 'a' }],
  },
  // Not scheduled yet: it has a phase and no conditions.
  {
    alert: 'KubePodNotReady',
    series: { ...podOfA, [podState('kube_pod_status_phase', ',phase="Pending"')]: '1x40' },
    at: '60s',
    labels: [{ ...shop, service: 'a' }],
  },
  // On its way out.
  {
    alert: 'KubePodNotReady',
    series: {
      ...podOfA,
      [podState('kube_pod_status_ready', ',condition="false"')]: '1x40',
      [podState('kube_pod_deletion_timestamp')]: '100x40',
    },
    at: '60s',
  },
  // A job's, done.
  {
    alert: 'KubePodNotReady',
    series: {
      ...podOfA,
      [podState('kube_pod_status_ready', ',condition="false"')]: '1x40',
      [podState('kube_pod_status_phase', ',phase="Succeeded"')]: '1x40',
    },
    at: '60s',
  },
  // A restart in passing.
  {
    alert: 'KubePodNotReady',
    series: { ...podOfA, [podState('kube_pod_status_ready', ',condition="false"')]: '0x15 1x2 0x20' },
    at: '54s',
  },
  {
    alert: 'KubePodCrashLooping',
    series: {
      ...podOfA,
      // Between two waits it runs for a moment.
      [podState('kube_pod_container_status_waiting_reason', `${container},reason="CrashLoopBackOff"`)]:
        '1x5 _x4 1x5 _x4',
    },
    at: '54s',
    labels: [{ ...shop, service: 'a', container: 'a' }],
  },
  {
    alert: 'KubeContainerWaiting',
    series: {
      ...podOfA,
      [podState('kube_pod_container_status_waiting_reason', `${container},reason="ErrImagePull"`)]:
        '1x5 _x20',
      [podState('kube_pod_container_status_waiting_reason', `${container},reason="ImagePullBackOff"`)]:
        '_x5 1x20',
    },
    at: '30s',
    labels: [{ ...shop, service: 'a', container: 'a' }],
  },
  {
    alert: 'KubeContainerWaiting',
    series: {
      ...podOfA,
      [podState('kube_pod_container_status_waiting_reason', `${container},reason="ContainerCreating"`)]:
        '1x20',
    },
    at: '30s',
  },
  {
    alert: 'KubeContainerOOMKilled',
    series: {
      ...podOfA,
      [podState('kube_pod_container_status_last_terminated_reason', `${container},reason="OOMKilled"`)]:
        '1x100',
      [podState('kube_pod_container_status_last_terminated_timestamp', container)]: '10x100',
    },
    at: '30s',
    labels: [{ ...shop, service: 'a', container: 'a' }],
  },
  // Two minutes later it has run well ever since.
  {
    alert: 'KubeContainerOOMKilled',
    series: {
      ...podOfA,
      [podState('kube_pod_container_status_last_terminated_reason', `${container},reason="OOMKilled"`)]:
        '1x100',
      [podState('kube_pod_container_status_last_terminated_timestamp', container)]: '10x100',
    },
    at: '150s',
  },
  {
    alert: 'KubeDeploymentReplicasMismatch',
    series: {
      'kube_deployment_spec_replicas{namespace="shop",deployment="a",instance="ksm"}': '2x40',
      'kube_deployment_status_replicas_available{namespace="shop",deployment="a",instance="ksm"}': '2x5 1x40',
      'kube_deployment_spec_replicas{namespace="shop",deployment="b"}': '0x40',
      'kube_deployment_status_replicas_available{namespace="shop",deployment="b"}': '0x40',
    },
    at: '60s',
    labels: [{ ...shop, service: 'a', deployment: 'a' }],
  },
  {
    alert: 'KubeDeploymentRolloutStuck',
    series: {
      'kube_deployment_status_condition{namespace="shop",deployment="a",condition="Progressing",status="false"}':
        '0x5 1x40',
    },
    at: '60s',
    labels: [{ ...shop, service: 'a', deployment: 'a' }],
  },
  {
    alert: 'KubeServiceWithoutEndpoints',
    series: {
      'kube_service_info{namespace="shop",service="a",cluster_ip="10.0.0.1"}': '1x40',
      'kube_endpoint_address{namespace="shop",endpoint="a",ip="10.1.0.1",ready="false"}': '1x40',
      'kube_service_info{namespace="shop",service="b",cluster_ip="10.0.0.2"}': '1x40',
      'kube_endpoint_address{namespace="shop",endpoint="b",ip="10.1.0.2",ready="true"}': '1x40',
      'kube_service_info{namespace="default",service="kubernetes",cluster_ip="10.0.0.3"}': '1x40',
    },
    at: '60s',
    labels: [{ ...critical, service: 'a' }],
  },
  {
    alert: 'CPUThrottlingHigh',
    series: {
      'container_cpu_cfs_throttled_periods_total{namespace="shop",pod="a-1",container="a"}': '0+15x40',
      'container_cpu_cfs_periods_total{namespace="shop",pod="a-1",container="a"}': '0+30x40',
    },
    at: '90s',
    labels: [{ namespace: 'shop', severity: 'info', pod: 'a-1', container: 'a' }],
  },
  {
    alert: 'ContainerMemoryNearLimit',
    series: {
      'container_memory_working_set_bytes{namespace="shop",pod="a-1",container="a"}': '95x40',
      'kube_pod_container_resource_limits{namespace="shop",pod="a-1",container="a",resource="memory"}':
        '100x40',
    },
    at: '60s',
    labels: [{ namespace: 'shop', severity: 'info', pod: 'a-1', container: 'a' }],
  },
  {
    alert: 'KubeNodeNotReady',
    series: { 'kube_node_status_condition{node="n1",condition="Ready",status="true"}': '1x5 0x40' },
    at: '60s',
    labels: [{ severity: 'critical', node: 'n1' }],
  },
  {
    alert: 'KubeNodePressure',
    series: {
      'kube_node_status_condition{node="n1",condition="DiskPressure",status="true"}': '1x40',
      'kube_node_status_condition{node="n1",condition="MemoryPressure",status="true"}': '0x40',
    },
    at: '60s',
    labels: [{ severity: 'warning', node: 'n1', condition: 'DiskPressure' }],
  },
];
