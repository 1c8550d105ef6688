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
