import { createServer, type Server } from 'node:http';
import { z } from 'zod';

/**
 * An exporter whose counters are functions of the time since it was started, so that a test knows the true rates. It speaks
 * for a small shop, and like cAdvisor, kube-state-metrics, the node exporter, a mesh and a JVM.
 */
export type PracticeExporter = {
  readonly port: number;
  /** From now on one request in two to the new version of checkout fails, and its answers are slow. */
  readonly breakNewVersion: () => void;
  /** From now on `/app/flaky` answers 500, so that its series have a gap. */
  readonly setFlaky: (down: boolean) => void;
  readonly stop: () => Promise<void>;
};

type Sample = readonly [name: string, labels: Readonly<Record<string, string>>, value: number];
type Page = { readonly types: Readonly<Record<string, string>>; readonly samples: readonly Sample[] };

const bounds = ['0.1', '0.5', '1', '+Inf'] as const;

function histogram(
  name: string,
  labels: Readonly<Record<string, string>>,
  count: number,
  slowCount: number,
): Sample[] {
  // Quick answers take up to 0.1 s, slow ones between 0.5 and 1 s.
  const upTo = { '0.1': count - slowCount, '0.5': count - slowCount, '1': count, '+Inf': count };
  return [
    ...bounds.map((le): Sample => [`${name}_bucket`, { ...labels, le }, upTo[le]]),
    [`${name}_sum`, labels, (count - slowCount) * 0.05 + slowCount * 0.75],
    [`${name}_count`, labels, count],
  ];
}

const appTypes = {
  http_requests_total: 'counter',
  http_request_duration_seconds: 'histogram',
  http_client_requests_total: 'counter',
  http_client_request_duration_seconds: 'histogram',
  jobs_done_total: 'counter',
  cart_errors_total: 'counter',
  queue_depth: 'gauge',
  rpc_duration_seconds: 'summary',
  build_info: 'gauge',
  process_resident_memory_bytes: 'gauge',
  process_open_fds: 'gauge',
  process_max_fds: 'gauge',
};

/** 20 requests a second, of which `failedPerS` fail slowly since `brokenForS`. */
function checkout(ageS: number, brokenForS: number): Page {
  const failed = brokenForS * 10;
  const route = { method: 'POST', route: '/orders' };
  return {
    types: appTypes,
    samples: [
      ['http_requests_total', { ...route, code: '200' }, ageS * 20 - failed],
      ['http_requests_total', { ...route, code: '404' }, ageS],
      // Like most exporters: what never happened is not there.
      ...(failed === 0 ? [] : [['http_requests_total', { ...route, code: '500' }, failed] as const]),
      ...histogram('http_request_duration_seconds', route, ageS * 20, failed),
      ['http_client_requests_total', { destination: 'payment', code: '200' }, ageS * 20 - failed],
      ['http_client_requests_total', { destination: 'payment', code: 'ECONNREFUSED' }, failed],
      ...histogram('http_client_request_duration_seconds', { destination: 'payment' }, ageS * 20, failed),
      ['jobs_done_total', { kind: 'mail' }, ageS * 3],
      ['cart_errors_total', {}, ageS * 2],
      ['queue_depth', { queue: 'mail' }, 7],
      ['rpc_duration_seconds', { quantile: '0.5' }, 0.2],
      ['rpc_duration_seconds', { quantile: '0.99' }, Number.NaN],
      ['rpc_duration_seconds', { quantile: '0.95' }, 0.4],
      ['build_info', { version: 'x' }, 1],
      ['process_resident_memory_bytes', {}, 123_456_789],
      ['process_open_fds', {}, 30],
      ['process_max_fds', {}, 100],
    ],
  };
}

function payment(ageS: number): Page {
  const method = { grpc_service: 'shop.Payment', grpc_method: 'Charge', grpc_type: 'unary' };
  return {
    types: { grpc_server_handled_total: 'counter' },
    samples: [
      ['grpc_server_handled_total', { ...method, grpc_code: 'OK' }, ageS * 9],
      ['grpc_server_handled_total', { ...method, grpc_code: 'NotFound' }, ageS],
      ['grpc_server_handled_total', { ...method, grpc_code: 'Unavailable' }, ageS * 2],
    ],
  };
}

/** A JVM with Micrometer's names: no buckets, and a timer that counts. */
function pricing(ageS: number): Page {
  const answered = { uri: '/prices', status: '200', outcome: 'SUCCESS' };
  const failed = { uri: '/prices', status: '503', outcome: 'SERVER_ERROR' };
  return {
    types: { http_server_requests_seconds: 'summary', jvm_threads_live_threads: 'gauge' },
    samples: [
      ['http_server_requests_seconds_count', answered, ageS * 3],
      ['http_server_requests_seconds_sum', answered, ageS * 3 * 0.2],
      ['http_server_requests_seconds_count', failed, ageS],
      ['http_server_requests_seconds_sum', failed, ageS * 0.2],
      ['jvm_threads_live_threads', {}, 42],
    ],
  };
}

function mesh(ageS: number): Page {
  const ends = {
    source_workload: 'storefront',
    destination_service_name: 'catalog',
    destination_workload: 'catalog-v1',
    destination_workload_namespace: 'mall',
  };
  const at = (reporter: string, code: string, perS: number): Sample => [
    'istio_requests_total',
    { ...ends, reporter, response_code: code },
    ageS * perS,
  ];
  return {
    types: { istio_requests_total: 'counter' },
    samples: [
      at('source', '200', 6),
      at('source', '0', 2),
      at('destination', '200', 6),
      at('destination', '503', 2),
    ],
  };
}

/** As Linkerd's proxies count: calls that come in speak of the pod alone, calls that go out name whom they reach. */
function linkerd(ageS: number): Page {
  const web = { deployment: 'web', pod: 'web-5d8f7b9c6d-bcdfg' };
  const out = { dst_service: 'emoji-svc', dst_deployment: 'emoji', dst_namespace: 'lab' };
  return {
    types: { request_total: 'counter', response_total: 'counter' },
    samples: [
      ['request_total', { ...web, direction: 'inbound' }, ageS * 5],
      ['request_total', { ...web, ...out, direction: 'outbound' }, ageS * 3],
      ['response_total', { ...web, ...out, direction: 'outbound', classification: 'success' }, ageS * 3],
    ],
  };
}

function cadvisor(ageS: number): Page {
  const of = (pod: string, container: string) => ({ namespace: 'shop', pod, container });
  const main = of('checkout-7d9f8b6c5d-bcdfg', 'main');
  const basket = of('basket-6c9d7f8b5d-zxwvt', 'main');
  return {
    types: { container_cpu_usage_seconds_total: 'counter', container_memory_working_set_bytes: 'gauge' },
    samples: [
      ...[main, basket, of('checkout-7d9f8b6c5d-bcdfg', '')].flatMap((labels): Sample[] => [
        ['container_cpu_usage_seconds_total', labels, ageS * 0.4],
        ['container_memory_working_set_bytes', labels, 60_000_000],
      ]),
      ['container_spec_cpu_quota', main, 50_000],
      ['container_spec_cpu_period', main, 100_000],
      ['container_spec_memory_limit_bytes', main, 80_000_000],
      ['container_cpu_cfs_periods_total', main, ageS * 10],
      ['container_cpu_cfs_throttled_periods_total', main, ageS * 4],
      ['container_network_receive_bytes_total', of('checkout-7d9f8b6c5d-bcdfg', 'POD'), ageS * 1000],
    ],
  };
}

function kubeStateMetrics(): Page {
  const pod = { namespace: 'shop', pod: 'checkout-7d9f8b6c5d-bcdfg' };
  const container = { ...pod, container: 'main' };
  const idle = { namespace: 'shop', pod: 'warehouse-main-5c8d9f7b6d-kkxzq' };
  return {
    types: { kube_pod_container_status_restarts_total: 'counter' },
    samples: [
      ['kube_deployment_spec_replicas', { namespace: 'shop', deployment: 'checkout' }, 2],
      ['kube_deployment_status_replicas_available', { namespace: 'shop', deployment: 'checkout' }, 1],
      ['kube_deployment_status_replicas_available', { namespace: 'shop', deployment: 'warehouse-main' }, 0],
      ['kube_pod_container_status_restarts_total', container, 3],
      ['kube_pod_container_status_waiting_reason', { ...container, reason: 'CrashLoopBackOff' }, 1],
      ['kube_pod_container_status_waiting_reason', { ...container, reason: 'ContainerCreating' }, 0],
      ['kube_pod_status_phase', { ...pod, phase: 'Running' }, 1],
      ['kube_pod_status_phase', { ...pod, phase: 'Pending' }, 0],
      ['kube_pod_labels', { ...idle, label_app_kubernetes_io_name: 'stock' }, 1],
      ['kube_pod_status_ready', { ...idle, condition: 'true' }, 0],
      ['kube_pod_status_ready', { ...idle, condition: 'false' }, 1],
      ['kube_endpoint_address', { namespace: 'shop', endpoint: 'checkout', ready: 'true' }, 1],
      ['kube_node_status_condition', { node: 'node-1', condition: 'Ready', status: 'true' }, 1],
      ['kube_node_status_condition', { node: 'node-1', condition: 'DiskPressure', status: 'true' }, 0],
      ['kube_node_status_condition', { node: 'node-1', condition: 'DiskPressure', status: 'false' }, 1],
      ['kube_pod_info', pod, 1],
    ],
  };
}

function nodeExporter(ageS: number): Page {
  return {
    types: { node_cpu_seconds_total: 'counter' },
    samples: [
      ['node_cpu_seconds_total', { cpu: '0', mode: 'idle' }, ageS * 0.25],
      ['node_cpu_seconds_total', { cpu: '0', mode: 'user' }, ageS * 0.75],
      ['node_memory_MemAvailable_bytes', {}, 2e9],
      ['node_memory_MemTotal_bytes', {}, 8e9],
      ['node_filesystem_avail_bytes', { mountpoint: '/', fstype: 'ext4' }, 10],
      ['node_filesystem_size_bytes', { mountpoint: '/', fstype: 'ext4' }, 100],
      ['node_filesystem_avail_bytes', { mountpoint: '/run', fstype: 'tmpfs' }, 1],
      ['node_filesystem_size_bytes', { mountpoint: '/run', fstype: 'tmpfs' }, 1],
    ],
  };
}

function expose(page: Page): string {
  const names = [...new Set(page.samples.map(([name]) => name))];
  const typed = new Map<string, string>();
  for (const name of names) {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    const type = page.types[family] ?? page.types[name];
    if (type !== undefined) typed.set(page.types[family] === undefined ? name : family, type);
  }
  const types = [...typed].map(([name, type]) => `# TYPE ${name} ${type}`);
  const lines = page.samples.map(([name, labels, value]) => {
    const inside = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
    return `${name}{${inside.join(',')}} ${value}`;
  });
  return `${[...types, ...lines].join('\n')}\n`;
}

const addressSchema = z.object({ port: z.int() });

export async function startPracticeExporter(): Promise<PracticeExporter> {
  const startMs = performance.now();
  let brokenMs: number | undefined;
  let flakyIsDown = false;
  const secondsSince = (ms: number | undefined): number =>
    ms === undefined ? 0 : (performance.now() - ms) / 1000;
  const pages: Readonly<Record<string, (ageS: number) => Page>> = {
    '/app/checkout-old': (ageS) => checkout(ageS, 0),
    '/app/checkout-new': (ageS) => checkout(ageS, secondsSince(brokenMs)),
    '/app/basket': (ageS) => checkout(ageS, 0),
    '/app/flaky': () => ({ types: {}, samples: [['queue_depth', {}, 5]] }),
    '/app/payment': payment,
    '/app/pricing': pricing,
    '/mesh': mesh,
    '/linkerd': linkerd,
    '/cadvisor': cadvisor,
    '/ksm': () => kubeStateMetrics(),
    '/node': nodeExporter,
  };
  const server: Server = createServer((request, response) => {
    const page = pages[request.url ?? '']?.(secondsSince(startMs));
    const fails = page === undefined || (flakyIsDown && request.url === '/app/flaky');
    response.writeHead(fails ? 500 : 200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(fails ? '' : expose(page));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: addressSchema.parse(server.address()).port,
    breakNewVersion: () => {
      brokenMs = performance.now();
    },
    setFlaky: (down) => {
      flakyIsDown = down;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
