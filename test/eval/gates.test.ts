import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Label } from '#cli/eval/labels.ts';
import { scoreLogSuite } from '#cli/eval/loghub/run-loghub.ts';
import { runNegatives } from '#cli/eval/negatives.ts';
import { openSuite, type Suite } from '#cli/eval/open-suite.ts';
import { runSuite } from '#cli/eval/run-suite.ts';
import type { Figures } from '#cli/eval/scorecard.ts';
import { partsOf } from '#cli/eval/split.ts';
import { hashOf } from '#domain/hash.ts';
import { suitesFolder } from './suites-folder.ts';

type Gate = {
  readonly suite: string;
  readonly bundles: number;
  /** Shares, 0..1, that the sample must reach; of false faults, the share that it may reach. */
  readonly least: Partial<
    Pick<Figures, 'a1' | 'a3' | 'object1' | 'serviceAvg5' | 'changeHr1' | 'changeExact' | 'verdict'>
  >;
  readonly most?: Pick<Figures, 'falseFaults'>;
};

/** What the whole suites aim at; the samples are small, and of the part that may be looked at. */
const gates: readonly Gate[] = [
  { suite: 'cob-boutique', bundles: 60, least: { a1: 0.9, a3: 0.95, object1: 0.95 } },
  { suite: 'rcd-sockshop', bundles: 6, least: { serviceAvg5: 0.99 } },
  { suite: 'rcd-sockshop-late', bundles: 6, least: { serviceAvg5: 0.98 } },
  { suite: 'changerca', bundles: 6, least: { changeHr1: 0.99 } },
  { suite: 'rootcausebench', bundles: 4, least: { changeExact: 0.99 } },
  { suite: 'opensre', bundles: 4, least: { a1: 0.99, verdict: 0.99 }, most: { falseFaults: 0 } },
];
const leastGroupingAccuracy = 0.9;
const mostFalseFaults = 0.05;

const seed = 'understudy-gate-1';

/** The same bundles each time: the first by a hash of seed and name, among those that may be tuned on. */
async function sampleOf(suite: Suite, bundles: number): Promise<Suite> {
  const parts = await partsOf(suite.cases.map(({ label }) => label));
  const order = ({ bundle }: Label): string => hashOf([seed, bundle]);
  const cases = suite.cases
    .filter(({ label }) => parts.get(label.bundle) === 'tune')
    .toSorted((a, b) => (order(a.label) < order(b.label) ? -1 : 1))
    .slice(0, bundles);
  return { ...suite, cases };
}

const suites = await suitesFolder();

describe.skipIf(suites === undefined)('public suites', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-gates-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(gates)('$suite: a fixed sample is diagnosed right', async ({ suite, bundles, least, most }) => {
    const opened = await openSuite(join(suites ?? '', suite), {
      env: { UNDERSTUDY_HOME: folder },
      workingFolder: folder,
    });
    const sample = await sampleOf(opened, bundles);
    const { figures, misses } = await runSuite(sample, { signal: AbortSignal.timeout(150_000) });
    const all = figures.all ?? { bundles: 0, verdict: 0 };
    const missed = JSON.stringify(misses, undefined, 1);
    expect(all.bundles).toBeGreaterThan(1);
    for (const [figure, bound] of Object.entries(least)) {
      expect(all[figure as keyof typeof least], `${figure}\n${missed}`).toBeGreaterThanOrEqual(bound);
    }
    if (most !== undefined) expect(all.falseFaults, missed).toBeLessThanOrEqual(most.falseFaults ?? 0);
  });

  it.each([
    { suite: 'cob-boutique', bundles: 16 },
    { suite: 'rcd-sockshop', bundles: 4 },
  ])('$suite: where no fault can be known none is told', async ({ suite, bundles }) => {
    const opened = await openSuite(join(suites ?? '', suite), {
      env: { UNDERSTUDY_HOME: folder },
      workingFolder: folder,
    });
    const sample = await sampleOf(opened, bundles);
    const card = await runNegatives(sample, { beforeMs: 300_000, signal: AbortSignal.timeout(150_000) });
    const figures = Object.values(card.figures).flatMap((parts) => Object.values(parts));
    expect(figures.length).toBeGreaterThan(0);
    for (const { falseFaults, gapNamed } of figures) {
      expect(falseFaults, JSON.stringify(card)).toBeLessThanOrEqual(mostFalseFaults);
      if (gapNamed !== undefined) expect(gapNamed).toBe(1);
    }
  });

  it('logs: their lines are grouped as they were written', async () => {
    const { means } = await scoreLogSuite(join(suites ?? '', 'loghub-2k'), 'tune');
    expect(means.tune).toBeGreaterThanOrEqual(leastGroupingAccuracy);
  });
});
