import { describe, expect, it } from 'vitest';
import { fromMs } from '#domain/time.ts';
import type { Span } from '#domain/tools/traces.ts';
import { spanNodes } from './span-nodes.ts';
import { failingStrength, slowerStrength, traceFindings, usualTraceMs } from './traces.ts';

const startMs = 1_700_000_000_000;

function span(
  traceId: string,
  spanId: string,
  parentSpanId: string | undefined,
  service: string,
  [fromMs_, durationMs]: readonly [number, number],
  more: Partial<Span> = {},
): Span {
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    service,
    name: `${service} work`,
    start: fromMs(startMs + fromMs_),
    durationMs,
    attributes: {},
    ...more,
  };
}

const selfTimes = (spans: readonly Span[]) => spanNodes(spans).map(({ selfMs }) => selfMs);

describe('spanNodes', () => {
  it('gives each span the time that none of its children takes, overlapping ones once', () => {
    const spans = [
      span('t', 'a', undefined, 'front', [0, 100]),
      span('t', 'b', 'a', 'cart', [10, 40]),
      span('t', 'c', 'a', 'stock', [30, 40]),
    ];
    expect(selfTimes(spans)).toEqual([40, 40, 40]);
  });

  it('moves a child into its parent where clocks disagree', () => {
    const spans = [
      span('t', 'a', undefined, 'front', [0, 100]),
      span('t', 'b', 'a', 'cart', [5000, 60]),
      span('t', 'c', 'a', 'stock', [10, 50]),
    ];
    // Moved to the parent's end, the one overlaps with the other by 20.
    expect(selfTimes(spans)).toEqual([10, 60, 50]);
  });

  it('survives missing parents, rings and ids that come twice', () => {
    const spans = [
      span('t', 'a', 'b', 'front', [0, 100]),
      span('t', 'b', 'a', 'cart', [0, 50]),
      span('t', 'c', 'gone', 'stock', [0, 10]),
      span('t', 'c', undefined, 'stock', [0, 99]),
    ];
    expect(spanNodes(spans).map(({ parent }) => parent)).toEqual([undefined, undefined, undefined]);
    expect(selfTimes(spans)).toEqual([100, 50, 10]);
  });
});

type Making = (trace: string) => Span[];
const many = (count: number, make: Making) =>
  Array.from({ length: count }, (_, index) => make(`t${index}`)).flat();

const quiet: Making = (trace) => [
  span(trace, 'a', undefined, 'front', [0, 50]),
  span(trace, 'b', 'a', 'cart', [5, 30]),
  span(trace, 'c', 'b', 'stock', [10, 10]),
];

function found(before: readonly Span[], now: readonly Span[], service: string) {
  const finding = traceFindings(before, now).find((one) => one.service === service);
  if (finding === undefined) throw new Error(`nothing of ${service}`);
  return finding;
}

describe('traceFindings', () => {
  it('lays a failure to the deepest span that failed', () => {
    const failing: Making = (trace) =>
      quiet(trace).map((one) => (one.service === 'stock' ? one : { ...one, status: 'error' as const }));
    const now = [
      ...many(15, quiet),
      ...many(5, failing).map((one) => ({ ...one, traceId: `f${one.traceId}` })),
    ];
    expect(found(many(20, quiet), now, 'cart').failing).toBe(0.25);
    expect(found(many(20, quiet), now, 'front').failing).toBe(0);
    expect(failingStrength(found(many(20, quiet), now, 'cart'))).toBeCloseTo(Math.log2(26), 5);
  });

  it('lays a call that failed and never arrived to the one that was called', () => {
    const lost: Making = (trace) => [
      span(trace, 'a', undefined, 'front', [0, 50], { status: 'error' }),
      span(trace, 'b', 'a', 'cart', [5, 30], { status: 'error' }),
    ];
    expect(found(many(20, quiet), many(20, lost), 'stock').failing).toBe(1);
    expect(found(many(20, quiet), many(20, lost), 'cart').failing).toBe(0);
  });

  it('does not blame whoever was given up by its caller', () => {
    const late: Making = (trace) => [
      span(trace, 'a', undefined, 'front', [0, 30], {
        status: 'error',
        attributes: { error: 'deadline exceeded' },
      }),
      span(trace, 'b', 'a', 'cart', [5, 60], { status: 'error', attributes: { error: 'context canceled' } }),
    ];
    expect(found(many(20, quiet), many(20, late), 'front').failing).toBe(1);
    expect(found(many(20, quiet), many(20, late), 'cart').failing).toBe(0);
  });

  it('lays what requests take longer to the service whose own time grew', () => {
    const slow: Making = (trace) => [
      span(trace, 'a', undefined, 'front', [0, 150]),
      span(trace, 'b', 'a', 'cart', [5, 130]),
      span(trace, 'c', 'b', 'stock', [10, 110]),
    ];
    const before = many(20, quiet);
    const stock = found(before, many(20, slow), 'stock');
    expect(stock).toMatchObject({ slowerMs: 100, slowerPart: 1 });
    expect(usualTraceMs(before)).toBe(50);
    // Twice the usual time more, all of it there: log2(1 + 2 / 0.1).
    expect(slowerStrength(stock, 50)).toBeCloseTo(Math.log2(21), 5);
    expect(found(before, many(20, slow), 'front').slowerMs).toBe(0);
  });

  it('takes what varies anyway for no change', () => {
    const varying = (index: number): Span[] => [
      span(`t${index}`, 'a', undefined, 'front', [0, 20 + 30 * (index % 4)]),
    ];
    const times = (count: number) => Array.from({ length: count }, (_, index) => varying(index)).flat();
    expect(found(times(40), times(41), 'front').slowerMs).toBe(0);
    const later = times(40).map((one) => ({ ...one, durationMs: one.durationMs + 12 }));
    expect(found(times(40), later, 'front').slowerMs).toBe(0);
  });

  it('sees work that ends before its calls are made, without any status', () => {
    const calling = (trace: string, calls: number): Span[] => [
      span(trace, 'a', undefined, 'front', [0, 50]),
      span(trace, 'b', 'a', 'cart', [5, 40]),
      ...Array.from({ length: calls }, (_, index) => span(trace, `c${index}`, 'b', 'stock', [10 + index, 1])),
    ];
    const before = many(20, (trace) => calling(trace, 3));
    const now = Array.from({ length: 20 }, (_, index) => calling(`n${index}`, index < 5 ? 1 : 3)).flat();
    expect(found(before, now, 'cart').cutShort).toBe(0.25);
    expect(found(before, now, 'front').cutShort).toBe(0);
  });
});
