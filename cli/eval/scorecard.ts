import type { Diagnosis } from '#domain/diagnosis.ts';
import { type Bin, calibrationError, reliabilityOf } from './calibration.ts';
import type { Label } from './labels.ts';
import type { Score } from './score.ts';

/** Shares are 0..1; a figure is absent where no label scores it. */
export type Figures = {
  readonly bundles: number;
  readonly verdict: number;
  /** Of all in which no fault is to be found, the share in which one was told or a step proposed. */
  readonly falseFaults?: number;
  readonly a1?: number;
  readonly a3?: number;
  readonly object1?: number;
  /** Share with the right service among the first k, k from 1 to 5, and their mean. */
  readonly serviceAt?: readonly number[];
  readonly serviceAvg5?: number;
  readonly changeHr1?: number;
  readonly changeHr3?: number;
  readonly changeExact?: number;
  readonly calibrationError?: number;
};

export type CauseFigures = {
  readonly cause: string;
  readonly bundles: number;
  readonly a1: number;
  readonly a3: number;
  readonly object1: number;
};

/** How often what was expected was answered as something else. */
export type Confusion = { readonly expected: string; readonly answered: string; readonly count: number };

export type Answered = {
  readonly label: Label;
  readonly score: Score;
  /** The verdict that was told, and the first cause; empty where none was. */
  readonly told: Diagnosis['verdict'];
  readonly first: string;
};

function share<T>(all: readonly T[], holds: (one: T) => boolean): number {
  return all.filter(holds).length / all.length;
}

const within = (k: number) => (rank: number | null | undefined) => (rank ?? k + 1) <= k;

function rankFigures(scores: readonly Score[]): Partial<Figures> {
  const causes = scores.filter(({ causeRank }) => causeRank !== undefined);
  const objects = scores.filter(({ objectFirst }) => objectFirst !== undefined);
  const services = scores.filter(({ serviceRank }) => serviceRank !== undefined);
  const at = [1, 2, 3, 4, 5].map((k) => share(services, ({ serviceRank }) => within(k)(serviceRank)));
  return {
    ...(causes.length === 0
      ? {}
      : {
          a1: share(causes, ({ causeRank }) => within(1)(causeRank)),
          a3: share(causes, ({ causeRank }) => within(3)(causeRank)),
        }),
    ...(objects.length === 0 ? {} : { object1: share(objects, ({ objectFirst }) => objectFirst === true) }),
    ...(services.length === 0
      ? {}
      : { serviceAt: at, serviceAvg5: at.reduce((sum, value) => sum + value, 0) / at.length }),
  };
}

function changeFigures(scores: readonly Score[]): Partial<Figures> {
  const ranked = scores.filter(({ changeRank }) => changeRank !== undefined);
  const exact = scores.filter(({ changeExact }) => changeExact !== undefined);
  return {
    ...(ranked.length === 0
      ? {}
      : {
          changeHr1: share(ranked, ({ changeRank }) => within(1)(changeRank)),
          changeHr3: share(ranked, ({ changeRank }) => within(3)(changeRank)),
        }),
    ...(exact.length === 0 ? {} : { changeExact: share(exact, ({ changeExact }) => changeExact === true) }),
  };
}

export function figuresOf(answers: readonly Answered[]): Figures | undefined {
  if (answers.length === 0) return undefined;
  const scores = answers.map(({ score }) => score);
  const healthy = answers.filter(({ label }) => label.verdict !== 'fault');
  const sure = scores.flatMap((score) => score.sure ?? []);
  return {
    bundles: scores.length,
    verdict: share(scores, ({ verdictRight }) => verdictRight),
    ...(healthy.length === 0
      ? {}
      : { falseFaults: share(healthy, ({ score, told }) => told === 'fault' || score.needlessStep) }),
    ...rankFigures(scores),
    ...changeFigures(scores),
    ...(sure.length === 0 ? {} : { calibrationError: calibrationError(sure) }),
  };
}

/** A label's cause, for tables; suites without causes go by their groups. */
export function expectedOf({ causes, group, verdict }: Label): string {
  return causes?.[0] ?? group ?? verdict;
}

export function causeFigures(answers: readonly Answered[]): CauseFigures[] {
  return [...Map.groupBy(answers, ({ label }) => expectedOf(label))]
    .map(([cause, members]) => ({
      cause,
      bundles: members.length,
      a1: share(members, ({ score }) => isRight(score, 1)),
      a3: share(members, ({ score }) => isRight(score, 3)),
      object1: share(members, ({ score }) => score.objectFirst ?? isRight(score, 1)),
    }))
    .toSorted((a, b) => (a.cause < b.cause ? -1 : 1));
}

/** Whether the right answer is among the first k, whatever the suite asks for. */
export function isRight(score: Score, k: number): boolean {
  const { causeRank, serviceRank, changeExact, verdictRight } = score;
  if (serviceRank !== undefined) return within(k)(serviceRank);
  if (causeRank !== undefined) return within(k)(causeRank);
  return changeExact ?? verdictRight;
}

export function confusionsOf(answers: readonly Answered[]): Confusion[] {
  const wrong = answers.filter(({ score }) => !isRight(score, 1));
  const counts = Map.groupBy(wrong, ({ label, first }) => `${expectedOf(label)}\n${first || '(none)'}`);
  return [...counts]
    .map(([key, members]) => {
      const [expected = '', answered = ''] = key.split('\n');
      return { expected, answered, count: members.length };
    })
    .toSorted((a, b) => b.count - a.count || (a.expected < b.expected ? -1 : 1));
}

/** The value below which this share of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function reliability(answers: readonly Answered[]): Bin[] {
  return reliabilityOf(answers.flatMap(({ score }) => score.sure ?? []));
}
