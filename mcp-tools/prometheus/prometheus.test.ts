import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '#domain/hash.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import {
  metricsLevels,
  metricsListSeries,
  metricsQuery,
  metricsTargets,
  metricsWindow,
  monitorsList,
  type SeriesInfo,
  type SeriesWindow,
} from '#domain/tools/prometheus.ts';
import {
  type RunningPrometheus,
  type ScrapeJob,
  startPrometheus,
} from '../../test/setup/start-prometheus.ts';
import type { CallCost } from '../back-ends/json-back-end.ts';
import { createToolClient, type ToolClient } from '../runtime/client.ts';
import { levelMetrics, levelQuery } from './level-metrics.ts';
import { createPrometheusServer } from './server.ts';
import { type PracticeExporter, startPracticeExporter } from './testing/practice-exporter.ts';

let exporter: PracticeExporter;
let prometheus: RunningPrometheus;
let tools: ToolClient;
const costs = new Map<string, CallCost>();
let brokenAtMs = 0;
let flakyDownAtMs = 0;
let flakyUpAtMs = 0;

const oldPod = 'checkout-7d9f8b6c5d-bcdfg';
const newPod = 'checkout-5b8c7d9f6b-kkqwz';

function jobs(port: number): ScrapeJob[] {
  const checkout = { namespace: 'shop', service: 'checkout' };
  const job = (name: string, path: string, labels: Record<string, string>, interval?: string): ScrapeJob => ({
    ...{ name, port, path, labels },
    ...(interval === undefined ? {} : { interval }),
  });
  return [
    job('old', '/app/checkout-old', { ...checkout, pod: oldPod, version: '1.0.0' }),
    job('new', '/app/checkout-new', { ...checkout, pod: newPod, version: '1.1.0' }),
    // Only the pod's name tells whose it is, in the words of an older configuration.
    job('payment', '/app/payment', { kubernetes_namespace: 'shop', kubernetes_pod_name: 'payment-0' }),
    // The service is not named after its workload.
    job('basket', '/app/basket', { namespace: 'shop', app: 'cart', pod: 'basket-6c9d7f8b5d-zxwvt' }),
    job('shop/pricing', '/app/pricing', { namespace: 'shop' }),
    job('flaky', '/app/flaky', { namespace: 'shop', service: 'flaky' }),
    job('mesh', '/mesh', { namespace: 'mall', pod: 'proxy-0' }),
    job('cadvisor', '/cadvisor', { node: 'node-1' }, '2s'),
    // Without honor_labels: what it says of others arrives as exported_namespace and exported_pod.
    job('ksm', '/ksm', { namespace: 'monitoring', pod: 'ksm-0', service: 'ksm' }),
    job('node', '/node', { namespace: 'monitoring', pod: 'node-exporter-bcdfg' }),
    { name: 'gone', port: 1, path: '/metrics', labels: { namespace: 'shop', service: 'gone' } },
  ];
}

const rules = {
  groups: [
    {
      name: 'test',
      rules: [
        {
          alert: 'ErrorRatioHigh',
          expr: 'sum by (service) (rate(http_requests_total{code="500"}[4s])) > 1',
          annotations: { summary: '{{ $labels.service }} fails' },
        },
        { alert: 'NeverFires', expr: 'vector(0) > 1', labels: { severity: 'info' } },
        { alert: 'Waits', expr: 'vector(1)', for: '1h' },
        // Matching many to one fails whenever it is evaluated.
        { alert: 'Broken', expr: 'kube_pod_status_phase * on (job) kube_deployment_spec_replicas' },
        { record: 'service:errors:ratio', expr: 'vector(1)' },
      ],
    },
  ],
};

beforeAll(async () => {
  exporter = await startPracticeExporter();
  prometheus = await startPrometheus(jobs(exporter.port), rules);
  const recordCost = (tool: string, cost: CallCost): void => {
    costs.set(tool, { ...cost });
  };
  const server = createPrometheusServer({ url: prometheus.url, cluster: 'practice', recordCost });
  tools = createToolClient({ servers: { prometheus: { kind: 'in-process', server } } });
  await sleep(7000);
  brokenAtMs = Date.now();
  exporter.breakNewVersion();
  await sleep(2500);
  flakyDownAtMs = Date.now();
  exporter.setFlaky(true);
  await sleep(5000);
  flakyUpAtMs = Date.now();
  exporter.setFlaky(false);
  await sleep(3500);
});

afterAll(async () => {
  await tools?.close();
  await prometheus?.stop();
  await exporter?.stop();
});

async function seriesOf(emitter: Emitter, more: Record<string, unknown> = {}) {
  const request = { server: 'prometheus', tool: 'metrics_list_series', arguments: { emitter, ...more } };
  const { output } = await tools.call(request);
  return metricsListSeries.output.parse(output);
}

test('levels: the real disk and its share, and no metric is asked for in a way that Prometheus does not take', async () => {
  const window = { from: new Date(Date.now() - 120_000).toISOString(), to: new Date().toISOString() };
  const call = { server: 'prometheus', tool: 'metrics_levels', arguments: { ...window, stepSeconds: 60 } };
  const { items, gaps } = metricsLevels.output.parse((await tools.call(call)).output);
  expect(gaps).toEqual([]);
  expect(items).toEqual([
    {
      kind: 'disk',
      metric: 'node_filesystem_avail_bytes',
      labels: expect.objectContaining({ mountpoint: '/' }),
      points: expect.arrayContaining([[expect.any(Number), 0.9]]),
    },
  ]);
  for (const metric of levelMetrics) {
    const query = { ...window, stepSeconds: 60, query: levelQuery(metric, 0.3, 10) };
    await tools.call({ server: 'prometheus', tool: 'prometheus_query', arguments: query });
  }
});

async function windowOf(
  series: readonly Pick<SeriesInfo, 'series'>[],
  fromMs: number,
  toMs: number,
  stepSeconds = 1,
) {
  const { output } = await tools.call({
    server: 'prometheus',
    tool: 'metrics_window',
    arguments: {
      series: series.map((info) => info.series),
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      stepSeconds,
    },
  });
  return metricsWindow.output.parse(output);
}

type Wanted = { name: string; statistic: string; emitter?: Emitter };

function find(page: ToolOutput<typeof metricsListSeries>, wanted: Wanted): SeriesInfo {
  const found = page.items.filter(
    (info) =>
      info.name === wanted.name &&
      info.statistic === wanted.statistic &&
      (wanted.emitter === undefined || canonicalJson(info.emitter) === canonicalJson(wanted.emitter)),
  );
  expect(found, `${wanted.name} ${wanted.statistic}`).toHaveLength(1);
  const [info] = found;
  if (info === undefined) throw new Error('not reached');
  return info;
}

const last = (window: SeriesWindow | undefined): number => window?.points.at(-1)?.[1] ?? Number.NaN;

async function lastValue(emitter: Emitter, wanted: Wanted): Promise<number> {
  const info = find(await seriesOf(emitter), wanted);
  const { items } = await windowOf([info], Date.now() - 3000, Date.now());
  return last(items[0]);
}

/** The exporter's clock is a timer that a busy machine holds up: what grows with time comes out roughly as it should. */
function expectRate(value: number | undefined, rate: number): void {
  expect(value).toBeGreaterThan(rate * 0.6);
  expect(value).toBeLessThan(rate * 1.4);
}

describe('series of a service', () => {
  const checkout = { namespace: 'shop', service: 'checkout' } as const;

  test('tell its errors, latency and traffic as a whole and by version', async () => {
    const page = await seriesOf(checkout);
    const whole = find(page, { name: 'http_requests_total', statistic: 'ratio', emitter: checkout });
    const older = { ...checkout, version: '1.0.0' };
    const newer = { ...checkout, version: '1.1.0' };
    const of = (emitter: Emitter, name: string, statistic: string) =>
      find(page, { name, statistic, emitter });
    const asked = [
      whole,
      of(older, 'http_requests_total', 'ratio'),
      of(newer, 'http_requests_total', 'ratio'),
      of(older, 'http_request_duration_seconds', 'p95'),
      of(newer, 'http_request_duration_seconds', 'p95'),
      of(checkout, 'http_requests_total', 'rate'),
    ];
    expect(whole).toMatchObject({ signal: 'errors', unit: 'ratio', badWhen: 'up' });
    const { items, gaps } = await windowOf(asked, Date.now() - 2000, Date.now());
    expect(gaps).toEqual([]);
    const [ratio, ratioOld, ratioNew, slowOld, slowNew, traffic] = items.map(last);
    // 10 of the 21 requests of the new version fail, and as many answers as before are quick in the old one.
    expect(ratioOld).toBe(0);
    expect(ratioNew).toBeCloseTo(10 / 21, 1);
    expect(ratio).toBeCloseTo(10 / 42, 1);
    expect(slowOld).toBeLessThan(0.1);
    expect(slowNew).toBeGreaterThan(0.5);
    // 21 of each version; a busy machine scrapes at odd moments.
    expect(traffic).toBeGreaterThan(30);
    expect(traffic).toBeLessThan(60);
  });

  test('are told by version only where that tells of a release', async () => {
    const versioned = (await seriesOf(checkout)).items.filter((info) => info.emitter.version !== undefined);
    expect(new Set(versioned.map((info) => info.name))).toEqual(
      new Set([
        ...['http_requests_total', 'http_request_duration_seconds', 'cart_errors_total'],
        ...['http_client_requests_total', 'http_client_request_duration_seconds'],
      ]),
    );
  });

  test('show when the errors began', async () => {
    const page = await seriesOf({ ...checkout, version: '1.1.0' });
    const ratio = find(page, { name: 'http_requests_total', statistic: 'ratio' });
    const { items } = await windowOf([ratio], brokenAtMs - 4000, brokenAtMs + 6000);
    const points = items[0]?.points ?? [];
    const rise = points.find(([, value]) => value > 0.05)?.[0] ?? 0;
    expect(points.filter(([at]) => at < brokenAtMs / 1000 - 1).every(([, value]) => value === 0)).toBe(true);
    expect(rise * 1000 - brokenAtMs).toBeGreaterThan(-1000);
    expect(rise * 1000 - brokenAtMs).toBeLessThan(6000);
  });

  test('speak of its calls as edges, where a word in place of a status is a failure too', async () => {
    const edge = { namespace: 'shop', source: 'checkout', destination: 'payment', version: '1.1.0' };
    const failed = { name: 'http_client_requests_total', statistic: 'ratio', emitter: edge };
    expect(await lastValue(checkout, failed)).toBeCloseTo(0.5, 1);
  });

  test('hold refused requests apart from failed ones', async () => {
    const refused = { name: 'http_requests_total', statistic: 'refused ratio', emitter: checkout };
    expect(await lastValue(checkout, refused)).toBeCloseTo(2 / 42, 1);
    expect(find(await seriesOf(checkout), refused).signal).toBe('other');
  });

  test('speak of its containers and objects, whatever the exporter calls the namespace', async () => {
    const page = await seriesOf(checkout);
    const container = {
      namespace: 'shop',
      service: 'checkout',
      workload: 'checkout',
      pod: oldPod,
      container: 'main',
    };
    const cpu = find(page, {
      name: 'container_cpu_usage_seconds_total',
      statistic: 'ratio',
      emitter: container,
    });
    const memory = find(page, {
      name: 'container_memory_working_set_bytes',
      statistic: 'ratio',
      emitter: container,
    });
    const throttled = find(page, {
      name: 'container_cpu_cfs_periods_total',
      statistic: 'ratio',
      emitter: container,
    });
    const restarts = find(page, {
      name: 'kube_pod_container_status_restarts_total',
      statistic: 'value',
      emitter: container,
    });
    const waiting = find(page, { name: 'kube_pod_container_status_waiting_reason', statistic: 'value' });
    const available = find(page, { name: 'kube_deployment_status_replicas_available', statistic: 'value' });
    expect(waiting.labels.reason).toBe('CrashLoopBackOff');
    expect(available).toMatchObject({
      badWhen: 'down',
      emitter: { namespace: 'shop', workload: 'checkout' },
    });
    const asked = [cpu, memory, throttled, restarts, waiting, available];
    const { items } = await windowOf(asked, Date.now() - 4000, Date.now());
    const [cpuNow, memoryNow, throttledNow, restartsNow, waitingNow, availableNow] = items.map(last);
    expectRate(cpuNow, 0.8);
    expect(memoryNow).toBeCloseTo(0.75, 5);
    expect(throttledNow).toBeCloseTo(0.4, 2);
    expect([restartsNow, waitingNow, availableNow]).toEqual([3, 1, 1]);
    // The exporter's own service is nobody's.
    expect(page.items.map((info) => info.emitter.service)).not.toContain('ksm');
  });

  test('leave out what helps nobody', async () => {
    const names = new Set((await seriesOf(checkout)).items.map((info) => info.name));
    for (const useless of ['build_info', 'kube_pod_info', 'container_spec_cpu_period', 'process_max_fds']) {
      expect(names, useless).not.toContain(useless);
    }
    expect([...names].some((name) => name.startsWith('scrape_') || name.includes(':'))).toBe(false);
  });

  test('come with what is known of nothing: counters as rates, gauges as values, summaries as percentiles', async () => {
    const jobsDone = { name: 'jobs_done_total', statistic: 'rate', emitter: checkout };
    const failures = { name: 'cart_errors_total', statistic: 'rate', emitter: checkout };
    const depth = { name: 'queue_depth', statistic: 'value', emitter: checkout };
    const summary = { name: 'rpc_duration_seconds', statistic: 'p95', emitter: checkout };
    expectRate(await lastValue(checkout, jobsDone), 6);
    expectRate(await lastValue(checkout, failures), 4);
    expect(await lastValue(checkout, depth)).toBe(14);
    expect(await lastValue(checkout, summary)).toBe(0.4);
    expect(find(await seriesOf(checkout), failures).signal).toBe('errors');
    expect(find(await seriesOf(checkout), depth).signal).toBe('saturation');
  });

  test('can be narrowed to signals, a pod or a page', async () => {
    const errors = await seriesOf(checkout, { signals: ['errors'] });
    expect(new Set(errors.items.map((info) => info.signal))).toEqual(new Set(['errors']));
    const pod = await seriesOf({ ...checkout, pod: newPod });
    expect(pod.items.length).toBeGreaterThan(5);
    expect(new Set(pod.items.map((info) => info.emitter.pod ?? info.emitter.source))).toEqual(
      new Set([newPod, 'checkout']),
    );
    const all = await seriesOf(checkout);
    const two = await seriesOf(checkout, { limit: 2 });
    expect(two).toMatchObject({ truncated: true, total: all.total });
    expect(two.items).toEqual(all.items.slice(0, 2));
  });

  test('are asked for in few queries', async () => {
    const page = await seriesOf(checkout);
    expect(costs.get('metrics_list_series')?.queries).toBeLessThanOrEqual(5);
    const { items } = await windowOf(page.items, Date.now() - 5000, Date.now());
    expect(items).toHaveLength(page.items.length);
    expect(costs.get('metrics_window')?.queries).toBeLessThan(page.items.length);
  });
});

describe('series in other words', () => {
  test('a pod without any label for its service is known by its name, and gRPC codes by whose fault they are', async () => {
    const payment = { namespace: 'shop', service: 'payment', workload: 'payment' };
    const failed = { name: 'grpc_server_handled_total', statistic: 'ratio', emitter: payment };
    const refused = { name: 'grpc_server_handled_total', statistic: 'refused ratio', emitter: payment };
    expect(await lastValue({ service: 'payment' }, failed)).toBeCloseTo(2 / 12, 3);
    expect(await lastValue({ service: 'payment' }, refused)).toBeCloseTo(1 / 12, 3);
  });

  test("a service's containers are found where its workload has another name", async () => {
    const page = await seriesOf({ service: 'cart' });
    const emitter = {
      namespace: 'shop',
      service: 'cart',
      workload: 'basket',
      pod: 'basket-6c9d7f8b5d-zxwvt',
    };
    const cpu = { name: 'container_cpu_usage_seconds_total', statistic: 'rate' };
    const info = find(page, { ...cpu, emitter: { ...emitter, container: 'main' } });
    const { items } = await windowOf([info], Date.now() - 5000, Date.now());
    expect(items[0]?.info.emitter.service).toBe('cart');
    // The exporter's clock is a timer: on a busy machine a rate comes out lower, and never as another container's.
    expect(last(items[0])).toBeGreaterThan(0.2);
    expect(last(items[0])).toBeLessThan(0.6);
  });

  test('a service that exports nothing is known by what its pods are labelled', async () => {
    const page = await seriesOf({ service: 'stock' });
    const deployment = find(page, { name: 'kube_deployment_status_replicas_available', statistic: 'value' });
    expect(deployment.emitter).toMatchObject({ service: 'stock', workload: 'warehouse-main' });
    expect(page.items.map((info) => info.name)).toContain('kube_pod_status_ready');
  });

  test("a timer without buckets tells mean, traffic and errors in a JVM's words", async () => {
    const pricing = { namespace: 'shop', service: 'pricing' };
    const name = 'http_server_requests_seconds';
    expect(await lastValue(pricing, { name, statistic: 'mean' })).toBeCloseTo(0.2, 5);
    expect(await lastValue(pricing, { name: `${name}_count`, statistic: 'ratio' })).toBeCloseTo(0.25, 3);
    expectRate(await lastValue(pricing, { name: `${name}_count`, statistic: 'rate' }), 4);
  });

  test("a mesh tells the callee's errors and, apart from them, those of the call", async () => {
    const name = 'istio_requests_total';
    const callee = { namespace: 'mall', service: 'catalog', workload: 'catalog-v1' };
    const edge = { namespace: 'mall', source: 'storefront', destination: 'catalog' };
    const ratio = { name, statistic: 'ratio' };
    expect(await lastValue({ service: 'catalog' }, { ...ratio, emitter: callee })).toBeCloseTo(0.25, 3);
    expect(await lastValue({ source: 'storefront' }, { ...ratio, emitter: edge })).toBeCloseTo(0.25, 3);
  });

  test('callers of a service are found by their calls', async () => {
    const page = await seriesOf({ destination: 'payment' });
    expect(new Set(page.items.map((info) => info.emitter.source))).toEqual(new Set(['checkout', 'cart']));
    expect(page.items.every((info) => info.emitter.destination === 'payment')).toBe(true);
  });

  test('a host is known by the address of its exporter, and its disks in memory do not count', async () => {
    const host = { node: '127.0.0.1' };
    // The rest is idle.
    expectRate(await lastValue(host, { name: 'node_cpu_seconds_total', statistic: 'ratio' }), 0.75);
    expect(await lastValue(host, { name: 'node_memory_MemAvailable_bytes', statistic: 'ratio' })).toBe(0.75);
    expect(await lastValue(host, { name: 'node_filesystem_avail_bytes', statistic: 'ratio' })).toBe(0.9);
    const node = await seriesOf({ node: 'node-1' });
    const conditions = node.items.filter((info) => info.name === 'kube_node_status_condition');
    expect(conditions.map((info) => [info.labels.condition, info.badWhen])).toEqual([
      ['DiskPressure', 'up'],
      ['Ready', 'down'],
    ]);
  });

  test('a whole namespace is listed without what nobody knows', async () => {
    const page = await seriesOf({ namespace: 'shop' });
    const services = new Set(page.items.map((info) => info.emitter.service));
    for (const service of ['checkout', 'cart', 'payment', 'pricing', 'stock', 'gone']) {
      expect(services).toContain(service);
    }
    expect(page.items.map((info) => info.name)).not.toContain('jobs_done_total');
    expect(page.items.every((info) => info.emitter.namespace === 'shop')).toBe(true);
  });

  test('what is gone by the moment in question is listed still', async () => {
    const request = {
      server: 'prometheus',
      tool: 'metrics_list_series',
      arguments: { emitter: { service: 'flaky' } },
    };
    const asOf = new Date(flakyDownAtMs + 4000).toISOString();
    const { output } = await tools.call(request, { asOf });
    expect(metricsListSeries.output.parse(output).items.map((info) => info.name)).toContain('queue_depth');
  });

  test('of another cluster there are none', async () => {
    expect((await seriesOf({ service: 'checkout' }, { cluster: 'elsewhere' })).items).toEqual([]);
    expect((await seriesOf({ service: 'checkout' }, { cluster: 'practice' })).items).not.toEqual([]);
  });
});

describe('windows', () => {
  test('leave a gap where nothing was scraped', async () => {
    const page = await seriesOf({ service: 'flaky' });
    const depth = find(page, { name: 'queue_depth', statistic: 'value' });
    const { items } = await windowOf([depth], flakyDownAtMs - 3000, flakyUpAtMs + 3000);
    const times = (items[0]?.points ?? []).map(([at]) => at * 1000);
    expect(times.some((at) => at < flakyDownAtMs)).toBe(true);
    expect(times.filter((at) => at > flakyDownAtMs + 1500 && at < flakyUpAtMs)).toEqual([]);
    expect(times.some((at) => at > flakyUpAtMs)).toBe(true);
  });

  test('leave out what is no number', async () => {
    const page = await seriesOf({ service: 'checkout' });
    const summary = {
      ...find(page, {
        name: 'rpc_duration_seconds',
        statistic: 'p95',
        emitter: { namespace: 'shop', service: 'checkout' },
      }),
    };
    const nan = { ...summary, series: summary.series.replace('0.95', '0.99') };
    const { items, hint } = await windowOf([nan], Date.now() - 3000, Date.now());
    expect(items[0]?.points).toEqual([]);
    expect(hint).toMatch(/no points/);
  });

  test('come in the order in which they are asked for, at multiples of the step', async () => {
    const { items: all } = await seriesOf({ service: 'checkout' });
    const asked = all.slice(0, 30).reverse();
    const { items } = await windowOf(asked, Date.now() - 9000, Date.now(), 2);
    expect(items.map((window) => window.info.series)).toEqual(asked.map((info) => info.series));
    expect(items.flatMap((window) => window.points).every(([at]) => at % 2 === 0)).toBe(true);
    expect(items[0]?.info).toEqual({ ...asked[0], stepSeconds: 2 });
  });

  test('that are large come whole, page by page', async () => {
    const { items: all } = await seriesOf({ namespace: 'shop' });
    const from = Date.now() - 3600_000;
    const { items, truncated } = await windowOf(all, from, Date.now(), 2);
    expect(items.map((window) => window.info.series)).toEqual(all.map((info) => info.series));
    expect(truncated).toBe(false);
  });

  test('refuse an id that was made up and a window that is too long', async () => {
    const made = { series: 'sum:up{"job":"x"}' };
    await expect(windowOf([{ series: 'up' }], 0, 1000)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(windowOf([made], 0, 30 * 3600_000)).rejects.toThrow(/24 hours/);
    await expect(windowOf([made], 2000, 1000)).rejects.toThrow(/before from/);
  });
});

describe('an emitter of which nothing is known', () => {
  test('is answered with what it could be', async () => {
    const { items, hint } = await seriesOf({ namespace: 'shop', service: 'chekout' });
    expect(items).toEqual([]);
    expect(hint).toBe('Prometheus knows no service "chekout"; did you mean "checkout"?');
  });

  test('cannot bring a query of its own along', async () => {
    const { items, hint } = await seriesOf({ service: 'x"} or vector(1) or up{a="' });
    expect(items).toEqual([]);
    expect(hint).toMatch(/knows no service/);
  });
});

describe('rules, targets and queries', () => {
  test('alert rules tell their state, the bad ones first', async () => {
    const { output } = await tools.call({ server: 'prometheus', tool: 'monitors', arguments: {} });
    const { items } = monitorsList.output.parse(output);
    expect(items.map(({ name, state }) => [name, state])).toEqual([
      ['ErrorRatioHigh', 'firing'],
      ['Waits', 'pending'],
      ['Broken', 'no-data'],
      ['NeverFires', 'ok'],
    ]);
    expect(items[0]).toMatchObject({ labels: { service: 'checkout' }, summary: 'checkout fails' });
    expect(items[0]?.value).toBeGreaterThan(1);
    expect(items[2]?.summary).toMatch(/cannot be evaluated: .*many-to-one/);
  });

  test('targets that are not reached are named with the reason', async () => {
    const request = { server: 'prometheus', tool: 'metrics_targets' };
    const down = metricsTargets.output.parse((await tools.call({ ...request, arguments: {} })).output);
    expect(down.items).toHaveLength(1);
    expect(down.items[0]).toMatchObject({ job: 'gone', health: 'down', emitter: { service: 'gone' } });
    expect(down.items[0]?.lastError).toMatch(/connection refused/);
    const any = await tools.call({ ...request, arguments: { state: 'any' } });
    expect(metricsTargets.output.parse(any.output).items).toHaveLength(11);
  });

  const query = (text: string, more: Record<string, unknown> = {}) => {
    const now = Date.now();
    const window = {
      from: new Date(now - 5000).toISOString(),
      to: new Date(now).toISOString(),
      stepSeconds: 1,
    };
    return tools.call({
      server: 'prometheus',
      tool: 'prometheus_query',
      arguments: { query: text, ...window, ...more },
    });
  };

  test('a query in PromQL is answered in a fixed order, within its limits', async () => {
    const { output } = await query('count by (service) (up)', { limit: 2 });
    const page = metricsQuery.output.parse(output);
    expect(page).toMatchObject({ truncated: true });
    expect(page.items.map((item) => item.labels.service)).toEqual(['checkout', 'flaky']);
  });

  test('a query that is wrong is told where', async () => {
    await expect(query('sum by (')).rejects.toMatchObject({ code: 'bad-input' });
    await expect(query('sum by (')).rejects.toThrow(/parse error/);
    await expect(query('up', { from: '2020-01-01T00:00:00Z' })).rejects.toThrow(/24 hours/);
  });
});
