import { secondsBetween, toMs } from '#domain/time.ts';
import { describeChanges, lastRollout, type Rollout } from '../analysis/change-attribution.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import type { Facet } from '../analysis/kubernetes/revisions.ts';
import type { Finding } from '../analyzers/define-analyzer.ts';
import { mergeFindings } from '../analyzers/merge-findings.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { blame } from './timing.ts';

/** A rollout explains a fault that came with it or after it, in a part of the template that it changed. */
const explainsForSeconds = 6 * 3600;
/** Objects tell their times to the second, and a pod may be older than the event that tells of its rollout. */
const blurSeconds = 15;

function broughtBy(file: CaseFile, finding: Finding): Rollout | undefined {
  const facets = finding.fixHint?.facets;
  const workload = workloadAt(file.snapshot, finding.object);
  const rollout =
    workload === undefined || facets === undefined ? undefined : lastRollout(file.snapshot, workload);
  if (rollout === undefined || !touches(rollout, facets ?? [])) return undefined;
  if (toMs(rollout.at) > toMs(file.subject.lastStartsAt)) return undefined;
  if (finding.since === undefined) return blame(file, rollout.at, file.onset) > 0.3 ? rollout : undefined;
  const lead = secondsBetween(rollout.at, finding.since);
  return lead >= -blurSeconds && lead <= explainsForSeconds ? rollout : undefined;
}

function touches(rollout: Rollout, facets: readonly Facet[]): boolean {
  return rollout.changes.some(({ facet }) => facets.includes(facet));
}

function serviceOfFinding(file: CaseFile, finding: Finding): string | undefined {
  for (const ref of [finding.object, ...(finding.through ?? [])]) {
    const service = file.serviceOf(ref);
    if (service !== undefined) return service;
  }
  return undefined;
}

function candidateOf(file: CaseFile, finding: Finding): Candidate {
  const rollout = finding.consequence ? undefined : broughtBy(file, finding);
  const came =
    rollout === undefined
      ? []
      : [
          `It came with revision ${rollout.current.revision} at ${rollout.at} (${describeChanges(rollout.changes)}).`,
        ];
  // A fault that a change explains is surer than one out of the blue.
  const certainty = rollout === undefined ? finding.certainty : 1 - (1 - finding.certainty) * 0.75;
  return {
    object: finding.object,
    code: finding.code,
    service: serviceOfFinding(file, finding),
    reasons: [`${finding.message}.`, ...came],
    evidence: [...finding.evidence, ...(rollout?.evidence.slice(0, 1) ?? [])],
    certainty,
    severity: finding.severity,
    since: finding.since,
    through: finding.through ?? [],
    consequence: finding.consequence,
    seenOnObject: true,
    fixHint: finding.fixHint ?? {},
    rollout,
    change: rollout?.change?.id,
  };
}

/** What the analyzers found, one candidate for each cause and object. */
export function objectCandidates(file: CaseFile, findings: readonly Finding[]): Candidate[] {
  // What could be used against a system does not break it: it is told by those who look for it.
  return mergeFindings(findings.filter(({ code }) => !code.startsWith('security.'))).map((finding) =>
    candidateOf(file, finding),
  );
}
