import { afterEach, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { ToolInput } from '#domain/tools/define-tool.ts';
import { logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { startWire, type WireServer } from '../../back-ends/testing/wire-server.ts';
import { callContract, createToolClient, type ToolClient } from '../../runtime/client.ts';
import { createLogsServer } from '../server.ts';
import { openLoki } from './store.ts';
import { type KeptEntry, startLokiWire } from './testing/loki-wire.ts';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const at = (seconds: number): string => fromMs(startMs + seconds * 1_000);
const window = { from: at(0), to: at(600) };

type Labels = Readonly<Record<string, string>>;
const entry = (seconds: number, line: string, labels: Labels): KeptEntry => ({
  at: BigInt(startMs + Math.round(seconds * 1_000)) * 1_000_000n,
  line,
  labels,
});
const promtail = (app: string, pod: string): Labels => ({
  ...{ namespace: 'shop', app, pod, container: 'main', node_name: 'node-1', job: `shop/${app}` },
});
const checkout = promtail('checkout', 'checkout-7d9cf6b8d5-x2x4z');
const otherCheckout = promtail('checkout', 'checkout-7d9cf6b8d5-b5b6c');
const entries: readonly KeptEntry[] = [
  entry(-60, 'level=error msg="before the window"', checkout),
  entry(1, '{"level":"info","msg":"listening"}', checkout),
  entry(5, 'GET /healthz 200', otherCheckout),
  entry(10, '{"level":"error","msg":"cannot reach cart","error":"refused 10.0.0.7:80"}', checkout),
  entry(20, '{"level":"error","msg":"cannot reach cart","error":"refused 10.0.0.9:80"}', checkout),
  entry(30, 'my password=correct-horse (wrong?)', promtail('cart', 'cart-5f5d7c9b8f-9xkzw')),
  entry(40, 'hello', { namespace: 'other', app: 'checkout', pod: 'checkout-0', container: 'main' }),
  entry(600, 'the last moment', checkout),
  entry(601, 'after the window', checkout),
];

let wire: WireServer | undefined;
let tools: ToolClient | undefined;
afterEach(async () => {
  await tools?.close();
  await wire?.stop();
});

async function serve(
  kept: readonly KeptEntry[],
  options: Parameters<typeof startLokiWire>[1] = {},
  more = {},
) {
  wire = await startLokiWire(kept, options);
  const store = openLoki({ url: wire.url, ...more });
  const server = createLogsServer({ clusters: [], stores: [store] });
  tools = createToolClient({ servers: { logs: { kind: 'in-process', server } } });
  return tools;
}
const windowOf = async (args: ToolInput<typeof logsWindow>, kept = entries, options = {}, more = {}) =>
  callContract(await serve(kept, options, more), logsWindow, { ...window, ...args });
const patternsOf = async (args: ToolInput<typeof logsPatterns>, kept = entries, options = {}) =>
  callContract(await serve(kept, options), logsPatterns, { ...window, ...args });

describe('lines from Loki (at the wire, after its documentation)', () => {
  test('come in order of time, the ends of the window included, with level and emitter', async () => {
    const { items, truncated } = await windowOf({ emitter: { namespace: 'shop', service: 'checkout' } });
    expect(items.map((item) => [item.at, item.level, item.message.slice(0, 30)])).toEqual([
      [at(1), 'info', '{"level":"info","msg":"listeni'],
      [at(5), undefined, 'GET /healthz 200'],
      [at(10), 'error', '{"level":"error","msg":"cannot'],
      [at(20), 'error', '{"level":"error","msg":"cannot'],
      [at(600), undefined, 'the last moment'],
    ]);
    expect(items[0]?.emitter).toEqual({
      ...{ namespace: 'shop', service: 'checkout', workload: 'checkout', container: 'main', node: 'node-1' },
      pod: 'checkout-7d9cf6b8d5-x2x4z',
    });
    expect(truncated).toBe(false);
  });

  test('of a workload are found by the names of its pods where no label names it', async () => {
    const labels = (pod: string): Labels => ({ k8s_namespace_name: 'shop', k8s_pod_name: pod });
    const kept = [
      entry(1, 'mine', labels('cart-5f5d7c9b8f-9xkzw')),
      entry(2, 'mine too', labels('cart-0')),
      entry(3, 'of another', labels('cart-db-5f5d7c9b8f-9xkzw')),
    ];
    const { items } = await windowOf({ emitter: { namespace: 'shop', workload: 'cart' } }, kept);
    expect(items.map((item) => item.message)).toEqual(['mine', 'mine too']);
  });

  test("of a service are found by Promtail's job where nothing else names it", async () => {
    const kept = [entry(1, 'mine', { namespace: 'shop', job: 'shop/cart' })];
    expect((await windowOf({ emitter: { namespace: 'shop', service: 'cart' } }, kept)).items).toHaveLength(1);
  });

  test('that hold a text are looked for by Loki, case ignored and taken literally', async () => {
    const { items } = await windowOf({ emitter: { namespace: 'shop' }, contains: '(WRONG?)' });
    expect(items.map((item) => item.message)).toEqual(['my password=[redacted:assignment] (wrong?)']);
    expect(wire?.requests.at(-1)?.parameters.get('query')).toContain('|~');
  });

  test('are the last of each container, and it is told that there were more', async () => {
    const { items, truncated } = await windowOf({ emitter: { namespace: 'shop' }, tailLines: 1 });
    expect(items.map((item) => item.at)).toEqual([at(5), at(30), at(600)]);
    expect(truncated).toBe(true);
  });

  test('of one cluster alone where Loki tells clusters apart', async () => {
    const kept = ['a', 'b'].map((cluster) => entry(1, `in ${cluster}`, { ...checkout, cluster }));
    const emitter = { namespace: 'shop' };
    expect((await windowOf({ cluster: 'a', emitter }, kept)).items).toHaveLength(1);
    expect((await windowOf({ cluster: 'unheard-of', emitter }, kept)).items).toHaveLength(2);
  });

  test('are read page by page, many of one moment and a lower limit of the server included', async () => {
    const kept = Array.from({ length: 2_000 }, (_, index) =>
      entry(Math.floor(index / 50), `line ${index}`, checkout),
    );
    const read = { emitter: { namespace: 'shop' }, tailLines: 5_000, limit: 5_000 };
    const { items, truncated } = await windowOf(read, kept, { maxEntries: 300 });
    expect(items.map((item) => item.message)).toHaveLength(2_000);
    expect(new Set(items.map((item) => item.message)).size).toBe(2_000);
    expect(truncated).toBe(false);
  });

  test('of a moment that fills whole pages are told to be a part', async () => {
    const kept = Array.from({ length: 500 }, (_, index) => entry(1, `line ${index}`, checkout));
    const { items, truncated } = await windowOf({ emitter: { namespace: 'shop' } }, kept, {
      maxEntries: 100,
    });
    expect(items).toHaveLength(100);
    expect(truncated).toBe(true);
  });

  test('of nobody come with a hint of who there is', async () => {
    const wrong = await windowOf({ emitter: { namespace: 'shop', service: 'chekout' } });
    expect(wrong).toMatchObject({ items: [], hint: expect.stringContaining('did you mean checkout') });
    const empty = await windowOf({ emitter: { namespace: 'shop' } }, []);
    expect(empty.hint).toMatch(/nothing was shipped/);
    await expect(windowOf({ emitter: {} })).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('of a tenant are asked for in its name; without it the answer says what to set', async () => {
    const emitter = { namespace: 'shop' };
    const { items } = await windowOf({ emitter }, entries, { tenant: 'team-a' }, { tenant: 'team-a' });
    expect(items.length).toBeGreaterThan(0);
    await expect(windowOf({ emitter }, entries, { tenant: 'team-a' })).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('set loki.tenant'),
    });
  });
});

describe('patterns from Loki (at the wire, after its documentation)', () => {
  test('are counted beside the quiet window', async () => {
    const { items } = await patternsOf({
      emitter: { namespace: 'shop', workload: 'checkout' },
      ...{ baselineFrom: at(-120), baselineTo: at(0), minLevel: 'error' },
    });
    expect(items).toMatchObject([
      {
        count: 2,
        baselineCount: 0,
        level: 'error',
        template: 'cannot reach cart: refused <*>',
        firstAt: at(10),
      },
    ]);
  });

  test('of a log that is too long are those of its lines of trouble, and it is told', async () => {
    const chatter = Array.from({ length: 21_000 }, (_, index) =>
      entry(10 + index / 1_000, `GET /${index} 200`, checkout),
    );
    const kept = [...chatter, entry(5, 'level=error msg="disk is full"', checkout)];
    const { items, truncated, gaps } = await patternsOf(
      { emitter: { namespace: 'shop' }, minLevel: 'error' },
      kept,
    );
    expect(items).toMatchObject([{ sample: 'level=error msg="disk is full"', count: 1 }]);
    expect(items[0]).not.toHaveProperty('ratio');
    expect(truncated).toBe(true);
    expect(gaps.join()).toContain('word of trouble');
  });
});

test("a query in Loki's language is passed on, and its mistakes come back in Loki's words", async () => {
  const client = await serve(entries);
  const ask = (query: string) => callContract(client, logsQuery, { query, ...window });
  expect((await ask('{namespace="other"}')).items.map((item) => item.message)).toEqual(['hello']);
  await expect(ask('nonsense')).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('parse error'),
  });
});

test('a Loki that is down, busy or something else is a clear failure', async () => {
  const failureOf = async (url: string) => {
    const server = createLogsServer({ clusters: [], stores: [openLoki({ url })] });
    const client = createToolClient({ servers: { logs: { kind: 'in-process', server } } });
    const failure = await callContract(client, logsWindow, {
      ...window,
      emitter: { namespace: 'shop' },
    }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await client.close();
    return failure;
  };
  expect(await failureOf('http://127.0.0.1:1')).toMatchObject({ code: 'unavailable' });
  wire = await startWire(() => ({ status: 429, body: 'too many outstanding requests' }));
  expect(await failureOf(wire.url)).toMatchObject({
    message: expect.stringContaining('too many outstanding'),
  });
  await wire.stop();
  wire = await startWire(() => ({ body: '<html>log in</html>' }));
  expect(await failureOf(wire.url)).toMatchObject({
    message: expect.stringContaining('is the address right'),
  });
});
