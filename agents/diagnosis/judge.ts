import type { AgentView } from '#domain/agent-turn.ts';
import { type Diagnosis, type Hypothesis, healthyConfidenceCeiling, type Quote } from '#domain/diagnosis.ts';
import { formatObject } from '#domain/object-ref.ts';
import type { ToolContract } from '#domain/tools/define-tool.ts';
import { distinctQuotes, literalQuotes } from '../analysis/quotes.ts';
import { pathBetween } from '../analysis/topology.ts';
import { analyze } from '../analyzers/registry.ts';
import { gapsIn } from '../answers.ts';
import { calibrate } from './calibration.ts';
import type { Weighed } from './candidate.ts';
import { type CaseFile, openCase } from './case-file.ts';
import { cloudCandidates } from './cloud-candidates.ts';
import { doubtsOfHealth } from './enough.ts';
import { proposeFix } from './fix.ts';
import { spokenCandidates } from './log-candidates.ts';
import { objectCandidates } from './object-candidates.ts';
import { diagnosisContracts, optionalContracts } from './questions.ts';
import { seriesCandidates } from './series-candidates.ts';
import { signalCandidates } from './signal-candidates.ts';
import { faultSummary, healthySummary, suspicionSummary, unknownSummary } from './summary.ts';
import { anomalousServices } from './suspects.ts';
import { isYoung, rolloutUnderWay } from './timing.ts';
import { rankCandidates } from './weigh.ts';

const mostHypotheses = 5;
const mostQuotes = 6;
/** From here on something is called a fault. */
const faultConfidence = 0.4;
/** Up to here a cause is only where the trouble is, not what it is. */
const guessCertainty = 0.45;
/** Below this a candidate is not worth a person's time. */
const leastConfidence = 0.1;

function chainOf(file: CaseFile, candidate: Weighed): string[] {
  const { subject, graph } = file;
  const below = candidate.through.toReversed().map(formatObject);
  const end = subject.services[0];
  const way =
    candidate.service === undefined || end === undefined
      ? []
      : pathBetween(graph, end, candidate.service).toReversed();
  const services =
    way.length > 0 ? way : [...new Set([candidate.service, end].filter((name) => name !== undefined))];
  const symptom = subject.alertNames.slice(0, 1).map((name) => `alert ${name}`);
  return [
    ...new Set([
      formatObject(candidate.object),
      ...below,
      ...services.map((name) => `service ${name}`),
      ...symptom,
    ]),
  ];
}

/** A hypothesis with only such quotes as are literally in the evidence; undefined where none is left. */
function hypothesisOf(file: CaseFile, candidate: Weighed): Hypothesis | undefined {
  const quoted = (quotes: readonly Quote[]) =>
    literalQuotes(file.view.evidence, distinctQuotes(quotes)).slice(0, mostQuotes);
  const evidence = quoted(candidate.evidence);
  if (evidence.length === 0) return undefined;
  const doubts = candidate.doubts.length === 0 ? '' : ` Against it: ${candidate.doubts.join('; ')}.`;
  return {
    cause: candidate.code,
    object: candidate.object,
    ...(candidate.service === undefined ? {} : { service: candidate.service }),
    ...(candidate.change === undefined ? {} : { change: candidate.change }),
    confidence: candidate.confidence,
    explanation: `${candidate.reasons.join(' ')}${doubts}`,
    evidence,
    against: quoted(candidate.against),
    chain: chainOf(file, candidate),
  };
}

function ruledOutOf(candidates: readonly Weighed[], told: ReadonlySet<Weighed>): Diagnosis['ruledOut'] {
  return candidates
    .filter((candidate) => !told.has(candidate) && candidate.doubts.length > 0)
    .slice(0, 10)
    .map(({ code, object, doubts }) => ({ cause: code, object, why: doubts.join('; ') }));
}

function missing(file: CaseFile, gaps: readonly string[]): string[] {
  const { readings, subject } = file;
  const rollout = rolloutUnderWay(file);
  return [
    ...(rollout === undefined
      ? []
      : [
          `revision ${rollout.current.revision} of ${formatObject(rollout.workload.ref)} came at ${rollout.at}, after the alert: what it brings is not to be seen yet`,
        ]),
    // A record stays as it is, however often it is looked at.
    ...(isYoung(file) && file.subject.firing && file.view.scope?.recorded !== true
      ? ['the trouble is too young: a look in a minute will show more']
      : []),
    ...doubtsOfHealth(file),
    ...gaps,
    ...(readings.length > 0
      ? []
      : [
          `metrics: no series of ${subject.services.join(', ') || subject.namespace || 'the alert'} could be read`,
        ]),
  ];
}

type Parts = Pick<Diagnosis, 'verdict' | 'summary' | 'hypotheses' | 'proposedFix'>;

function verdictOf(
  file: CaseFile,
  told: readonly { weighed: Weighed; hypothesis: Hypothesis }[],
  gaps: readonly string[],
): Parts {
  const [top] = told;
  const hypotheses = told.map(({ hypothesis }) => hypothesis);
  const guessed =
    top !== undefined &&
    file.subject.firing &&
    !top.weighed.seenOnObject &&
    top.weighed.certainty <= guessCertainty &&
    // What is hardly believed stands in nobody's way.
    top.weighed.confidence > healthyConfidenceCeiling;
  if (guessed) {
    return {
      verdict: 'unknown',
      summary: suspicionSummary(file, top.weighed, gaps),
      hypotheses,
      proposedFix: [],
    };
  }
  // An alert that has ended is over, unless something is plainly broken still.
  const counts =
    top !== undefined &&
    top.weighed.confidence >= faultConfidence &&
    (file.subject.firing || top.weighed.severity === 'error');
  if (counts) {
    const proposedFix = top.weighed.consequence ? [] : proposeFix(file, top.weighed);
    return {
      verdict: 'fault',
      summary: faultSummary(file, top.weighed, proposedFix),
      hypotheses,
      proposedFix,
    };
  }
  const disturbed = anomalousServices(file);
  const well =
    disturbed.size === 0 &&
    doubtsOfHealth(file).length === 0 &&
    (top === undefined || top.weighed.confidence <= healthyConfidenceCeiling || !file.subject.firing);
  if (well) return { verdict: 'healthy', summary: healthySummary(file), hypotheses: [], proposedFix: [] };
  return { verdict: 'unknown', summary: unknownSummary(file, gaps), hypotheses, proposedFix: [] };
}

function testAlert(): Diagnosis {
  return {
    format: 'understudy-diagnosis/1',
    verdict: 'healthy',
    summary: 'This is a test alert. It points to nothing that could be broken, and nothing was looked at.',
    hypotheses: [],
    ruledOut: [],
    gaps: [],
    proposedFix: [],
  };
}

/**
 * What objects show, what signals of the alert's services and of those below suggest, what logs and a cloud say, and what the
 * series and traces of all services tell: all are weighed against one another, for an old wound of an object hides no new
 * trouble that only series show, nor the other way round.
 */
function rankedCandidates(file: CaseFile): Weighed[] {
  const seen = file.snapshot.kindsRead.size > 0;
  const objects = seen ? [...objectCandidates(file, analyze(file.snapshot)), ...signalCandidates(file)] : [];
  const told = [...spokenCandidates(file), ...cloudCandidates(file), ...seriesCandidates(file)];
  return calibrate(rankCandidates(file, [...objects, ...told]));
}

/** What is not connected is a gap only where every system has it. */
function askedContracts({ tools }: AgentView): readonly ToolContract[] {
  return [...diagnosisContracts, ...optionalContracts.filter(({ name }) => tools.includes(name))];
}

/** The causes that the evidence supports, ranked; whether there is a fault at all; and the smallest steps that would mend it. */
export function judge(view: AgentView): Diagnosis {
  if (view.findings.triage?.isTest === true) return testAlert();
  const file = openCase(view);
  const ranked = rankedCandidates(file);
  const told = ranked
    .filter(({ confidence }) => confidence >= leastConfidence)
    .flatMap((weighed) => {
      const hypothesis = hypothesisOf(file, weighed);
      return hypothesis === undefined ? [] : [{ weighed, hypothesis }];
    })
    .slice(0, mostHypotheses);
  const gaps = [
    ...new Set([...gapsIn(view, askedContracts(view)), ...(view.findings.observation?.gaps ?? [])]),
  ];
  const parts = verdictOf(file, told, missing(file, gaps));
  const kept = new Set(parts.hypotheses.length === 0 ? [] : told.map(({ weighed }) => weighed));
  return {
    format: 'understudy-diagnosis/1',
    ...parts,
    ruledOut: ruledOutOf(ranked, kept),
    gaps: parts.verdict === 'unknown' ? [...new Set(missing(file, gaps))] : gaps,
  };
}
