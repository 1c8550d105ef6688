import type { LogPattern } from '#domain/tools/logs.ts';
import type { Sourced } from '../analysis/kubernetes/snapshot.ts';
import { quotePattern } from '../analysis/quoting.ts';
import { suspects as deepest } from '../analysis/topology.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { type Blamed, blamedBy } from './log-blame.ts';
import { baseOf, type Suspect, suspectOf, suspectServices } from './suspects.ts';

/** Times more often than before that make a line news. */
const newsFactor = 3;

/** How much less a line says of which it is not known whether it was there before. */
const unknownBeforeFactor = 0.5;
/** The same of lines that come in quiet times, too: where it is not known whether they did, and where they came seldom. */
const everydayFactor = 0.6;
const many = 10;

/** Words that prove less are heard only of services that are in trouble anyway. */
const plainStrength = 0.6;
const mostSpoken = 3;
/** How sure it is that something is wrong in a service that fails, and tells of errors that it never told of before. */
const erringCertainty = 0.5;
/** The same of one of which no signal speaks: never enough to call it a fault. */
const murmurCertainty = 0.38;

/** What is written to tell that all goes its way. */
const calmLevels: readonly (string | undefined)[] = ['trace', 'debug', 'info'];

function isNews({ count, baselineCount, level }: LogPattern): boolean {
  if (count === 0 || calmLevels.includes(level)) return false;
  return baselineCount === undefined || count >= newsFactor * Math.max(baselineCount, 1);
}

/** First what surely was not said before, then what is said most. */
function newestFirst(a: LogPattern, b: LogPattern): number {
  return Number(a.baselineCount === undefined) - Number(b.baselineCount === undefined) || b.count - a.count;
}

/** Lines that came up, or came up far more often, since the trouble began. */
export function newPatterns(suspect: Suspect): Sourced<LogPattern>[] {
  const { workload, file, service } = suspect;
  const name = workload?.ref.name ?? service;
  return file.snapshot.logPatterns
    .filter((pattern) => (pattern.emitter.workload ?? pattern.emitter.service) === name && isNews(pattern))
    .toSorted(newestFirst);
}

function before({ baselineCount }: LogPattern): string {
  return baselineCount === undefined ? 'may or may not have said' : `said ${baselineCount} times`;
}

function candidateOf(
  suspect: Suspect,
  pattern: Sourced<LogPattern>,
  { code, strength, everyday, place, line }: Blamed,
): Candidate {
  const base = baseOf(suspect);
  const speaker = base.object;
  const known = pattern.baselineCount === undefined ? unknownBeforeFactor : 1;
  const isSeldom = pattern.baselineCount === undefined || pattern.count < many;
  const daily = everyday === true && isSeldom ? everydayFactor : 1;
  const exception = pattern.exception === undefined ? [] : quotePattern({ ...pattern, sample: line }, 0.7);
  return {
    ...base,
    ...(place === undefined ? {} : { object: place.object, service: place.service, through: [speaker] }),
    code,
    certainty: (0.35 + 0.4 * strength) * known * daily,
    reasons: [
      `${suspect.service} says ${pattern.count} times what it ${before(pattern)} before: ${line.slice(0, 200)}.`,
    ],
    evidence: [...exception, ...quotePattern(pattern, 0.7), ...base.evidence],
    fixHint: { facets: ['environment', 'image', 'volumes', 'command'] },
  };
}

const gravest: readonly (string | undefined)[] = ['error', 'fatal'];
/** Fewer may be chance. */
const severalTimes = 3;

/** An error that was surely never said in the quiet time. */
function isUnseenError({ level, count, baselineCount }: LogPattern): boolean {
  return gravest.includes(level) && baselineCount === 0 && count >= severalTimes;
}

/** Errors that a service never told of before: something is wrong in it, whatever it is. */
function unseenError(suspect: Suspect, certainty: number): Candidate[] {
  const unseen = newPatterns(suspect).filter(isUnseenError);
  const [pattern] = unseen.toSorted(
    (a, b) => Number(b.exception !== undefined) - Number(a.exception !== undefined),
  );
  if (pattern === undefined) return [];
  const line = pattern.exception ?? pattern.sample;
  const blamed: Blamed = { code: 'application.exception', strength: 0, line };
  return [{ ...candidateOf(suspect, pattern, blamed), certainty, fixHint: {} }];
}

/** Of all that new lines name, the surest; of equals what is said most. */
function candidatesOf(suspect: Suspect, leastStrength: number): Candidate[] {
  const named = newPatterns(suspect).flatMap((pattern) => {
    const blamed = blamedBy(suspect, pattern);
    if (blamed === undefined || blamed.strength < leastStrength) return [];
    return [candidateOf(suspect, pattern, blamed)];
  });
  return named.toSorted((a, b) => b.certainty - a.certainty).slice(0, 1);
}

/** The cause that new log lines of a suspect name in so many words; else that it tells of errors as it never did before. */
export function logCandidates(suspect: Suspect): Candidate[] {
  const named = candidatesOf(suspect, 0);
  return named.length > 0 ? named : unseenError(suspect, erringCertainty);
}

/**
 * Causes that new log lines name plainly, of services that no signal speaks of: not everything that logs is measured. What
 * they have to do with the trouble is weighed like everything else.
 */
export function spokenCandidates(file: CaseFile): Candidate[] {
  const suspects = suspectServices(file);
  const speakers = file.snapshot.logPatterns.filter(isNews).flatMap(({ emitter }) => {
    const { workload, service, namespace } = emitter;
    const name =
      workload === undefined
        ? service
        : (file.serviceOf({
            cluster: file.subject.cluster,
            kind: 'Deployment',
            name: workload,
            ...(namespace === undefined ? {} : { namespace }),
          }) ?? workload);
    return name === undefined || suspects.has(name) ? [] : [name];
  });
  const services = [...new Set(speakers)];
  const named = services.flatMap((service) => candidatesOf(suspectOf(file, service), plainStrength));
  // Who calls a service that errs often tells of errors, too: the last of them in the row is the one.
  const erring = services.filter((service) => unseenError(suspectOf(file, service), 0).length > 0);
  const last = [...deepest(file.graph, new Set(erring))];
  return [...named, ...last.flatMap((service) => unseenError(suspectOf(file, service), murmurCertainty))]
    .toSorted((a, b) => b.certainty - a.certainty)
    .slice(0, mostSpoken);
}
