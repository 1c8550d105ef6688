import { describe, expect, it } from 'vitest';
import type { SeriesInfo } from '#domain/tools/prometheus.ts';
import { guessedOf } from '../testing/guessed.ts';
import { meaningOf } from './series-meaning.ts';

function told(name: string, more: Partial<SeriesInfo>): SeriesInfo {
  return { series: name, name, emitter: {}, labels: {}, signal: 'other', ...more };
}

/** As the words of its name say. */
function guessed(name: string, more: Partial<SeriesInfo> = {}): SeriesInfo {
  return told(name, { ...guessedOf(name), ...more });
}

describe('meaningOf', () => {
  it.each([
    ['http_requests_total', 'errors', 'errors'],
    ['nginx_ingress_controller_requests', 'traffic', 'traffic'],
    ['egress_gateway_requests_total', 'traffic', 'traffic'],
    ['catalog_read_requests_total', 'traffic', 'traffic'],
    ['disk_read_latency', 'latency', 'latency'],
    ['kube_job_status_failed', 'availability', 'availability'],
    ['container_cpu_cfs_periods_total', 'throttling', 'throttling'],
    ['container_memory_working_set_bytes', 'saturation', 'memory'],
    ['container_network_receive_packets_dropped_total', 'other', 'packets'],
    ['http_requests_total', 'other', 'other'],
    ['orders_created_total', 'other', 'other'],
  ] as const)('believes the source of %s that it tells of %s', (name, signal, measure) => {
    expect(meaningOf(told(name, { signal, badWhen: 'up' }))).toMatchObject({
      measure,
      signal,
      badWhen: 'up',
    });
  });

  it('takes what its source tells of the direction', () => {
    expect(meaningOf(guessed('pool_usage', { badWhen: 'down' })).badWhen).toBe('down');
  });

  it('does not listen to the words of the name of the one who speaks', () => {
    const info = guessed('cpu', { name: 'queue-worker_cpu', emitter: { service: 'queue-worker' } });
    expect(meaningOf(info).measure).toBe('cpu');
  });

  it('reads units in any spelling', () => {
    expect(meaningOf(guessed('CPUUtilization', { unit: 'Percent' })).unit).toBe('%');
    expect(meaningOf(guessed('requests_per_second', { unit: 'seconds' })).unit).toBe('1/s');
    expect(meaningOf(guessed('p95_ms')).unit).toBe('ms');
  });

  it('knows shares of a whole, and what is the host’s', () => {
    expect(meaningOf(guessed('success_rate')).share).toBe(true);
    expect(meaningOf(guessed('requests_success_total')).share).toBe(false);
    expect(meaningOf(guessed('NodeCpuUsageRate')).ofHost).toBe(true);
    expect(meaningOf(guessed('container_cpu_usage')).ofHost).toBe(false);
  });
});
