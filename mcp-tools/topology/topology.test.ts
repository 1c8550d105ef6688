import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnderstudyError } from '#domain/errors.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { type RunningPrometheus, startPrometheus } from '../../test/setup/start-prometheus.ts';
import { type PracticeExporter, startPracticeExporter } from '../prometheus/testing/practice-exporter.ts';
import { createToolClient } from '../runtime/client.ts';
import type { ListObjects } from './list-objects.ts';
import { createTopologyServer, type TopologyOptions } from './server.ts';

let exporter: PracticeExporter;
let prometheus: RunningPrometheus;

const meta = (name: string) => ({ name, namespace: 'shop' });
const labelled = (app: string) => ({ metadata: { labels: { app } } });
const service = (name: string, app: string): KubernetesObject => ({
  kind: 'Service',
  metadata: meta(name),
  spec: { selector: { app } },
});

const objects: readonly KubernetesObject[] = [
  service('storefront', 'web'),
  service('checkout', 'checkout'),
  service('payment', 'payment'),
  service('queue', 'queue'),
  {
    kind: 'ConfigMap',
    metadata: meta('checkout-settings'),
    data: { 'app.yaml': 'queue: "http://queue:5672"' },
  },
  { kind: 'ConfigMap', metadata: meta('report-env'), data: { CHECKOUT_HOST: 'checkout' } },
  {
    kind: 'Deployment',
    metadata: meta('web-v2'),
    spec: {
      template: {
        ...labelled('web'),
        spec: {
          containers: [
            {
              args: ['--checkout-url=http://checkout/'],
              env: [
                { name: 'OWN_URL', value: 'http://storefront:80' },
                { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'x', key: 'payment' } } },
              ],
            },
          ],
        },
      },
    },
  },
  {
    kind: 'Deployment',
    metadata: meta('checkout'),
    spec: {
      template: {
        ...labelled('checkout'),
        spec: {
          containers: [{ env: [{ name: 'PAYMENT_ADDR', value: 'payment:9000' }] }],
          volumes: [{ configMap: { name: 'checkout-settings' } }],
        },
      },
    },
  },
  {
    kind: 'CronJob',
    metadata: meta('nightly-report'),
    spec: {
      jobTemplate: {
        spec: {
          template: { spec: { containers: [{ envFrom: [{ configMapRef: { name: 'report-env' } }] }] } },
        },
      },
    },
  },
];

const listObjects: ListObjects = async () => ({ items: objects, gaps: [] });

beforeAll(async () => {
  exporter = await startPracticeExporter();
  const job = (name: string, path: string, labels: Record<string, string>) => ({
    ...{ name, path, labels },
    port: exporter.port,
  });
  prometheus = await startPrometheus(
    [
      job('checkout', '/app/checkout-old', { namespace: 'shop', service: 'checkout' }),
      job('cart', '/app/basket', { namespace: 'other', app: 'cart' }),
      job('mesh', '/mesh', { namespace: 'mall', pod: 'proxy-0' }),
      job('linkerd', '/linkerd', { namespace: 'lab' }),
    ],
    { groups: [] },
  );
});

afterAll(async () => {
  await prometheus?.stop();
  await exporter?.stop();
});

async function edgesOf(options: Partial<TopologyOptions>, args: Record<string, unknown> = {}) {
  const server = createTopologyServer({ cluster: 'practice', ...options });
  const tools = createToolClient({ servers: { topology: { kind: 'in-process', server } } });
  try {
    const { output } = await tools.call({ server: 'topology', tool: 'topology_edges', arguments: args });
    const page = topologyEdges.output.parse(output);
    return { ...page, lines: page.items.map(({ from, to, source }) => `${from} > ${to} (${source})`) };
  } finally {
    await tools.close();
  }
}

describe('edges', () => {
  test('come from call metrics and from settings, each with its source, in a fixed order', async () => {
    const both = { prometheus: { url: prometheus.url }, listObjects };
    const { lines, gaps } = await edgesOf(both, { namespace: 'shop' });
    expect(lines).toEqual([
      'checkout > payment (env)',
      'checkout > payment (metrics)',
      'checkout > queue (configmap)',
      'nightly-report > checkout (configmap)',
      'storefront > checkout (env)',
    ]);
    expect(gaps).toEqual([]);
    const mall = await edgesOf(both, { namespace: 'mall' });
    expect(mall.lines).toContain('storefront > catalog (metrics)');
    const lab = await edgesOf(both, { namespace: 'lab' });
    expect(lab.lines).toContain('web > emoji-svc (metrics)');
  });

  test('of everything come from settings alone, and it is told that no call was looked at', async () => {
    const { lines, gaps } = await edgesOf({ prometheus: { url: prometheus.url }, listObjects });
    expect(lines.every((line) => !line.endsWith('(metrics)'))).toBe(true);
    expect(lines.length).toBeGreaterThan(0);
    expect(gaps.join()).toMatch(/name a namespace or a service/);
  });

  test('of one service are those that it makes and those that reach it', async () => {
    const { lines } = await edgesOf(
      { prometheus: { url: prometheus.url }, listObjects },
      { service: 'checkout' },
    );
    expect(lines).toEqual([
      'checkout > payment (env)',
      'checkout > payment (metrics)',
      'checkout > queue (configmap)',
      'nightly-report > checkout (configmap)',
      'storefront > checkout (env)',
    ]);
    const payment = await edgesOf({ prometheus: { url: prometheus.url } }, { service: 'payment' });
    expect(payment.lines).toEqual(['cart > payment (metrics)', 'checkout > payment (metrics)']);
  });

  test('of a namespace are those of its callers', async () => {
    const { lines } = await edgesOf({ prometheus: { url: prometheus.url } }, { namespace: 'other' });
    expect(lines).toEqual(['cart > payment (metrics)']);
  });

  test('that cannot be looked for in one place are a gap, in all places an error', async () => {
    const down = { url: 'http://127.0.0.1:1' };
    const shop = { namespace: 'shop' };
    const half = await edgesOf({ prometheus: down, listObjects }, shop);
    expect(half.items.length).toBeGreaterThan(0);
    expect(half.gaps.join()).toMatch(/Prometheus at 127.0.0.1:1 could not be reached/);
    const refuse: ListObjects = async () => {
      throw new UnderstudyError('forbidden', 'deployments may not be listed');
    };
    const other = await edgesOf({ prometheus: { url: prometheus.url }, listObjects: refuse }, shop);
    expect(other.gaps).toEqual(['deployments may not be listed']);
    await expect(edgesOf({ prometheus: down, listObjects: refuse }, shop)).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(edgesOf({})).rejects.toMatchObject({ code: 'not-supported' });
  });

  test('that nobody knows of come with a hint', async () => {
    const { items, hint } = await edgesOf({ listObjects }, { service: 'nobody' });
    expect(items).toEqual([]);
    expect(hint).toMatch(/leave out/);
  });
});
