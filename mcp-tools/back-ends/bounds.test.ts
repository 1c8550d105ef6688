import { afterEach, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { logsWindow } from '#domain/tools/logs.ts';
import { openElasticsearch } from '../logs/elasticsearch/store.ts';
import { openLoki } from '../logs/loki/store.ts';
import { createLogsServer } from '../logs/server.ts';
import { callContract, createToolClient } from '../runtime/client.ts';
import { openJaeger } from '../traces/jaeger.ts';
import { openTempo } from '../traces/tempo.ts';
import { windowOfStore } from '../traces/testing/window-of.ts';
import { startWire, type WireServer } from './testing/wire-server.ts';

type Limits = { readonly timeoutMs?: number; readonly maxBytes?: number; readonly maxQueries?: number };
type Ask = (url: string, limits: Limits) => Promise<unknown>;

const window = { from: fromMs(Date.now() - 900_000), to: fromMs(Date.now()) };

async function linesOf(store: ReturnType<typeof openLoki>): Promise<unknown> {
  const server = createLogsServer({ clusters: [], stores: [store] });
  const tools = createToolClient({ servers: { logs: { kind: 'in-process', server } } });
  try {
    return await callContract(tools, logsWindow, { ...window, emitter: { namespace: 'shop' } });
  } finally {
    await tools.close();
  }
}

/** One question to each kind of back end: every one of them is bound. */
const backEnds: Readonly<Record<string, Ask>> = {
  Loki: (url, limits) => linesOf(openLoki({ url, limits })),
  Elasticsearch: (url, limits) => linesOf(openElasticsearch({ url, limits, index: 'logs-*' })),
  Jaeger: (url, limits) => windowOfStore(openJaeger({ url, limits }), window),
  Tempo: (url, limits) => windowOfStore(openTempo({ url, limits }), window),
};
const each = Object.entries(backEnds);

let wire: WireServer | undefined;
afterEach(async () => {
  await wire?.stop();
  wire = undefined;
});

test.each(each)('%s that is down is told as such', async (_name, ask) => {
  await expect(ask('http://127.0.0.1:1', {})).rejects.toMatchObject({ code: 'unavailable' });
});

test.each(each)('%s that does not answer is waited for as long as is allowed', async (name, ask) => {
  wire = await startWire(() => new Promise<never>(() => undefined));
  await expect(ask(wire.url, { timeoutMs: 300 })).rejects.toMatchObject({
    ...{ code: 'timeout', message: expect.stringMatching(`${name} at .* did not answer within 0.3 s`) },
  });
});

test.each(each)('%s that answers nonsense is told as such', async (name, ask) => {
  wire = await startWire(() => ({ body: { data: 42, traces: 42, tagValues: 42, hits: 42, fields: 42 } }));
  await expect(ask(wire.url, {})).rejects.toMatchObject({
    ...{ code: 'unavailable', message: expect.stringContaining(name) },
  });
});

test.each(each)('%s whose answer is too large is not read to the end', async (_name, ask) => {
  wire = await startWire(() => ({ body: { data: 'x'.repeat(100_000) } }));
  await expect(ask(wire.url, { maxBytes: 10_000 })).rejects.toMatchObject({
    ...{ code: 'too-large', message: expect.stringContaining('exceed 10000 bytes') },
  });
});

test.each(each)('%s is not asked more often than is allowed', async (_name, ask) => {
  wire = await startWire(() => ({ body: {} }));
  await expect(ask(wire.url, { maxQueries: 0 })).rejects.toMatchObject({ code: 'too-large' });
  expect(wire.requests).toEqual([]);
});
