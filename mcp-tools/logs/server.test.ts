import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { ToolInput } from '#domain/tools/define-tool.ts';
import { logsPatterns, logsWindow } from '#domain/tools/logs.ts';
import { type KeptLine, startLogKubelet } from '#test/setup/kubelet.ts';
import {
  type KubernetesApi,
  startKubernetesApi,
  startKubernetesApiTimeoutMs,
} from '#test/setup/kubernetes-api.ts';
import { create, createNamespace, merge, paths } from '#test/setup/kubernetes-objects.ts';
import { callContract, createToolClient, type ToolClient } from '../runtime/client.ts';
import { createLogsServer } from './server.ts';

const namespace = 'shop';
let api: KubernetesApi;
let kubelet: Awaited<ReturnType<typeof startLogKubelet>>;
let client: ToolClient;

/** Minute 0 of the story; lines say how many seconds after it they were written. */
const startMs = Date.now() - 1_800_000;
const at = (seconds: number): string => fromMs(startMs + seconds * 1000);
const line = (seconds: number, text: string): KeptLine => ({ at: at(seconds), text });

type PodOptions = { readonly app: string; readonly hash: string; readonly restarts?: number };

/** A pod as a Deployment's ReplicaSet makes it. */
async function pod(
  name: string,
  { app, hash, restarts = 0 }: PodOptions,
  nodeName = kubelet.nodeName,
): Promise<void> {
  await create(api.admin, paths.pods(namespace), {
    metadata: {
      name,
      labels: { app, 'pod-template-hash': hash },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${app}-${hash}`, uid: 'none', controller: true },
      ],
    },
    spec: { nodeName, containers: [{ name: 'main', image: 'x' }] },
  });
  await merge(api.admin, `${paths.pods(namespace, name)}/status`, {
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'main',
          image: 'x',
          imageID: 'x',
          ready: true,
          restartCount: restarts,
          state: { running: {} },
          lastState: {},
        },
      ],
    },
  });
}

beforeAll(async () => {
  // Without controllers that would collect pods whose ReplicaSet there is not.
  api = await startKubernetesApi({ controllers: false });
  client = createToolClient({
    servers: {
      logs: {
        kind: 'in-process',
        server: createLogsServer({ clusters: [{ name: 'test', kubeconfig: api.adminKubeconfig }] }),
      },
    },
  });
  await createNamespace(api.admin, namespace);
  await create(api.admin, '/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'default' } });
  kubelet = await startLogKubelet(api, 'node-1');

  await pod('checkout-7d9c-a', { app: 'checkout', hash: '7d9c', restarts: 2 });
  await pod('checkout-7d9c-b', { app: 'checkout', hash: '7d9c' });
  await pod('cart-55f-a', { app: 'cart', hash: '55f' });
  await create(api.admin, paths.services(namespace), {
    metadata: { name: 'payments' },
    spec: { selector: { app: 'checkout' }, ports: [{ port: 80 }] },
  });
  kubelet.write('shop/checkout-7d9c-a', 'main', [
    line(0, '{"level":30,"time":1,"msg":"listening","port":8080}'),
    line(10, '{"level":"error","msg":"cannot reach cart","error":"connect ECONNREFUSED 10.0.0.7:8080"}'),
    line(20, '{"level":"error","msg":"cannot reach cart","error":"connect ECONNREFUSED 10.0.0.9:8080"}'),
    line(30, '    at Socket.connect (net.js:10:2)'),
  ]);
  kubelet.write('shop/checkout-7d9c-a', 'main', [line(-20, 'fatal: config key CART_URL is missing')], true);
  kubelet.write('shop/checkout-7d9c-b', 'main', [
    line(5, 'GET /healthz 200 1ms'),
    line(15, 'level=warn msg="slow answer" ms=900'),
  ]);
  kubelet.write('shop/cart-55f-a', 'main', [
    line(12, 'hello'),
    line(13, 'my password=correct-horse is wrong'),
  ]);
}, startKubernetesApiTimeoutMs);

afterAll(async () => {
  kubelet.close();
  await api.stop();
});

const windowOf = (args: ToolInput<typeof logsWindow>) => callContract(client, logsWindow, args);

describe('lines of a window', () => {
  test('come in order of time, word by word, with level and emitter', async () => {
    const { items } = await windowOf({ emitter: { namespace, workload: 'checkout' } });
    expect(items.map((item) => [item.emitter.pod, item.level, item.message])).toEqual([
      ['checkout-7d9c-a', 'info', '{"level":30,"time":1,"msg":"listening","port":8080}'],
      ['checkout-7d9c-b', undefined, 'GET /healthz 200 1ms'],
      ['checkout-7d9c-a', 'error', expect.stringContaining('10.0.0.7')],
      ['checkout-7d9c-b', 'warning', 'level=warn msg="slow answer" ms=900'],
      ['checkout-7d9c-a', 'error', expect.stringContaining('10.0.0.9')],
      ['checkout-7d9c-a', undefined, '    at Socket.connect (net.js:10:2)'],
    ]);
    expect(items[0]).toMatchObject({ at: at(0), previous: false });
    expect(items[0]?.emitter).toEqual({
      namespace,
      service: 'checkout',
      workload: 'checkout',
      pod: 'checkout-7d9c-a',
      container: 'main',
      node: 'node-1',
    });
  });

  test("a service's pods are those that it selects, whatever they are called", async () => {
    const { items } = await windowOf({ emitter: { namespace, service: 'payments' } });
    expect(new Set(items.map((item) => item.emitter.workload))).toEqual(new Set(['checkout']));
    expect(items[0]?.emitter.service).toBe('payments');
  });

  test('only those between the two moments, and those that hold a text', async () => {
    const between = await windowOf({ emitter: { namespace }, from: at(10), to: at(12) });
    expect(between.items.map((item) => item.at)).toEqual([at(10), at(12)]);
    const holding = await windowOf({ emitter: { namespace }, contains: 'ECONNREFUSED' });
    expect(holding.items).toHaveLength(2);
  });

  test('the last ones of each container where there are too many, and it says so', async () => {
    const answer = await windowOf({ emitter: { namespace, workload: 'checkout' }, tailLines: 1 });
    expect(answer.items.map((item) => item.at)).toEqual([at(15), at(30)]);
    expect(answer.truncated).toBe(true);
  });

  test('of the run before the last restart', async () => {
    const answer = await windowOf({ emitter: { namespace, workload: 'checkout' }, previous: true });
    expect(answer.items).toMatchObject([
      { level: 'fatal', message: 'fatal: config key CART_URL is missing', previous: true },
    ]);
    const never = await windowOf({ emitter: { namespace, workload: 'cart' }, previous: true });
    expect(never).toMatchObject({ items: [], hint: expect.stringContaining('ever restarted') });
  });

  test('secrets in them are marked', async () => {
    const { items } = await windowOf({ emitter: { namespace, workload: 'cart' } });
    expect(items.at(-1)?.message).toBe('my password=[redacted:assignment] is wrong');
  });

  test('a container that has no log to give is a gap with the reason', async () => {
    await pod('silent-1-a', { app: 'silent', hash: '1' });
    const answer = await windowOf({ emitter: { namespace, workload: 'silent' } });
    expect(answer.items).toEqual([]);
    expect(answer.gaps).toEqual([expect.stringMatching(/^log of shop\/silent-1-a\/main: /)]);
  });

  test('a node whose kubelet is away leaves gaps, and the logs of other nodes are read', async () => {
    const away = await startLogKubelet(api, 'node-2');
    away.close();
    await pod('spread-1-a', { app: 'spread', hash: '1' }, 'node-2');
    await pod('spread-1-b', { app: 'spread', hash: '1' });
    kubelet.write('shop/spread-1-b', 'main', [line(1, 'here')]);
    const answer = await windowOf({ emitter: { namespace, workload: 'spread' } });
    expect(answer.items.map((item) => item.message)).toEqual(['here']);
    expect(answer.gaps).toEqual([expect.stringMatching(/^log of shop\/spread-1-a\/main: .*refused/)]);
    const alone = await windowOf({ emitter: { namespace, pod: 'spread-1-a' } });
    expect(alone).toMatchObject({ items: [], gaps: [expect.stringContaining('spread-1-a')] });
  });

  test('nobody by that name: a hint tells who there is', async () => {
    expect(await windowOf({ emitter: { namespace, workload: 'chekout' } })).toMatchObject({
      items: [],
      hint: expect.stringContaining('cart, checkout'),
    });
    await expect(windowOf({ emitter: {} })).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('patterns', () => {
  test('the gravest first, counted beside a quiet window, with a line that is literally there', async () => {
    const answer = await callContract(client, logsPatterns, {
      emitter: { namespace, workload: 'checkout' },
      from: at(-60),
      to: at(60),
      baselineFrom: at(-3600),
      baselineTo: at(-60),
    });
    expect(answer.items).toMatchObject([
      { level: 'fatal', count: 1, sample: 'fatal: config key CART_URL is missing' },
      {
        level: 'error',
        count: 2,
        template: 'cannot reach cart: connect ECONNREFUSED <*>',
        sample: '{"level":"error","msg":"cannot reach cart","error":"connect ECONNREFUSED 10.0.0.7:8080"}',
        firstAt: at(10),
        lastAt: at(20),
        emitter: { namespace, workload: 'checkout', container: 'main' },
      },
      { level: 'warning', count: 1 },
      { level: 'info', count: 1 },
      { template: 'GET <*> <*>', count: 1 },
    ]);
    // The log begins after the quiet window: of that time nothing is known.
    for (const { baselineCount } of answer.items) expect(baselineCount).toBeUndefined();
  });

  test('a line of the quiet window counts for the quiet window alone', async () => {
    await pod('report-9-a', { app: 'report', hash: '9' });
    const slow = (seconds: number) => line(seconds, `level=warn msg="slow query" ms=${100 + seconds}`);
    kubelet.write('shop/report-9-a', 'main', [
      slow(-900),
      slow(-800),
      slow(-700),
      slow(10),
      line(20, 'level=error msg=lost'),
    ]);
    const { items } = await callContract(client, logsPatterns, {
      emitter: { namespace, workload: 'report' },
      from: at(0),
      to: at(600),
      baselineFrom: at(-1200),
      baselineTo: at(-600),
    });
    expect(items).toMatchObject([
      { sample: 'level=error msg=lost', count: 1, baselineCount: 0, ratio: 0.5 },
      {
        sample: 'level=warn msg="slow query" ms=110',
        count: 1,
        baselineCount: 3,
        firstAt: at(10),
        lastAt: at(10),
      },
    ]);
  });

  test('only of a level and above', async () => {
    const answer = await callContract(client, logsPatterns, {
      emitter: { namespace, workload: 'checkout' },
      minLevel: 'error',
    });
    expect(answer.items.map((item) => item.level)).toEqual(['fatal', 'error']);
  });
});

test('a query language is not supported, and the answer says what is', async () => {
  const request = { server: 'logs', tool: 'logs_query', arguments: { query: '{}', from: at(0), to: at(1) } };
  await expect(client.call(request)).rejects.toMatchObject({
    code: 'not-supported',
    message: expect.stringContaining('logs_patterns'),
  });
});
