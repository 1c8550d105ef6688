import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { topologyEdges } from '#domain/tools/topology.ts';
import { startJaeger } from '#test/setup/start-jaeger.ts';
import { startWire } from '../back-ends/testing/wire-server.ts';
import { callContract, createToolClient } from '../runtime/client.ts';
import { createTopologyServer } from '../topology/server.ts';
import { openJaeger } from './jaeger.ts';
import { jaegerTracesSchema } from './jaeger-form.ts';
import { startJaegerWire } from './testing/jaeger-wire.ts';
import { otlpOf, sampleTraces } from './testing/sample-traces.ts';
import { windowOfStore } from './testing/window-of.ts';

const startMs = Date.now() - 900_000;
const kept = sampleTraces(startMs);
const window = { from: fromMs(startMs), to: fromMs(startMs + 600_000) };

type Jaeger = { readonly url: string; readonly stop: () => Promise<void> };

async function realJaeger(): Promise<Jaeger> {
  const jaeger = await startJaeger();
  for (const trace of kept) await jaeger.take(otlpOf(trace));
  await vi.waitFor(
    async () => {
      const answer = await fetch(`${jaeger.url}/api/traces?service=web&limit=100`);
      const { data } = jaegerTracesSchema.parse(await answer.json());
      expect(data?.flatMap(({ spans }) => spans)).toHaveLength(kept.length * 5);
    },
    { timeout: 30_000, interval: 100 },
  );
  return jaeger;
}

describe.each<readonly [string, () => Promise<Jaeger>]>([
  ['Jaeger', realJaeger],
  ['Jaeger at the wire, after its documentation', () => startJaegerWire(kept)],
])('spans from %s', (_, start) => {
  let jaeger: Jaeger;
  beforeAll(async () => {
    jaeger = await start();
  }, 900_000);
  afterAll(() => jaeger.stop());
  const store = (limits = {}) => openJaeger({ url: `${jaeger.url}/`, limits });

  test('come as whole traces, the failed one first, then the slow one, with what was thrown', async () => {
    const { items, truncated, gaps } = await windowOfStore(store(), { service: 'cart', ...window });
    expect(items).toHaveLength(60);
    expect(items.slice(0, 5).map(({ service, name, status }) => [service, name, status])).toEqual([
      ['web', 'GET /checkout', 'error'],
      ['checkout', 'POST /checkout', 'error'],
      ['checkout', 'GET cart', 'error'],
      ['cart', 'GET /cart', undefined],
      ['checkout', 'SELECT orders', undefined],
    ]);
    expect(items[0]).toMatchObject({
      ...{ traceId: kept[7]?.traceId, pod: 'web-0', durationMs: 57 },
      attributes: {
        ...{ 'exception.message': 'cart did not answer in time', 'span.kind': 'server' },
        ...{ 'k8s.namespace.name': 'shop', 'service.version': '1.2.3' },
      },
    });
    expect(Date.parse(items[0]?.start ?? '')).toBe(kept[7]?.startMs);
    expect(items[0]).not.toHaveProperty('parentSpanId');
    expect(items[1]?.parentSpanId).toBe(items[0]?.spanId);
    expect(items[0]?.attributes).not.toHaveProperty(['otel.status_code']);
    expect(items[5]).toMatchObject({ traceId: kept[4]?.traceId, durationMs: 2_500 });
    expect([truncated, gaps]).toEqual([false, []]);
  });

  test('of failed traces alone', async () => {
    const { items } = await windowOfStore(store(), { onlyErrors: true, ...window });
    expect(new Set(items.map(({ traceId }) => traceId))).toEqual(new Set([kept[7]?.traceId]));
  });

  test('of more traces than are read: failed and slow ones older than those are found too', async () => {
    const few = store({ tracesPerSearch: 5 });
    const { items, truncated } = await windowOfStore(few, { service: 'web', ...window });
    const ids = items.map(({ traceId }) => traceId);
    // The newest five are 7 to 11.
    expect(ids).toContain(kept[4]?.traceId);
    expect(ids).not.toContain(kept[0]?.traceId);
    expect(truncated).toBe(true);
  });

  test('further pages go on with the window of the first', async () => {
    const page = { service: 'web', from: window.from, limit: 20 };
    const first = await windowOfStore(store(), page);
    const second = await windowOfStore(store(), { ...page, cursor: first.nextCursor });
    expect(first.items).toHaveLength(20);
    expect(second.items[0]?.spanId).not.toBe(first.items[0]?.spanId);
    expect(new Set([...first.items, ...second.items].map(({ spanId }) => spanId)).size).toBe(40);
  });

  test('of a service that is not known come with a hint; a window without traces too', async () => {
    const unknown = await windowOfStore(store(), { service: 'chekout', ...window });
    expect([unknown.items, unknown.hint]).toEqual([[], expect.stringContaining('did you mean checkout')]);
    const before = { from: fromMs(startMs - 120_000), to: fromMs(startMs - 60_000) };
    expect((await windowOfStore(store(), before)).hint).toMatch(/is the window right/);
  });

  test('of services that were not looked at are told as a gap; the budget of requests is kept', async () => {
    const one = await windowOfStore(store({ maxServices: 1 }), window);
    expect([one.gaps.join(), one.truncated]).toEqual([expect.stringContaining('2 more services'), true]);
    const poor = await windowOfStore(store({ maxQueries: 3 }), window);
    expect(poor.gaps.join()).toMatch(/more than 3 requests to Jaeger/);
  });

  test('tell who calls whom, databases that are not traced included', async () => {
    const server = createTopologyServer({ cluster: 'practice', traces: [store()] });
    const tools = createToolClient({ servers: { topology: { kind: 'in-process', server } } });
    const of = async (args: Record<string, string>) =>
      (await callContract(tools, topologyEdges, args)).items.map(
        ({ from, to, source }) => `${from} > ${to} (${source})`,
      );
    expect(await of({})).toEqual([
      'checkout > cart (traces)',
      'checkout > orders-db (traces)',
      'web > checkout (traces)',
    ]);
    expect(await of({ namespace: 'shop', service: 'web' })).toEqual(['web > checkout (traces)']);
    expect(await of({ namespace: 'another' })).toEqual([]);
    await tools.close();
  });
});

test('what Jaeger has added up of calls is taken beside what its traces show (at the wire)', async () => {
  const wire = await startJaegerWire(kept.slice(0, 1), { dependencies: true });
  const server = createTopologyServer({ cluster: 'practice', traces: [openJaeger({ url: wire.url })] });
  const tools = createToolClient({ servers: { topology: { kind: 'in-process', server } } });
  const { items } = await callContract(tools, topologyEdges, {});
  expect(items.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    ...['billing > ledger', 'checkout > cart', 'checkout > orders-db', 'web > checkout'],
  ]);
  await tools.close();
  await wire.stop();
});

test('a Jaeger that is down, slow, refuses or is something else is a clear failure', async () => {
  const failureAt = (url: string, timeoutMs = 60_000) =>
    windowOfStore(openJaeger({ url, limits: { timeoutMs } }), window).then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(await failureAt('http://127.0.0.1:1')).toMatchObject({ code: 'unavailable' });
  const answers: readonly (readonly [string, Parameters<typeof startWire>[0], string, RegExp])[] = [
    ['UI', () => ({ body: '<html>', type: 'text/html' }), 'unavailable', /is the address right/],
    ['JSON', () => ({ body: { data: 42 } }), 'unavailable', /not Jaeger's/],
    ['refusal', () => ({ status: 403, body: 'RBAC: access denied' }), 'forbidden', /access denied/],
    [
      'error',
      () => ({ status: 500, body: { data: null, errors: [{ code: 500, msg: 'no storage' }] } }),
      'unavailable',
      /no storage/,
    ],
    ['silence', () => new Promise<never>(() => undefined), 'timeout', /did not answer within 0.7 s/],
  ];
  for (const [what, answer, code, message] of answers) {
    const wire = await startWire(answer);
    const failure = await failureAt(wire.url, what === 'silence' ? 700 : 60_000);
    expect(failure, what).toMatchObject({ code, message: expect.stringMatching(message) });
    await wire.stop();
  }
});
