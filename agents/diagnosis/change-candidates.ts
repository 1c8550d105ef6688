import type { CauseCode } from '#domain/causes/codes.ts';
import { secondsBetween } from '#domain/time.ts';
import type { Change } from '#domain/tools/changes.ts';
import { metricsWindow } from '#domain/tools/prometheus.ts';
import { type CanaryFinding, canaryFinding } from '../analysis/canary.ts';
import {
  gradualReleaseOf,
  plainServiceName,
  type SuspiciousChange,
  suspiciousChanges,
  tellingWords,
  timeliness,
} from '../analysis/change-suspicion.ts';
import type { Sourced } from '../analysis/kubernetes/snapshot.ts';
import { otherExplanation } from '../analysis/other-explanations.ts';
import { strengthOf } from '../analysis/own-means.ts';
import { formatSample } from '../analysis/quotes.ts';
import { quoteChange } from '../analysis/quoting.ts';
import { mergeWindows, type SeriesEvidence } from '../analysis/signals.ts';
import { answersOf } from '../answers.ts';
import { countingAlerts } from '../subject.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import type { Origin } from './origins.ts';
import { describeReading } from './readings.ts';
import { baseOf, isFelt, suspectOf } from './suspects.ts';

/** From this score on a change is said to have brought the trouble. */
const blamedFrom = 0.5;
/** From here on it is told as one that could have. */
const toldFrom = 0.3;
const mostChanges = 3;
const longestBlurSeconds = 300;

/** The step of what was recorded: so much later than it began a trouble may be seen. */
function blurOf({ readings }: CaseFile): number {
  const steps = readings.map(({ info }) => info.stepSeconds ?? 0).toSorted((a, b) => a - b);
  return Math.min(longestBlurSeconds, steps[Math.floor(steps.length / 2)] ?? 0);
}

/** What is said of the trouble: the alert's words, new lines of log, and what spans say of their failures. */
function sayings(file: CaseFile, origins: readonly Origin[]): string[] {
  const alerts = countingAlerts(file.view.alerts).flatMap(({ labels, annotations }) => [
    labels.alertname ?? '',
    ...Object.values(annotations),
  ]);
  const patterns = file.snapshot.logPatterns
    .filter(({ count, baselineCount }) => count > 3 * (baselineCount ?? 0))
    .map(({ sample }) => sample);
  const spans = origins.flatMap(({ traces }) =>
    Object.values(traces?.finding.example?.attributes ?? {}).map(String),
  );
  return [...alerts, ...patterns, ...spans];
}

function movedNames({ readings }: CaseFile): string[] {
  return readings.filter((reading) => reading.moved && reading.score > 0).map(({ info }) => info.name);
}

/** Where the alert points to, something of the trouble is in any case. */
const ownPlace = 0.6;
const belowPlace = 0.3;
const knownPlace = 0.15;

function placeIn(file: CaseFile, origins: readonly Origin[]): (service: string) => number | undefined {
  const most = Math.max(0.01, ...origins.map(({ score }) => score));
  const scores = new Map(origins.map(({ service, score }) => [plainServiceName(service), score / most]));
  const own = new Set(file.subject.services.map(plainServiceName));
  const below = new Set([...file.below.keys()].map(plainServiceName));
  return (service) => {
    const name = plainServiceName(service);
    const least = own.has(name) ? ownPlace : below.has(name) ? belowPlace : knownPlace;
    return Math.max(least, scores.get(name) ?? 0);
  };
}

type Suspicious = SuspiciousChange & { readonly canary: CanaryFinding | undefined };

const clearlyWorse = 3;
const silentWorse = 1.8;
const placePart = 0.25;

const callersPart = 0.6;

/**
 * What callers of a service feel, and it does not say of itself: calls that do not arrive are measured only there, and their
 * callers fail with them.
 */
function feltByCallers({ readings, graph }: CaseFile, service: string): number {
  const callers = new Set(graph.callersOf(service));
  const strengths = readings
    .filter((reading) => reading.info.signal !== 'latency' && isFelt(reading))
    .map((reading) => {
      const own = reading.service === service && reading.measuredBy !== undefined;
      const part = own ? 1 : callers.has(reading.service ?? '') ? callersPart : 0;
      return part * strengthOf(Math.max(reading.peak, reading.score));
    });
  return Math.max(0, ...strengths);
}

/** Gradual releases by what their new pods do beside the old ones; that proves more than a moment does. */
function releasesIn(
  file: CaseFile,
  changes: readonly Change[],
  placeOf: (service: string) => number | undefined,
): Suspicious[] {
  const releases = changes.flatMap((change) => {
    const release = gradualReleaseOf(change);
    return release === undefined ? [] : [{ change, release }];
  });
  if (releases.length === 0) return [];
  const windows: SeriesEvidence[] = mergeWindows(
    answersOf(file.view, metricsWindow).flatMap(({ evidenceId, output }) =>
      output.items.map((item) => ({ ...item, evidenceId })),
    ),
  );
  const blur = blurOf(file);
  return releases.map(({ change, release }) => {
    const canary = canaryFinding(release, windows, file.view.asOf);
    const missed = canary.silent ? silentWorse + feltByCallers(file, release.service) : 0;
    const worse = Math.max(canary.worse, missed);
    const leadSeconds = secondsBetween(change.at, file.onset);
    const time = worse >= 1 ? 1 : timeliness(leadSeconds, blur);
    const place = placeOf(release.service) ?? 0;
    const score = time * (placePart * place + (1 - placePart) * Math.min(1, worse / clearlyWorse));
    return { change, service: release.service, tookEffectAt: change.at, score, leadSeconds, canary };
  });
}

function codeOf({ kind, files, diff }: Change): CauseCode {
  if (kind === 'flag') return 'config.feature-flag';
  if (kind === 'config') return 'config.value-invalid';
  if (kind === 'scale') return 'workload.too-few-replicas';
  const settings =
    files !== undefined &&
    files.length > 0 &&
    files.every((file) => /\.(ya?ml|json|toml|ini|properties|conf|env)$/.test(file));
  return settings && diff !== undefined ? 'config.value-invalid' : 'application.bad-release';
}

function canaryReasons(canary: CanaryFinding | undefined): string[] {
  if (canary === undefined) return [];
  if (canary.silent && canary.series === undefined)
    return ['Its new pods have not been heard of since, though their siblings are.'];
  const { series, now, usual } = canary;
  if (series === undefined || now === undefined || usual === undefined || canary.worse < 1) return [];
  return [
    `Its new pods are worse than the old ones at the same time: ${series.info.name} ${now.toPrecision(3)} against ${usual.toPrecision(3)}.`,
  ];
}

function canaryQuotes(canary: CanaryFinding | undefined): Candidate['evidence'] {
  const series = canary?.series;
  const point = series?.points.at(-1);
  if (series === undefined || point === undefined) return [];
  const quote = formatSample(series.info.name, series.info.labels, [point[0], point[1]]);
  return [
    {
      source: 'prometheus',
      ref: `${series.info.name} of the new pods`,
      quote,
      weight: 0.6,
      evidenceId: series.evidenceId,
    },
  ];
}

function leadText(seconds: number): string {
  const lead = Math.round(seconds);
  return lead < 0 ? 'with' : lead < 120 ? `${lead} s after` : `${Math.round(lead / 60)} min after`;
}

function candidateOf(
  file: CaseFile,
  origins: readonly Origin[],
  found: Suspicious,
  certainty: number,
): Candidate {
  const { change, canary, tookEffectAt, leadSeconds } = found;
  const named = found.service ?? change.service ?? file.subject.services[0] ?? change.id;
  const origin = origins.find(({ service }) => plainServiceName(service) === plainServiceName(named));
  const service = origin?.service ?? named;
  const base = baseOf(suspectOf(file, service));
  const [worst] = origin?.readings ?? [];
  const recorded = file.snapshot.changes.find(({ id }) => id === change.id);
  return {
    ...base,
    code: codeOf(change),
    certainty,
    reasons: [
      ...(worst === undefined ? [] : [`${describeReading(worst)}.`]),
      `It began ${leadText(leadSeconds)} ${change.kind} ${change.id} of ${service} took effect at ${tookEffectAt} (${change.summary.slice(0, 160)}).`,
      ...canaryReasons(canary),
    ],
    evidence: [
      ...(recorded === undefined ? [] : quoteChange(recorded, 0.7)),
      ...canaryQuotes(canary),
      ...base.evidence,
    ],
    change: change.id,
  };
}

/** The first revision of a workload replaces nothing, nor does a ConfigMap that is new: what came with it was never well before. */
function isFirst({ kind, details }: Change): boolean {
  if (kind === 'config') return details.kind === 'ConfigMap' && details.created === true;
  return kind === 'deploy' && details.revision !== undefined && details.previousRevision === undefined;
}

/** Recorded changes that can have brought the trouble; none where none took effect where and when it began. */
export function changeCandidates(file: CaseFile, origins: readonly Origin[]): Candidate[] {
  const changes: readonly Sourced<Change>[] = file.snapshot.changes.filter(
    (change) => secondsBetween(change.at, file.view.asOf) >= 0 && !isFirst(change),
  );
  if (changes.length === 0) return [];
  const placeOf = placeIn(file, origins);
  const gradual = releasesIn(file, changes, placeOf);
  const said = sayings(file, origins);
  const context = {
    changes,
    services: [
      ...new Set([
        ...origins.map(({ service }) => service),
        ...file.subject.services,
        ...file.graph.services,
      ]),
    ],
    onset: file.onset,
    blurSeconds: blurOf(file),
    placeOf,
    symptomWords: tellingWords([...said, ...movedNames(file)].join(' ')),
    explainedOtherwise: otherExplanation(said) !== undefined,
  };
  const others = suspiciousChanges(context)
    .filter(({ change }) => !gradual.some((release) => release.change === change))
    .map((one) => ({ ...one, canary: undefined }));
  const suspicious = [...gradual, ...others].toSorted((a, b) => b.score - a.score);
  // Several releases at once are ranked; of everything else only what is blamed is named.
  const told = suspicious.filter(
    ({ score, canary }, index) =>
      score >= (canary === undefined ? blamedFrom : toldFrom) && (canary !== undefined || index === 0),
  );
  return told
    .slice(0, mostChanges)
    .map((found, index) =>
      candidateOf(
        file,
        origins,
        found,
        index === 0 && found.score >= blamedFrom ? 0.5 + 0.4 * found.score : 0.4 * found.score,
      ),
    );
}
