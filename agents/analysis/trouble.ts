import { median } from './robust-score.ts';

/** How bad a trouble is, as the scores of its points tell it. */

/** From so many points on, one wild point among them counts for nothing. */
const smoothFrom = 5;
/** What lasted for this part of the time lasted. */
const lastingPart = 1 / 12;
const widest = 31;

/** How many points a running median takes: an odd number, more of many. */
function widthFor(count: number): number {
  const wanted = Math.min(widest, Math.max(3, Math.round(count * lastingPart)));
  return wanted % 2 === 1 ? wanted : wanted + 1;
}

/**
 * The highest score that lasted: the highest running median (Tukey, "Exploratory Data Analysis", 1977), over three points or,
 * of many, over a twelfth of them, since the most of many is high by chance; of few points the highest.
 */
export function troublePeak(scores: readonly number[]): number {
  if (scores.length === 0) return 0;
  if (scores.length < smoothFrom) return Math.max(...scores);
  const width = widthFor(scores.length);
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at + width <= scores.length; at += 1)
    most = Math.max(most, median(scores.slice(at, at + width)));
  return most;
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

/** Fewer points than this are no stretch, and fewer stretches no quiet time. */
const [fewestInStretch, fewestStretches] = [5, 6];

/**
 * The middles of stretches of a quiet time that are as long as a trouble, oldest first: how far such a middle strays by itself, whatever
 * the noise of single points is, and however one follows from the other (the batch means of Conway, Manag. Sci. 10, 1963, with
 * medians). Undefined where there are too few of them.
 */
export function stretchMiddles(quiet: readonly number[], pointsOfTrouble: number): number[] | undefined {
  const many = Math.floor(quiet.length / Math.max(1, pointsOfTrouble));
  if (pointsOfTrouble < fewestInStretch || many < fewestStretches) return undefined;
  return Array.from({ length: many }, (_, index) =>
    median(quiet.slice(index * pointsOfTrouble, (index + 1) * pointsOfTrouble)),
  );
}
