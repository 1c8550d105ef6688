import type { Diagnosis, Hypothesis } from '#domain/diagnosis.ts';
import type { DiagnosedBundle } from '../diagnose/diagnose-folders.ts';
import type { Label } from './labels.ts';
import { hasObject, rankedChanges, rankedServices, rankOf } from './match.ts';
import type { Part } from './split.ts';

/** What one bundle's answer is worth. A field is absent where the label does not score it. */
export type Score = {
  readonly bundle: string;
  readonly part: Part;
  readonly group: string;
  readonly durationMs: number;
  readonly verdictRight: boolean;
  /** Place of the first hypothesis with the right cause and object, from 1; `null`: none of them. */
  readonly causeRank?: number | null;
  readonly objectFirst?: boolean;
  readonly serviceRank?: number | null;
  readonly changeRank?: number | null;
  /** The change that is named first is right, or rightly none is. */
  readonly changeExact?: boolean;
  /** Of the first hypothesis, where there is one that can be right or wrong. */
  readonly sure?: { readonly confidence: number; readonly right: boolean };
  /** A step was proposed although nothing is wrong. */
  readonly needlessStep: boolean;
};

function isCause(hypothesis: Hypothesis, { causes, objects }: Label): boolean {
  return (
    (causes === undefined || causes.includes(hypothesis.cause)) &&
    (objects === undefined || hasObject(hypothesis, objects))
  );
}

function rankIn(hypotheses: readonly Hypothesis[], label: Label): number | null {
  const index = hypotheses.findIndex((hypothesis) => isCause(hypothesis, label));
  return index === -1 ? null : index + 1;
}

function changeScore({ changes }: Label, hypotheses: readonly Hypothesis[]): Partial<Score> {
  if (changes === undefined) return {};
  const first = hypotheses[0]?.change;
  if (changes.length === 0) return { changeExact: first === undefined };
  const rank = rankOf(rankedChanges(hypotheses), changes) ?? null;
  return { changeRank: rank, changeExact: first !== undefined && changes.includes(first) };
}

function isScored(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list.length > 0;
}

function faultScore(label: Label, { hypotheses }: Diagnosis): Partial<Score> {
  const { causes, objects, services } = label;
  const [first] = hypotheses;
  const causeRank = isScored(causes) || isScored(objects) ? rankIn(hypotheses, label) : undefined;
  const serviceRank = isScored(services) ? (rankOf(rankedServices(hypotheses), services) ?? null) : undefined;
  // Where services are asked for, it is the right one that counts.
  const rank = serviceRank === undefined ? causeRank : serviceRank;
  return {
    ...(causeRank === undefined ? {} : { causeRank }),
    ...(isScored(objects) ? { objectFirst: first !== undefined && hasObject(first, objects) } : {}),
    ...(serviceRank === undefined ? {} : { serviceRank }),
    ...changeScore(label, hypotheses),
    ...(first === undefined || rank === undefined
      ? {}
      : { sure: { confidence: first.confidence, right: rank === 1 } }),
  };
}

/** Healthy is right where it is said, nothing is suspected above 0.3 and no step is proposed. */
function isVerdictRight(label: Label, { verdict, proposedFix }: Diagnosis): boolean {
  return verdict === label.verdict && (verdict !== 'healthy' || proposedFix.length === 0);
}

export function scoreOf(label: Label, part: Part, { diagnosis, durationMs }: DiagnosedBundle): Score {
  return {
    bundle: label.bundle,
    part,
    group: label.group ?? '',
    durationMs,
    verdictRight: isVerdictRight(label, diagnosis),
    needlessStep: label.verdict !== 'fault' && diagnosis.proposedFix.length > 0,
    ...(label.verdict === 'fault' ? faultScore(label, diagnosis) : {}),
  };
}
