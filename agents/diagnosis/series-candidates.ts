import type { RankedService } from '../analysis/service-ranking.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { isCalm, originsOf } from './origins.ts';
import { describeReading, quoteReading } from './readings.ts';
import { causeOfSeries } from './series-causes.ts';
import { baseOf, suspectOf } from './suspects.ts';

/** Most services that are told. */
const mostOrigins = 5;
/** Below this score nothing of a service moved enough to speak of. */
const leastScore = 1;
/** Certainty of a service whose score is this many times the next one's is not lowered. */
const clearLead = 1.5;
const leastCertainty = 0.14;

/** How much the place counts that a service has among the others: the first by little is not the first for sure. */
function standing(ranked: RankedService, first: RankedService, second: RankedService | undefined): number {
  if (ranked !== first) return 0.65 * (ranked.score / first.score);
  const lead = second === undefined ? clearLead : first.score / Math.max(second.score, 0.01);
  return Math.min(1, 0.85 + (0.15 * (lead - 1)) / (clearLead - 1));
}

function candidateOf(
  file: CaseFile,
  ranked: RankedService,
  factor: number,
): Candidate | undefined {
  const cause = causeOfSeries(ranked);
  if (cause === undefined) return undefined;
  const suspect = suspectOf(file, ranked.service);
  const base = baseOf(suspect);
  const told = ranked.readings.filter((reading) => reading !== cause.reading).slice(0, 2);
  return {
    ...base,
    code: cause.code,
    certainty: Math.max(leastCertainty, cause.certainty * factor),
    reasons: [
      `Of all services, the series of ${ranked.service} left their quiet time the farthest: ${describeReading(cause.reading)}.`,
      ...told.slice(0, 1).map((reading) => `With it: ${describeReading(reading)}.`),
    ],
    evidence: [...quoteReading(cause.reading, 0.7), ...told.flatMap((reading) => quoteReading(reading, 0.4))],
  };
}

/** Causes that the series of services suggest where no objects could be seen. */
export function seriesCandidates(file: CaseFile): Candidate[] {
  if (isCalm(file)) return [];
  const origins = originsOf(file).filter(({ score }) => score >= leastScore).slice(0, mostOrigins);
  const [first, second] = origins;
  if (first === undefined) return [];
  return origins.flatMap((ranked) => candidateOf(file, ranked, standing(ranked, first, second)) ?? []);
}
