import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { ToolInput } from '#domain/tools/define-tool.ts';
import { logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { type RunningOpenSearch, startOpenSearch } from '#test/setup/start-opensearch.ts';
import type { WireServer } from '../../back-ends/testing/wire-server.ts';
import { callContract, createToolClient, type ToolClient } from '../../runtime/client.ts';
import { createLogsServer } from '../server.ts';
import { openElasticsearch } from './store.ts';
import { type ElasticWireOptions, type KeptDocument, startElasticWire } from './testing/elastic-wire.ts';
import { fillIndex } from './testing/fill-index.ts';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const at = (seconds: number): string => fromMs(startMs + seconds * 1_000);
const window = { from: at(0), to: at(600) };

/** As Elastic Agent maps and writes it. */
const ecs: ElasticWireOptions = {
  mapping: {
    '@timestamp': 'date',
    message: 'match_only_text',
    'log.level': 'keyword',
    'kubernetes.namespace': 'keyword',
    'kubernetes.pod.name': 'keyword',
    'kubernetes.container.name': 'keyword',
    'service.name': 'keyword',
  },
};
const ecsDocument = (
  id: string,
  seconds: number,
  message: string,
  more: Record<string, unknown> = {},
): KeptDocument => ({
  id,
  source: {
    ...{
      '@timestamp': at(seconds),
      message,
      'kubernetes.namespace': 'shop',
      'kubernetes.container.name': 'main',
    },
    ...{ 'service.name': 'checkout', 'kubernetes.pod.name': 'checkout-7d9cf6b8d5-x2x4z', ...more },
  },
});
const documents: readonly KeptDocument[] = [
  ecsDocument('0', -60, 'before the window'),
  ecsDocument('1', 1, 'listening on 8080', { 'log.level': 'info' }),
  ecsDocument('2', 10, 'cannot reach cart: connection to 10.0.0.7 refused', { 'log.level': 'error' }),
  ecsDocument('3', 20, 'cannot reach cart: connection to 10.0.0.9 refused', { 'log.level': 'error' }),
  ecsDocument('4', 30, 'my password=correct-horse is wrong', {
    'service.name': 'cart',
    'kubernetes.pod.name': 'cart-0',
  }),
  ecsDocument('5', 600, 'the last moment'),
  ecsDocument('6', 601, 'after the window'),
];

let openSearch: RunningOpenSearch;
let wire: WireServer | undefined;
let tools: ToolClient | undefined;
beforeAll(async () => {
  openSearch = await startOpenSearch();
}, 300_000);
afterAll(() => openSearch.stop());
afterEach(async () => {
  await tools?.close();
  await wire?.stop();
  wire = undefined;
});

async function open(url: string, index: string, authorizationFile?: string): Promise<ToolClient> {
  const limits = { timeoutMs: 120_000 };
  const own = authorizationFile === undefined ? {} : { authorizationFile };
  const server = createLogsServer({
    clusters: [],
    stores: [openElasticsearch({ url, index, limits, ...own })],
  });
  await tools?.close();
  tools = createToolClient({ servers: { logs: { kind: 'in-process', server } } });
  return tools;
}

type Serve = (kept?: readonly KeptDocument[], options?: ElasticWireOptions) => Promise<ToolClient>;

/** OpenSearch with these documents alone. */
const real: Serve = async (kept = documents, options = ecs) =>
  open(openSearch.url, await fillIndex(openSearch.url, kept, options));

/** What is only to be had at the wire: keys, failures, and what Elasticsearch says of them. */
async function atWire(
  kept = documents,
  options = ecs,
  more: { index?: string; authorizationFile?: string } = {},
): Promise<ToolClient> {
  await wire?.stop();
  wire = await startElasticWire(kept, options);
  return open(wire.url, more.index ?? 'logs-*', more.authorizationFile);
}

const windowOf = async (serve: Promise<ToolClient>, args: ToolInput<typeof logsWindow>) =>
  callContract(await serve, logsWindow, { ...window, ...args });

const backEnds: readonly (readonly [string, Serve])[] = [
  ['OpenSearch', real],
  ['Elasticsearch at the wire, after its documentation', atWire],
];

describe.each(backEnds)('lines from %s', (_, serve) => {
  test('in the fields of ECS come in order of time, with level and emitter', async () => {
    const emitter = { namespace: 'shop', service: 'checkout' };
    const { items, truncated } = await windowOf(serve(), { emitter });
    expect(items.map((item) => [item.at, item.level, item.message.slice(0, 17)])).toEqual([
      [at(1), 'info', 'listening on 8080'],
      [at(10), 'error', 'cannot reach cart'],
      [at(20), 'error', 'cannot reach cart'],
      [at(600), undefined, 'the last moment'],
    ]);
    expect(items[0]?.emitter).toEqual({
      ...{ namespace: 'shop', service: 'checkout', workload: 'checkout', container: 'main' },
      pod: 'checkout-7d9cf6b8d5-x2x4z',
    });
    expect(truncated).toBe(false);
  });

  test('in plain fields, as text with a keyword beside it, are found by the pod of a workload', async () => {
    const options: ElasticWireOptions = {
      mapping: {
        ...{ timestamp: 'date', log: 'text', namespace: 'text', 'namespace.keyword': 'keyword' },
        ...{ pod: 'text', 'pod.keyword': 'keyword', level: 'text', 'level.keyword': 'keyword' },
      },
    };
    const document = (id: string, pod: string): KeptDocument => ({
      id,
      source: { timestamp: at(5), log: `of ${pod}`, namespace: 'shop', pod, level: 'WARN' },
    });
    const kept = [
      document('1', 'cart-0'),
      document('2', 'cart-db-0'),
      document('3', 'cart-5f5d7c9b8f-9xkzw'),
    ];
    const emitter = { namespace: 'shop', workload: 'cart' };
    const { items } = await windowOf(serve(kept, options), { emitter });
    expect(items.map((item) => [item.level, item.message])).toEqual([
      ['warning', 'of cart-0'],
      ['warning', 'of cart-5f5d7c9b8f-9xkzw'],
    ]);
  });

  test('in text that knows words alone are compared again, word for word', async () => {
    const options: ElasticWireOptions = {
      mapping: { '@timestamp': 'date', message: 'text', namespace: 'text' },
    };
    const kept = ['shop', 'shop-old'].map((namespace, index) => ({
      id: String(index),
      source: { '@timestamp': at(5), message: `in ${namespace}`, namespace },
    }));
    const { items } = await windowOf(serve(kept, options), { emitter: { namespace: 'shop' } });
    expect(items.map((item) => item.message)).toEqual(['in shop']);
  });

  test.each([
    ['0.0.7 REF', 1],
    ['password=', 1],
    ['cart: connection', 2],
    ['reach cat', 0],
    ['cart reach', 0],
  ])('that hold "%s" are found however it lies in words', async (contains, found) => {
    const { items } = await windowOf(serve(), { emitter: { namespace: 'shop' }, contains });
    expect(items).toHaveLength(found);
  });

  test('are read page by page, many of one moment included', async () => {
    const kept = Array.from({ length: 8_000 }, (_, index) =>
      ecsDocument(String(index), Math.floor(index / 300), `line ${index}`),
    );
    const emitter = { namespace: 'shop' };
    const client = await serve(kept);
    const read = { ...window, emitter, tailLines: 5_000, limit: 5_000 };
    const { items, truncated } = await callContract(client, logsWindow, read);
    const told = items.map(({ message }) => Number(message.slice('line '.length)));
    expect([items.length, Math.max(...told), truncated]).toEqual([5_000, 7_999, true]);
    const mined = await callContract(client, logsPatterns, { ...window, emitter });
    expect(mined).toMatchObject({ items: [{ count: 8_000 }], truncated: false });
  });

  test('of nobody come with a hint of who there is', async () => {
    const emitter = { namespace: 'shop', service: 'chekout' };
    const { items, hint } = await windowOf(serve(), { emitter });
    expect([items, hint]).toEqual([[], expect.stringContaining('did you mean checkout')]);
  });

  test('of indices that hold no logs tell which setting to correct', async () => {
    const none = windowOf(serve([], { mapping: {} }), { emitter: { namespace: 'shop' } });
    await expect(none).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('elasticsearch.index'),
    });
  });

  test('become patterns, counted beside the quiet window', async () => {
    const { items } = await callContract(await serve(), logsPatterns, {
      ...window,
      ...{ emitter: { namespace: 'shop', service: 'checkout' }, minLevel: 'error' },
      ...{ baselineFrom: at(-120), baselineTo: at(0) },
    });
    const template = 'cannot reach cart: connection to <*> refused';
    expect(items).toMatchObject([{ count: 2, baselineCount: 0, template, firstAt: at(10) }]);
  });

  test('of a log that is too long become patterns of its lines of trouble', async () => {
    const chatter = Array.from({ length: 20_500 }, (_, index) =>
      ecsDocument(`c${index}`, 10 + index / 100, `GET /${index} 200`),
    );
    const lines = [
      ecsDocument('t1', 5, 'java.lang.IllegalStateException: no cart'),
      ecsDocument('t2', 6, 'it went wrong', { 'log.level': 'error' }),
    ];
    const { items, gaps } = await callContract(await serve([...chatter, ...lines]), logsPatterns, {
      ...window,
      ...{ emitter: { namespace: 'shop' }, minLevel: 'error' },
    });
    expect(items.map(({ sample }) => sample)).toContain('java.lang.IllegalStateException: no cart');
    expect(gaps.join()).toContain('word of trouble');
  });

  test('are asked for by a query string, and its mistakes come back in its words', async () => {
    const client = await serve();
    const ask = (query: string) => callContract(client, logsQuery, { query, ...window });
    expect((await ask('message:listening')).items.map((item) => item.message)).toEqual(['listening on 8080']);
    await expect(ask('((')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('(('),
    });
  });
});

describe('a store that has the index of nobody', () => {
  test('says so, as OpenSearch does for a name that is not there', async () => {
    const client = await open(openSearch.url, 'missing');
    await expect(
      callContract(client, logsWindow, { ...window, emitter: { namespace: 'shop' } }),
    ).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('elasticsearch.index'),
    });
  });

  test('says so at the wire too', async () => {
    const missing = windowOf(atWire(documents, ecs, { index: 'missing' }), {
      emitter: { namespace: 'shop' },
    });
    await expect(missing).rejects.toMatchObject({ code: 'configuration' });
  });
});

describe('at the wire, after Elasticsearch documentation', () => {
  test('lines of which a part is missing say so', async () => {
    const { gaps, truncated } = await windowOf(atWire(documents, { ...ecs, failedShards: 2 }), {
      emitter: { namespace: 'shop' },
    });
    expect(gaps.join()).toMatch(/2 of 5 shards/);
    expect(truncated).toBe(true);
  });

  test('the file that holds the key lets in, read for every request; the key is not repeated', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authorization-'));
    const authorizationFile = join(folder, 'key');
    const options = { ...ecs, authorization: 'ApiKey abc123==' };
    const ask = () =>
      windowOf(atWire(documents, options, { authorizationFile }), { emitter: { namespace: 'shop' } });
    await writeFile(authorizationFile, 'ApiKey abc123==\n');
    expect((await ask()).items.length).toBeGreaterThan(0);
    await writeFile(authorizationFile, 'ApiKey another');
    const refused = ask();
    await expect(refused).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(refused).rejects.not.toThrow(/another/);
    await writeFile(authorizationFile, 'a-bare-token');
    const wrong = ask();
    await expect(wrong).rejects.toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('Bearer'),
    });
    await expect(wrong).rejects.not.toThrow(/a-bare-token/);
    await rm(folder, { recursive: true });
  });
});

test.each(backEnds)('many indices are asked for in lines that are not too long: %s', async (_, serve) => {
  await serve();
  const index = Array.from({ length: 50 }, (_, team) => `logs-of-team-${team}-*`).join(',');
  const client = await open(wire?.url ?? openSearch.url, `logs-*,${index}`);
  const { items } = await callContract(client, logsWindow, { ...window, emitter: { namespace: 'shop' } });
  expect(items.length).toBeGreaterThanOrEqual(5);
});
