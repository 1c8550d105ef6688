import type { Hypothesis } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import { type DiagnosedBundle, diagnoseFolders } from '../diagnose/diagnose-folders.ts';
import type { Bin } from './calibration.ts';
import type { Label } from './labels.ts';
import type { Suite } from './open-suite.ts';
import { type Score, scoreOf } from './score.ts';
import {
  type Answered,
  type CauseFigures,
  type Confusion,
  causeFigures,
  confusionsOf,
  type Figures,
  figuresOf,
  isRight,
  quantile,
  reliability,
} from './scorecard.ts';
import { type Part, partsOf } from './split.ts';

/** What was expected and what was answered, of a bundle that may be looked at. */
export type Miss = {
  readonly bundle: string;
  readonly expected: Omit<Label, 'bundle' | 'group'>;
  readonly verdict: string;
  readonly answered: readonly string[];
};

export type Scorecard = {
  readonly suite: string;
  /** `all`: both parts together. */
  readonly figures: Partial<Record<Part | 'all', Figures>>;
  readonly causes: readonly CauseFigures[];
  readonly confusions: readonly Confusion[];
  readonly reliability: readonly Bin[];
  readonly durationMs: { readonly p50: number; readonly p95: number };
  readonly peakRssMb: number;
  /** Labels without a bundle. */
  readonly missing: readonly string[];
  readonly scores: readonly Score[];
  /** Of the tuning part alone: the other part is measured and not looked at. */
  readonly misses: readonly Miss[];
};

function told(hypothesis: Hypothesis): string {
  const { cause, object, service, change, confidence } = hypothesis;
  const of = service === undefined ? '' : ` of ${service}`;
  const by = change === undefined ? '' : ` by ${change}`;
  return `${Math.round(confidence * 100)} % ${cause} ${formatObject(object)}${of}${by}`;
}

function missOf(label: Label, { diagnosis }: DiagnosedBundle): Miss {
  const { bundle, group: _group, ...expected } = label;
  return {
    bundle,
    expected,
    verdict: diagnosis.verdict,
    answered: diagnosis.hypotheses.slice(0, 3).map(told),
  };
}

export type RunOptions = {
  /** Absent: both. */
  readonly part?: Part | undefined;
  /**
   * Sources that are taken away from every bundle. Then nothing can be known for sure, and `unknown` is the right verdict
   * of each.
   */
  readonly without?: readonly string[] | undefined;
  /** Every bundle is looked at so long before its alert: before the fault, when `healthy` is the right verdict. */
  readonly beforeMs?: number | undefined;
  readonly signal: AbortSignal;
};

function expectedOf(
  label: Label | undefined,
  { without, beforeMs }: Pick<RunOptions, 'without' | 'beforeMs'>,
): Label | undefined {
  if (label === undefined || (without === undefined && beforeMs === undefined)) return label;
  const { bundle, group } = label;
  const verdict = without === undefined ? 'healthy' : 'unknown';
  return { bundle, verdict, ...(group === undefined ? {} : { group }) };
}

/** Diagnoses every bundle of a suite and scores the answers. */
export async function runSuite(
  suite: Suite,
  { part: only, without, beforeMs, signal }: RunOptions,
): Promise<Scorecard> {
  const parts = await partsOf(suite.cases.map(({ label }) => label));
  const partOf = ({ bundle }: Label): Part => parts.get(bundle) ?? 'tune';
  const cases = suite.cases.filter(({ label }) => only === undefined || partOf(label) === only);
  const answers: Answered[] = [];
  const misses: Miss[] = [];
  let index = 0;
  for await (const diagnosed of diagnoseFolders(
    cases.map(({ folder }) => folder),
    { signal, without, beforeMs },
  )) {
    const label = expectedOf(cases[index]?.label, { without, beforeMs });
    index += 1;
    if (label === undefined) continue;
    const score = scoreOf(label, partOf(label), diagnosed);
    const { verdict, hypotheses } = diagnosed.diagnosis;
    answers.push({ label, score, told: verdict, first: hypotheses[0]?.cause ?? '' });
    if (score.part === 'tune' && !(isRight(score, 1) && score.verdictRight)) {
      misses.push(missOf(label, diagnosed));
    }
  }
  return { ...cardOf(suite, answers), misses };
}

function cardOf(suite: Suite, answers: readonly Answered[]): Omit<Scorecard, 'misses'> {
  const of = (part: Part) => figuresOf(answers.filter(({ score }) => score.part === part));
  const figures = { tune: of('tune'), held: of('held'), all: figuresOf(answers) };
  // What is held back shows in figures alone.
  const tune = answers.filter(({ score }) => score.part === 'tune');
  const durations = answers.map(({ score }) => score.durationMs);
  return {
    suite: suite.name,
    figures: {
      ...(figures.tune === undefined ? {} : { tune: figures.tune }),
      ...(figures.held === undefined ? {} : { held: figures.held }),
      ...(figures.all === undefined ? {} : { all: figures.all }),
    },
    causes: causeFigures(tune),
    confusions: confusionsOf(tune),
    reliability: reliability(answers),
    durationMs: { p50: quantile(durations, 0.5), p95: quantile(durations, 0.95) },
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    missing: suite.missing,
    scores: answers.map(({ score }) => score),
  };
}
