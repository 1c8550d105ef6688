import type { CauseCode } from '#domain/causes/codes.ts';
import type { LogPattern } from '#domain/tools/logs.ts';
import type { Sourced } from '../analysis/kubernetes/snapshot.ts';
import { logCauseOf } from '../analysis/log-causes.ts';
import { quotePattern } from '../analysis/quoting.ts';
import type { Candidate } from './candidate.ts';
import { baseOf, type Suspect } from './suspects.ts';

/** Times more often than before that make a line news. */
const newsFactor = 3;

/** How much less a line says of which it is not known whether it was there before. */
const unknownBeforeFactor = 0.6;

/** Lines that came up, or came up far more often, since the trouble began. */
export function newPatterns(suspect: Suspect): Sourced<LogPattern>[] {
  const { workload, file, service } = suspect;
  const name = workload?.ref.name ?? service;
  return file.snapshot.logPatterns
    .filter(
      ({ emitter, count, baselineCount }) =>
        (emitter.workload ?? emitter.service) === name &&
        count > 0 &&
        (baselineCount === undefined || count >= newsFactor * Math.max(baselineCount, 1)),
    )
    .toSorted(
      (a, b) =>
        Number(a.baselineCount === undefined) - Number(b.baselineCount === undefined) || b.count - a.count,
    );
}

/** A name that does not resolve is a wrong address where the cluster has no such Service, and a broken resolver where it has. */
function nameCause(suspect: Suspect, line: string): CauseCode {
  const host = /(?:lookup|ENOTFOUND|EAI_AGAIN|host:?|resolve:?) ["']?([a-z0-9][a-z0-9.-]*)/i.exec(line)?.[1];
  const name = host?.split('.')[0];
  const there = suspect.file.snapshot.services.some(({ ref }) => ref.name === name);
  return name === undefined || there ? 'network.dns-resolution' : 'config.address-wrong';
}

/** Causes that new log lines of a suspect name in so many words. */
export function logCandidates(suspect: Suspect): Candidate[] {
  for (const pattern of newPatterns(suspect)) {
    const cause = logCauseOf(pattern.sample);
    if (cause === undefined) continue;
    const base = baseOf(suspect);
    const code = cause.code === 'network.dns-resolution' ? nameCause(suspect, pattern.sample) : cause.code;
    return [
      {
        ...base,
        code,
        certainty:
          (0.35 + 0.4 * cause.strength) * (pattern.baselineCount === undefined ? unknownBeforeFactor : 1),
        reasons: [
          `${suspect.service} says ${pattern.count} times what it ${pattern.baselineCount === undefined ? 'may or may not have said' : `said ${pattern.baselineCount} times`} before: ${pattern.sample.slice(0, 200)}.`,
        ],
        evidence: [...quotePattern(pattern, 0.7), ...base.evidence],
        fixHint: { facets: ['environment', 'image', 'volumes', 'command'] },
      },
    ];
  }
  return [];
}
