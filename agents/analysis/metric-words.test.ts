import { describe, expect, it } from 'vitest';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { meaningOf, wordsOf } from './metric-words.ts';

function info(name: string, more: Partial<SeriesInfo> = {}): SeriesInfo {
  return { series: name, name, emitter: {}, labels: {}, signal: 'other', ...more };
}

const short = (name: string) => {
  const { measure, signal, badWhen, unit } = meaningOf(info(name));
  return [measure, signal, badWhen, unit].filter((part) => part !== undefined).join(' ');
};

describe('wordsOf', () => {
  it('splits names in any spelling', () => {
    expect(wordsOf('CPUUtilization')).toEqual(['cpu', 'utilization']);
    expect(wordsOf('request_duration_seconds_p90')).toEqual(['request', 'duration', 'seconds', 'p90']);
    expect(wordsOf('HTTPCode_Target_5XX_Count')).toEqual(['http', 'code', 'target', '5xx', 'count']);
  });
});

describe('meaningOf', () => {
  it.each([
    ['container_cpu_usage_percent', 'cpu saturation up %'],
    ['container_memory_working_set_bytes', 'memory saturation up bytes'],
    ['FreeableMemory', 'memory saturation down'],
    ['FreeStorageSpace', 'disk-space saturation down'],
    ['node_filesystem_avail_bytes', 'disk-space saturation down bytes'],
    ['CPUCreditBalance', 'cpu saturation down'],
    ['ReadLatency', 'disk-io saturation up'],
    ['CommitLatency', 'latency latency up'],
    ['ReplicaLag', 'lag saturation up'],
    ['kafka_consumergroup_lag', 'lag saturation up'],
    ['DatabaseConnections', 'connections saturation up'],
    ['redis_evicted_keys_total', 'cache saturation up'],
    ['pg_locks_waiting', 'locks saturation up'],
    ['request_duration_seconds_p90', 'latency latency up s'],
    ['p95_ms', 'latency latency up ms'],
    ['availability_average', 'availability availability down'],
    ['UnHealthyHostCount', 'availability availability up'],
    ['error_rate_5xx_ratio', 'errors errors up ratio'],
    ['requests_sum', 'traffic traffic either'],
    ['requests_per_second', 'traffic traffic either 1/s'],
    ['container_cpu_cfs_throttled_seconds', 'throttling throttling up s'],
    ['pod_restart_total', 'restarts restarts up'],
    ['node_netstat_Tcp_RetransSegs', 'packets other up'],
    ['colour_of_the_sky', 'other other either'],
  ])('reads %s', (name, meaning) => {
    expect(short(name)).toBe(meaning);
  });

  it('lets a source that knows its series say what they are, but for what a disk or a link does', () => {
    expect(meaningOf(info('http_requests_total', { signal: 'errors', badWhen: 'up' })).measure).toBe(
      'errors',
    );
    expect(meaningOf(info('disk_read_latency', { signal: 'latency', badWhen: 'up' })).measure).toBe(
      'disk-io',
    );
  });

  it.each([
    ['nginx_ingress_controller_requests', 'traffic'],
    ['istio_ingress_requests_total', 'traffic'],
    ['egress_gateway_requests_total', 'traffic'],
    ['http_requests_received_total', 'traffic'],
    ['grpc_server_msg_received_total', 'traffic'],
    ['catalog_read_requests_total', 'traffic'],
    ['block_service_requests_total', 'traffic'],
    ['http_read_timeout_errors_total', 'errors'],
    ['grpc_read_latency_seconds', 'latency'],
  ] as const)('believes its source of %s, whatever else the name says', (name, signal) => {
    expect(meaningOf(info(name, { signal, badWhen: signal === 'traffic' ? 'either' : 'up' })).signal).toBe(
      signal,
    );
  });

  it.each([
    ['http_requests_received_total', 'traffic traffic either'],
    ['grpc_server_msg_received_total', 'traffic traffic either'],
    ['kubelet_volume_stats_available_bytes', 'disk-space saturation down bytes'],
    ['hpa_scale_up_total', 'other other either'],
    ['cluster_autoscaler_scaled_up_nodes_total', 'other other either'],
    ['probe_up', 'availability availability down'],
    ['node_disk_written_bytes_total', 'disk-io saturation up bytes'],
    ['container_fs_reads_total', 'disk-io saturation up'],
    ['read_bytes', 'disk-io saturation up bytes'],
    ['container_network_receive_bytes_total', 'network other either bytes'],
    ['NetworkOut', 'network other either'],
    ['rx_packets', 'network other either'],
  ])('reads %s as what it is', (name, meaning) => {
    expect(short(name)).toBe(meaning);
  });

  it('takes a counter that its source does not know for no traffic', () => {
    expect(meaningOf(info('orders_created_total', { statistic: 'rate' }))).toMatchObject({
      measure: 'other',
      signal: 'other',
    });
    expect(meaningOf(info('orders_created_total'))).toMatchObject({ measure: 'traffic' });
  });

  it('knows shares of a whole, and what is the host’s', () => {
    expect(meaningOf(info('success_rate')).share).toBe(true);
    expect(meaningOf(info('requests_success_total')).share).toBe(false);
    expect(meaningOf(info('NodeCpuUsageRate')).ofHost).toBe(true);
    expect(meaningOf(info('container_cpu_usage')).ofHost).toBe(false);
  });
});
