/** One answer: how sure it was, and whether it was right. */
export type Sure = { readonly confidence: number; readonly right: boolean };

/** Answers of about the same confidence. */
export type Bin = {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence and share of right answers. */
  readonly said: number;
  readonly right: number;
};

const bins = 10;

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The reliability table: of the answers given with 0.9, nine of ten should be right. Empty bins are left out. */
export function reliabilityOf(answers: readonly Sure[]): Bin[] {
  const byBin = Map.groupBy(answers, ({ confidence }) => Math.min(bins - 1, Math.floor(confidence * bins)));
  return [...byBin]
    .toSorted(([a], [b]) => a - b)
    .map(([bin, members]) => ({
      from: bin / bins,
      to: (bin + 1) / bins,
      count: members.length,
      said: mean(members.map(({ confidence }) => confidence)),
      right: mean(members.map(({ right }) => (right ? 1 : 0))),
    }));
}

/**
 * The expected calibration error: the distance between what was said and what was right, weighed by the number of answers
 * (Naeini, Cooper, Hauskrecht, AAAI 2015). 0 is perfect.
 */
export function calibrationError(answers: readonly Sure[]): number {
  return reliabilityOf(answers).reduce(
    (sum, { count, said, right }) => sum + (count / answers.length) * Math.abs(said - right),
    0,
  );
}
