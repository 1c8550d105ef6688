import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { changeCandidates } from './change-candidates.ts';
import { logCandidates } from './log-candidates.ts';
import { nodeNetworkCandidates } from './node-network.ts';
import { isCalm, type Origin, originsOf } from './origins.ts';
import { describeReading, quoteReading } from './readings.ts';
import { causeOfSeries, isSurging } from './series-causes.ts';
import { baseOf, isFelt, suspectOf } from './suspects.ts';
import { describeTraces, quoteTrace } from './trace-evidence.ts';

/** Most services that are told. */
const mostOrigins = 5;
/** Most services whose lines of log are listened to. */
const mostSpoken = 3;
/** Below this score nothing of a service moved enough to speak of. */
const leastScore = 1;
/** The same where objects were seen, which tell more: then only what is far from usual counts. */
const leastScoreBesideObjects = 3;
/** Certainty of a service whose score is this many times the next one's is not lowered. */
const clearLead = 1.5;
const leastCertainty = 0.14;

/** How much the place counts that a service has among the others: the first by little is not the first for sure. */
function standing(origin: Origin, first: Origin, second: Origin | undefined): number {
  if (origin !== first) return 0.65 * (origin.score / first.score);
  const lead = second === undefined ? clearLead : first.score / Math.max(second.score, 0.01);
  return Math.min(1, 0.85 + (0.15 * (lead - 1)) / (clearLead - 1));
}

type Cause = Pick<Candidate, 'code' | 'certainty' | 'evidence' | 'reasons'>;

/** Requests of a caller that have not grown by this are not what a surge below it is made of. */
const slightGrowth = 1.5;

/** True where callers that are not asked more themselves ask it. */
function isAmplified({ graph, readings }: CaseFile, service: string): boolean {
  return graph.callersOf(service).some((caller) => {
    const own = readings.filter((reading) => reading.service === caller && reading.measure === 'traffic');
    return own.length > 0 && !isSurging(own, slightGrowth);
  });
}

function bySeries(file: CaseFile, origin: Origin): Cause | undefined {
  const cause = causeOfSeries(origin, isAmplified(file, origin.service));
  if (cause === undefined) return undefined;
  const [also] = origin.readings.filter((reading) => reading !== cause.reading);
  return {
    code: cause.code,
    certainty: cause.certainty,
    reasons: [
      `Of all services, the series of ${origin.service} left their quiet time the farthest: ${describeReading(cause.reading)}.`,
      ...(also === undefined ? [] : [`With it: ${describeReading(also)}.`]),
    ],
    evidence: [...quoteReading(cause.reading, 0.7), ...(also === undefined ? [] : quoteReading(also, 0.4))],
  };
}

/** Traces count from this strength on. */
const tellingTraces = 1;
const traceCertainty = 0.55;

function byTraces({ traces }: Origin): Cause | undefined {
  if (traces === undefined || Math.max(traces.failing, traces.slower) < tellingTraces) return undefined;
  return {
    code: traces.failing >= traces.slower ? 'application.exception' : 'application.latency',
    certainty: traceCertainty,
    reasons: [`Traces show that ${describeTraces(traces)}.`],
    evidence: quoteTrace(traces, 0.6),
  };
}

/** What it does with its own means names a cause; what is felt only says that there is one, and traces say where. */
function causeOf(file: CaseFile, origin: Origin): Cause | undefined {
  const [series, traces] = [bySeries(file, origin), byTraces(origin)];
  if (series === undefined || traces === undefined) return series ?? traces;
  const felt = /^application\./.test(series.code);
  return {
    code: felt ? traces.code : series.code,
    certainty: Math.min(0.9, Math.max(series.certainty, traces.certainty) + 0.1),
    reasons: [...series.reasons, ...traces.reasons],
    evidence: [...series.evidence, ...traces.evidence],
  };
}

/** That a service fails or is slow is where the trouble is: where its objects were seen and show nothing, it is no cause. */
const placeCertainty = 0.42;
const isPlaceOnly = ({ code }: Cause) => /^application\.(latency|exception)$/.test(code);

const plainOwn = 2.5;
const plainFelt = 1.5;

/**
 * Where the alert's own service is measured and calm, whatever stirs below it is not what the alert is about, unless it uses
 * far more than ever and is felt to: then the few that meet it do not show in what all feel.
 */
function isPlain({ below }: CaseFile, { service, own, felt }: Origin): boolean {
  return below.has(service) && own >= plainOwn && felt >= plainFelt;
}

/** Among many series of many services some go so far by chance. */
const beyondChance = 2.4;

/** Where nothing is known of what the alert's users feel, it must be the farther from usual for it to be believed. */
function plainnessIn({ readings, below }: CaseFile, { score }: Origin): number {
  const suffers = readings.some((reading) => below.get(reading.service ?? '') === 0 && isFelt(reading));
  return suffers ? 1 : Math.min(1, score / beyondChance);
}

/** That a change came when and where the trouble began is all that is known of it. */
const timeAloneCertainty = 0.55;

/** Changes where no series stirs: of a service that is measured and calm they are none; of one that is not they may be. */
function ofTimeAlone({ readings, below }: CaseFile, changes: readonly Candidate[]): Candidate[] {
  if (readings.some(({ service }) => below.get(service ?? '') === 0)) return [];
  return changes.map((change) => ({ ...change, certainty: Math.min(timeAloneCertainty, change.certainty) }));
}

/** Causes that the series and traces of services suggest, and changes that can have brought them. */
export function seriesCandidates(file: CaseFile): Candidate[] {
  const all = isCalm(file) ? originsOf(file).filter((origin) => isPlain(file, origin)) : originsOf(file);
  const seen = file.snapshot.kindsRead.size > 0;
  const least = seen ? leastScoreBesideObjects : leastScore;
  const origins = all.filter(({ score }) => score >= least).slice(0, mostOrigins);
  const [first, second] = origins;
  const changes = changeCandidates(file, all);
  if (first === undefined) return ofTimeAlone(file, changes);
  const plain = plainnessIn(file, first);
  const places = origins.flatMap((origin) => {
    const cause = causeOf(file, origin);
    if (cause === undefined) return [];
    const most = seen && isPlaceOnly(cause) ? placeCertainty : 1;
    const certainty = Math.min(
      most,
      Math.max(leastCertainty, cause.certainty * standing(origin, first, second) * plain),
    );
    return [{ ...baseOf(suspectOf(file, origin.service)), ...cause, certainty }];
  });
  const lines = origins.slice(0, mostSpoken).flatMap((origin) =>
    logCandidates(suspectOf(file, origin.service)).map((candidate) => ({
      ...candidate,
      certainty: candidate.certainty * standing(origin, first, second),
    })),
  );
  return [...changes, ...lines, ...nodeNetworkCandidates(file, all), ...places];
}
