import { afterEach, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { startWire, type WireServer } from '../back-ends/testing/wire-server.ts';
import { edgesOfTraces } from './edges-of-traces.ts';
import { openTempo, traceQl } from './tempo.ts';
import { sampleTraces } from './testing/sample-traces.ts';
import { startTempoWire } from './testing/tempo-wire.ts';
import { windowOfStore } from './testing/window-of.ts';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const kept = sampleTraces(startMs);
const window = { from: fromMs(startMs), to: fromMs(startMs + 600_000) };

let wire: WireServer | undefined;
afterEach(() => wire?.stop());

describe('spans from Tempo (at the wire, after its documentation)', () => {
  test('come as whole traces, the failed one first, then the slow one, with what was thrown', async () => {
    wire = await startTempoWire(kept);
    const { items, truncated, gaps } = await windowOfStore(openTempo({ url: wire.url }), {
      service: 'cart',
      ...window,
    });
    expect(items).toHaveLength(60);
    expect(items.slice(0, 5).map(({ service, name, status }) => [service, name, status])).toEqual([
      ['web', 'GET /checkout', 'error'],
      ['checkout', 'POST /checkout', 'error'],
      ['checkout', 'GET cart', 'error'],
      ['cart', 'GET /cart', undefined],
      ['checkout', 'SELECT orders', undefined],
    ]);
    expect(items[0]).toMatchObject({
      ...{ traceId: kept[7]?.traceId, pod: 'web-0', durationMs: 57, start: '2026-03-01T12:05:50.000000Z' },
      attributes: {
        ...{ 'exception.message': 'cart did not answer in time', 'span.kind': 'server' },
        ...{ 'k8s.namespace.name': 'shop', 'http.route': '/checkout' },
      },
    });
    expect(items[0]).not.toHaveProperty('parentSpanId');
    expect(items[0]?.attributes).not.toHaveProperty(['telemetry.sdk.name']);
    expect(items[1]?.parentSpanId).toBe(items[0]?.spanId);
    expect(items[5]).toMatchObject({ traceId: kept[4]?.traceId, durationMs: 2_500 });
    expect([truncated, gaps]).toEqual([false, []]);
  });

  test('of failed traces alone', async () => {
    wire = await startTempoWire(kept);
    const { items } = await windowOfStore(openTempo({ url: wire.url }), { onlyErrors: true, ...window });
    expect(new Set(items.map(({ traceId }) => traceId))).toEqual(new Set([kept[7]?.traceId]));
  });

  test('of more traces than are read: failed and slow ones are among those that are, and it is told', async () => {
    wire = await startTempoWire(kept);
    const store = openTempo({ url: wire.url, limits: { tracesPerSearch: 4 } });
    const { items, truncated } = await windowOfStore(store, window);
    const ids = new Set(items.map(({ traceId }) => traceId));
    expect(ids.size).toBe(4);
    expect([...ids]).toContain(kept[7]?.traceId);
    expect([...ids]).toContain(kept[4]?.traceId);
    expect(truncated).toBe(true);
  });

  test('of a service that is not known come with a hint', async () => {
    wire = await startTempoWire(kept);
    const { items, hint } = await windowOfStore(openTempo({ url: wire.url }), {
      service: 'chekout',
      ...window,
    });
    expect([items, hint]).toEqual([[], expect.stringContaining('did you mean checkout')]);
  });

  test('of a tenant are asked for in its name', async () => {
    wire = await startTempoWire(kept, { tenant: 'team-a' });
    const { items } = await windowOfStore(openTempo({ url: wire.url, tenant: 'team-a' }), window);
    expect(items.length).toBeGreaterThan(0);
    await expect(windowOfStore(openTempo({ url: wire.url }), window)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  test('tell who calls whom, what is not traced itself included', async () => {
    wire = await startTempoWire(kept);
    const { traces } = await openTempo({ url: wire.url }).find(
      { fromMs: startMs, toMs: startMs + 600_000, service: undefined, onlyErrors: false },
      AbortSignal.timeout(60_000),
    );
    expect(
      edgesOfTraces(traces)
        .map(({ from, to }) => `${from} > ${to}`)
        .sort(),
    ).toEqual(['checkout > cart', 'checkout > orders-db', 'web > checkout']);
  });
});

test('a trace that cannot be read is a gap; where none can the failure is told', async () => {
  const traces = [{ traceID: kept[0]?.traceId }, { traceID: kept[1]?.traceId }];
  let broken = 1;
  wire = await startWire(({ path }) => {
    if (path === '/api/search') return { body: { traces } };
    broken -= 1;
    return broken >= 0 ? { status: 500, body: 'blocklist is gone' } : { body: { trace: {} } };
  });
  const { items, gaps } = await windowOfStore(openTempo({ url: wire.url }), window);
  expect([items, gaps]).toEqual([[], [expect.stringContaining('answered 500: blocklist is gone')]]);
  broken = 99;
  await expect(windowOfStore(openTempo({ url: wire.url }), window)).rejects.toMatchObject({
    code: 'unavailable',
  });
});

test('names in TraceQL are quoted', () => {
  expect(traceQl(['a"b'], ['status = error'])).toBe('{ resource.service.name = "a\\"b" && status = error }');
  expect(traceQl([], [])).toBe('{ }');
  expect(traceQl(['a', 'b'], [])).toBe('{ (resource.service.name = "a" || resource.service.name = "b") }');
});
