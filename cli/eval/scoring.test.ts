import { describe, expect, it } from 'vitest';
import type { Diagnosis, Hypothesis } from '#domain/diagnosis.ts';
import { calibrationError, reliabilityOf } from './calibration.ts';
import { compareScores } from './compare.ts';
import type { Label } from './labels.ts';
import { hasObject, rankedServices } from './match.ts';
import { type Score, scoreOf } from './score.ts';
import { confusionsOf, figuresOf, quantile } from './scorecard.ts';
import { chooseHeld } from './split.ts';

function hypothesis(
  more: Partial<Hypothesis> & { kind?: string; name?: string; namespace?: string } = {},
): Hypothesis {
  const { kind = 'Deployment', name = 'till', namespace = 'shop', ...rest } = more;
  return {
    cause: 'container.oom-killed',
    object: { cluster: 'lab', kind, namespace, name },
    confidence: 0.8,
    explanation: '',
    evidence: [{ source: 's', ref: 'r', quote: 'q', weight: 1 }],
    against: [],
    chain: [],
    ...rest,
  };
}

function diagnosis(verdict: Diagnosis['verdict'], ...hypotheses: readonly Hypothesis[]): Diagnosis {
  return {
    format: 'understudy-diagnosis/1',
    verdict,
    summary: '',
    hypotheses: [...hypotheses],
    ruledOut: [],
    gaps: [],
    proposedFix: [],
  };
}

const label: Label = {
  bundle: 'b1',
  verdict: 'fault',
  causes: ['container.oom-killed', 'resource.memory-saturated'],
  objects: ['app/till'],
};

function scored(own: Label, answer: Diagnosis): Score {
  return scoreOf(own, 'tune', { bundle: own.bundle, durationMs: 5, diagnosis: answer });
}

describe('an object', () => {
  it.each([
    [{}, 'app/till', true],
    [{ kind: 'Service' }, 'app/till', true],
    [{ kind: 'Pod', name: 'till-7d9f8b6c5-x2v9k' }, 'app/till', true],
    [{ kind: 'Pod', name: 'till-0' }, 'app/till', true],
    [{ kind: 'ConfigMap', name: 'settings', service: 'till' }, 'app/till', true],
    [{ kind: 'Deployment', name: 'till-admin' }, 'app/till', false],
    [{ kind: 'Deployment', name: 'stock' }, 'app/till', false],
    [{ kind: 'Node', name: 'n1' }, 'node/n1', true],
    [{ kind: 'Node', name: 'n2' }, 'node/n1', false],
    [{ kind: 'ResourceQuota', name: 'q' }, 'namespace/shop', true],
    [{ kind: 'Deployment' }, 'namespace/shop', false],
  ] as const)('%o is of %s: %s', (answer, allowed, is) => {
    expect(hasObject(hypothesis(answer), [allowed])).toBe(is);
  });
});

describe('a score', () => {
  it('counts a cause only on the right object, wherever it is ranked', () => {
    const right = hypothesis();
    const elsewhere = hypothesis({ name: 'stock' });
    const other = hypothesis({ cause: 'container.crash-exit' });
    expect(scored(label, diagnosis('fault', right)).causeRank).toBe(1);
    expect(scored(label, diagnosis('fault', elsewhere, other, right)).causeRank).toBe(3);
    expect(scored(label, diagnosis('fault', elsewhere)).causeRank).toBeNull();
    expect(scored(label, diagnosis('fault', other)).objectFirst).toBe(true);
    expect(scored(label, diagnosis('fault', elsewhere)).objectFirst).toBe(false);
  });

  it('leaves out what a label does not speak of', () => {
    const score = scored(
      { bundle: 'b', verdict: 'fault', services: ['stock'] },
      diagnosis('fault', hypothesis()),
    );
    expect(score.causeRank).toBeUndefined();
    expect(score.serviceRank).toBeNull();
    expect(score.changeExact).toBeUndefined();
  });

  it('ranks services, each once', () => {
    const all = [hypothesis({ service: 'a' }), hypothesis({ service: 'a' }), hypothesis({ name: 'b' })];
    expect(rankedServices(all)).toEqual(['a', 'b']);
    const own: Label = { bundle: 'b', verdict: 'fault', services: ['b'] };
    expect(scored(own, diagnosis('fault', ...all)).serviceRank).toBe(2);
  });

  it('wants the exact change, and none where none did it', () => {
    const own: Label = { bundle: 'b', verdict: 'fault', changes: ['c2'] };
    const answer = diagnosis('fault', hypothesis({ change: 'c1' }), hypothesis({ change: 'c2' }));
    expect(scored(own, answer)).toMatchObject({ changeRank: 2, changeExact: false });
    const none: Label = { bundle: 'b', verdict: 'fault', changes: [] };
    expect(scored(none, answer).changeExact).toBe(false);
    expect(scored(none, diagnosis('fault', hypothesis())).changeExact).toBe(true);
  });

  it('takes a step on a healthy system for a wrong verdict', () => {
    const healthy: Label = { bundle: 'b', verdict: 'healthy' };
    expect(scored(healthy, diagnosis('healthy')).verdictRight).toBe(true);
    const step = { action: 'scale', object: hypothesis().object, arguments: {}, why: '', undo: '' };
    const acting = { ...diagnosis('healthy'), proposedFix: [step] };
    expect(scored(healthy, acting)).toMatchObject({ verdictRight: false, needlessStep: true });
  });
});

describe('a scorecard', () => {
  const answers = [
    {
      label,
      score: scored(label, diagnosis('fault', hypothesis())),
      told: 'fault' as const,
      first: 'container.oom-killed',
    },
    {
      label,
      score: scored(label, diagnosis('fault', hypothesis({ cause: 'container.crash-exit' }), hypothesis())),
      told: 'fault' as const,
      first: 'container.crash-exit',
    },
  ];

  it('is made of shares', () => {
    expect(figuresOf(answers)).toMatchObject({ bundles: 2, verdict: 1, a1: 0.5, a3: 1, object1: 1 });
  });

  it('shows what was taken for what', () => {
    expect(confusionsOf(answers)).toEqual([
      { expected: 'container.oom-killed', answered: 'container.crash-exit', count: 1 },
    ]);
  });

  it('counts a fault that is told of a healthy system', () => {
    const healthy: Label = { bundle: 'h', verdict: 'healthy' };
    const told = diagnosis('fault', hypothesis());
    const of = (answer: Diagnosis) => ({
      label: healthy,
      score: scored(healthy, answer),
      told: answer.verdict,
      first: '',
    });
    expect(figuresOf([of(told), of(diagnosis('healthy'))])?.falseFaults).toBe(0.5);
  });

  it('compares with an earlier run, by name only where names may be seen', () => {
    const [first, second] = answers.map(({ score }) => score);
    if (first === undefined || second === undefined) throw new Error('two scores');
    const before = [
      { ...first, bundle: 'a' },
      { ...second, bundle: 'b' },
      { ...second, bundle: 'c', part: 'held' as const },
    ];
    const now = [
      { ...second, bundle: 'a' },
      { ...first, bundle: 'b' },
      { ...first, bundle: 'c', part: 'held' as const },
    ];
    expect(compareScores(before, now)).toEqual({ better: ['b'], worse: ['a'], heldBetter: 1, heldWorse: 0 });
  });
});

describe('calibration', () => {
  it('is perfect where nine of ten answers of 0.9 are right', () => {
    const answers = Array.from({ length: 10 }, (_, index) => ({ confidence: 0.9, right: index > 0 }));
    expect(calibrationError(answers)).toBeCloseTo(0);
  });

  it('weighs the distance of every bin by its answers', () => {
    const answers = [
      { confidence: 0.95, right: true },
      { confidence: 0.95, right: false },
      { confidence: 0.15, right: false },
      { confidence: 0.15, right: false },
    ];
    expect(reliabilityOf(answers).map(({ count, right }) => [count, right])).toEqual([
      [2, 0],
      [2, 0.5],
    ]);
    // (0.15 - 0) / 2 + (0.95 - 0.5) / 2
    expect(calibrationError(answers)).toBeCloseTo(0.3);
  });
});

describe('the part that is held back', () => {
  const labels = Array.from({ length: 60 }, (_, index) => ({
    bundle: `b${index}`,
    group: index < 30 ? 'x' : 'y',
  }));

  it('is a third of every group, always the same, in whatever order the labels come', () => {
    const held = chooseHeld(labels);
    expect(held).toHaveLength(20);
    expect(held.filter((name) => Number(name.slice(1)) < 30)).toHaveLength(10);
    expect(chooseHeld(labels.toReversed()).toSorted()).toEqual(held.toSorted());
  });
});

it('tells the value below which a share lies', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(3);
  expect(quantile([7], 0.95)).toBe(7);
});
