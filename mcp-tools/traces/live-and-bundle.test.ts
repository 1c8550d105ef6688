import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromMs } from '#domain/time.ts';
import { type Span, tracesWindow } from '#domain/tools/traces.ts';
import type { WireServer } from '../back-ends/testing/wire-server.ts';
import { makeBundle } from '../bundle/testing/make-bundle.ts';
import { serversOfBundle } from '../bundle/tools.ts';
import { callContract, createToolClient, type ToolClient } from '../runtime/client.ts';
import { openJaeger } from './jaeger.ts';
import { openTempo } from './tempo.ts';
import { startJaegerWire } from './testing/jaeger-wire.ts';
import { sampleTraces } from './testing/sample-traces.ts';
import { startTempoWire } from './testing/tempo-wire.ts';
import { windowOfStore } from './testing/window-of.ts';

const startMs = Date.parse('2026-03-01T12:00:00Z');
const kept = sampleTraces(startMs);
const window = { from: fromMs(startMs), to: fromMs(startMs + 600_000), limit: 200 };

/** Spans, each by its id, as the order of a page has them. */
const ids = (spans: readonly Span[]) => spans.map(({ spanId }) => spanId);

describe('one question has one answer, whether the traces are in a store (at the wire) or in a bundle of them', () => {
  let jaeger: WireServer;
  let tempo: WireServer;
  let bundle: ToolClient;

  beforeEach(async () => {
    [jaeger, tempo] = await Promise.all([startJaegerWire(kept), startTempoWire(kept)]);
    const { items } = await windowOfStore(openTempo({ url: tempo.url }), window);
    // Held in another order than the answer's.
    const lines = items.toReversed().map((span) => JSON.stringify(span));
    const servers = serversOfBundle(await makeBundle({ 'traces/spans.ndjson': lines.join('\n') }));
    bundle = createToolClient({
      servers: Object.fromEntries(servers.map((server) => [server.name, { kind: 'in-process', server }])),
    });
  });
  afterEach(async () => {
    await bundle?.close();
    await Promise.all([jaeger?.stop(), tempo?.stop()]);
  });

  const questions = {
    'of a service: the whole traces': { service: 'cart', ...window },
    'of what failed': { onlyErrors: true, ...window },
    'of what failed at a service': { service: 'web', onlyErrors: true, ...window },
    'of a part of the time, which a trace crosses': {
      ...{ service: 'checkout', ...window },
      ...{ from: fromMs(startMs + 100_000), to: fromMs(startMs + 350_002) },
    },
  };
  test.each(Object.entries(questions))('%s', async (_what, question) => {
    const [ofJaeger, ofTempo, ofBundle] = await Promise.all([
      windowOfStore(openJaeger({ url: jaeger.url }), question),
      windowOfStore(openTempo({ url: tempo.url }), question),
      callContract(bundle, tracesWindow, question),
    ]);
    expect(ofBundle.items.length).toBeGreaterThan(0);
    expect(new Set(ofBundle.items.map(({ service }) => service)).size).toBeGreaterThan(1);
    expect(ids(ofTempo.items)).toEqual(ids(ofBundle.items));
    expect(ids(ofJaeger.items)).toEqual(ids(ofBundle.items));
  });

  test('a window cuts a trace that goes on after it', async () => {
    const question = {
      service: 'web',
      ...window,
      from: fromMs(startMs + 350_000),
      to: fromMs(startMs + 350_002),
    };
    const { items } = await callContract(bundle, tracesWindow, question);
    expect(items.map(({ name }) => name)).toEqual(['GET /checkout', 'POST /checkout', 'GET cart']);
  });

  test('nothing singled out: the same spans, in a bundle as they are held', async () => {
    const [ofStore, ofBundle] = await Promise.all([
      windowOfStore(openTempo({ url: tempo.url }), window),
      callContract(bundle, tracesWindow, window),
    ]);
    expect(ofBundle.items).toHaveLength(60);
    expect(ids(ofBundle.items)).toEqual(ids(ofStore.items).toReversed());
  });

  test('of a service that is not known: the same hint', async () => {
    const question = { service: 'chekout', ...window };
    const ofStore = await windowOfStore(openTempo({ url: tempo.url }), question);
    const ofBundle = await callContract(bundle, tracesWindow, question);
    expect(ofBundle).toMatchObject({ items: [], hint: ofStore.hint });
    expect(ofBundle.hint).toContain('did you mean checkout');
  });
});
