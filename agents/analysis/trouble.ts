import { median } from './robust-score.ts';

/** How bad a trouble is, as the scores of its points tell it. */

/** From so many points on, one wild point among them counts for nothing. */
const smoothFrom = 5;

/**
 * The highest score that lasted: the highest running median of three (Tukey, "Exploratory Data Analysis", 1977), so that a
 * single wild point is none; of few points the highest.
 */
export function troublePeak(scores: readonly number[]): number {
  if (scores.length === 0) return 0;
  if (scores.length < smoothFrom) return Math.max(...scores);
  return Math.max(
    ...scores
      .slice(1, -1)
      .map((score, index) => median([scores[index] ?? score, score, scores[index + 2] ?? score])),
  );
}

/** Fewest points that tell what is usual. */
const enoughPoints = 20;

/**
 * The part of quiet points that were at least as bad, by empirical quantile; 0 where too few are known. A service of little
 * traffic that fails one request in a hundred now and then is not in trouble when it does so again, however narrow its
 * quartiles are.
 */
export function usualShare(quietScores: readonly number[], score: number): number {
  if (quietScores.length < enoughPoints) return 0;
  return quietScores.filter((quiet) => quiet >= score).length / quietScores.length;
}
