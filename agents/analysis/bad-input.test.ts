import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meaningOfName, measures } from '#domain/metric-words.ts';
import { fromMs } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import type { Span } from '#domain/tools/traces.ts';
import { guessedOf } from '../testing/guessed.ts';
import { canaryFinding } from './canary.ts';
import { gradualReleaseOf, suspiciousChanges } from './change-suspicion.ts';
import { databaseCauses } from './database-causes.ts';
import { readInsights } from './database-insights.ts';
import { rankServices } from './service-ranking.ts';
import { readAll, type SeriesEvidence } from './signals.ts';
import { spanNodes } from './span-nodes.ts';
import { callGraph } from './topology.ts';
import { traceFindings } from './traces.ts';

/** Whatever is recorded: nothing throws, nothing hangs, and no number that comes out is none. */

const startUnix = 1_700_000_000;
const at = (seconds: number) => fromMs((startUnix + seconds) * 1000);
const options = { startsAt: at(0), quietTo: at(-300), to: at(300), nowSeconds: 30 };
const name = fc.oneof(
  fc.constantFrom('cart', 'web', '商店', 'queue://a/b?c', ''),
  fc.string({ maxLength: 12 }),
);
const value = fc.oneof(
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e308, -1e308),
);

const points = fc
  .array(fc.tuple(fc.integer({ min: startUnix - 4000, max: startUnix + 4000 }), value), { maxLength: 60 })
  .map((all) => all.toSorted(([a], [b]) => a - b));
const metric = fc.constantFrom(
  'cpu_percent',
  'latency_p90_seconds',
  'success_rate',
  'requests_total',
  'x',
  'FreeStorageSpace',
);
const series: fc.Arbitrary<SeriesEvidence> = fc.record({
  evidenceId: fc.constant('e'),
  points,
  info: fc
    .record({
      series: fc.uuid(),
      name: metric,
      service: name,
      destination: fc.option(name, { nil: undefined }),
      pod: fc.option(name, { nil: undefined }),
    })
    .map(({ series: id, name: named, service, destination, pod }) => ({
      series: id,
      name: named,
      emitter: {
        service,
        ...(destination === undefined ? {} : { destination }),
        ...(pod === undefined ? {} : { pod }),
      },
      labels: { service },
      ...guessedOf(named),
    })),
});

describe('series', () => {
  it('with gaps, nonsense and few points are read and ranked', () => {
    const edges = fc.array(fc.record({ from: name, to: name }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(series, { maxLength: 12 }), edges, (all, calls) => {
        const readings = readAll(all, options);
        for (const { score, peak } of readings)
          expect([Number.isNaN(score), Number.isNaN(peak)]).toEqual([false, false]);
        const ranked = rankServices(readings, callGraph(calls));
        for (const { score } of ranked) expect(Number.isNaN(score)).toBe(false);
        expect(new Set(ranked.map(({ service }) => service)).size).toBe(ranked.length);
      }),
      { numRuns: 60 },
    );
  });

  it('of any name mean something', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (named) => {
        expect(measures).toContain(meaningOfName(named).measure);
      }),
      { numRuns: 200 },
    );
  });
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const span: fc.Arbitrary<Span> = fc.record({
  traceId: fc.constantFrom('t', 'u'),
  spanId: id,
  parentSpanId: id,
  service: name.map((service) => (service === '' ? 'x' : service)),
  name: fc.constantFrom('GET', 'PUT'),
  start: fc.integer({ min: -4000, max: 4000 }).map(at),
  durationMs: fc.double({ min: 0, max: 1e7, noNaN: true }),
  status: fc.constantFrom('ok', 'error'),
  attributes: fc.constant({}),
});

describe('spans', () => {
  it('in rings, with ids that come twice and clocks that disagree are looked through', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30 }), fc.array(span, { maxLength: 30 }), (before, now) => {
        for (const { selfMs, span: own } of spanNodes(now)) {
          expect(selfMs).toBeGreaterThanOrEqual(0);
          expect(selfMs).toBeLessThanOrEqual(own.durationMs);
        }
        for (const { failing, slowerPart } of traceFindings(before, now)) {
          expect(failing).toBeGreaterThanOrEqual(0);
          expect(slowerPart).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('nested as deep as one likes do not end the stack', () => {
    const deep = Array.from(
      { length: 20_000 },
      (_, index): Span => ({
        traceId: 't',
        spanId: `s${index}`,
        parentSpanId: `s${index - 1}`,
        service: 'x',
        name: 'GET',
        start: at(0),
        durationMs: 1,
        attributes: {},
      }),
    );
    expect(spanNodes(deep)).toHaveLength(20_000);
  });
});

describe('changes, releases and performance data', () => {
  const change: fc.Arbitrary<Change> = fc.record({
    id: fc.string({ minLength: 1, maxLength: 10 }),
    at: fc.integer({ min: -90_000, max: 4000 }).map(at),
    kind: fc.constantFrom('deploy', 'commit', 'flag', 'config', 'scale', 'infrastructure'),
    service: name,
    summary: fc.string({ maxLength: 40 }),
    diff: fc.string({ maxLength: 60 }),
    details: fc.dictionary(
      fc.constantFrom('commit', 'commits', 'steps', 'toVersion', 'createdPods'),
      fc.jsonValue(),
    ),
  });

  it('of any form are weighed', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 12 }),
        fc.array(series, { maxLength: 6 }),
        (changes, windows) => {
          const context = {
            changes,
            services: ['cart'],
            onset: at(0),
            blurSeconds: 60,
            placeOf: () => 0.5,
            symptomWords: new Set<string>(),
            explainedOtherwise: false,
          };
          for (const { score } of suspiciousChanges(context)) {
            expect(score).toBeGreaterThan(0);
            expect(score).toBeLessThanOrEqual(1);
          }
          for (const release of changes.flatMap((one) => gradualReleaseOf(one) ?? [])) {
            expect(Number.isNaN(canaryFinding(release, windows, at(300)).worse)).toBe(false);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of any form is read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { maxLength: 6 }),
        fc.array(fc.string({ maxLength: 80 }), { maxLength: 6 }),
        (insights, texts) => {
          const facts = {
            readings: [],
            told: texts.map((text) => ({ text })),
            insights: readInsights(insights),
            allocatedBytes: undefined,
          };
          for (const { certainty } of databaseCauses(facts)) {
            expect(certainty).toBeGreaterThan(0);
            expect(certainty).toBeLessThan(1);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
