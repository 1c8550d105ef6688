import { type DatabaseFault, databaseFaults } from '../analysis/database/database-faults.ts';
import { type DatabaseState, databasesOf } from '../analysis/database/database-state.ts';
import { countingAlerts } from '../subject.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';

/** What the alerts say in words. */
function wordsOfAlerts({ view }: CaseFile): string[] {
  return countingAlerts(view.alerts).flatMap(({ annotations }) => Object.values(annotations));
}

function candidateOf({ ref }: DatabaseState, fault: DatabaseFault): Candidate {
  return {
    object: ref,
    code: fault.code,
    service: ref.name,
    reasons: [fault.reason],
    evidence: fault.evidence,
    certainty: fault.certainty,
    severity: 'error',
    since: fault.since,
    through: [],
    consequence: false,
    seenOnObject: true,
    fixHint: {},
    rollout: undefined,
    change: undefined,
  };
}

/** Causes that the cloud's own word on databases and their figures suggest. */
export function cloudCandidates(file: CaseFile): Candidate[] {
  const told = wordsOfAlerts(file);
  return databasesOf(file.view, file.subject).flatMap((state) =>
    databaseFaults(state, told).map((fault) => candidateOf(state, fault)),
  );
}

/** A database that was looked at, and whether something is wrong with it. */
export function databaseStanding(
  file: CaseFile,
  name: string,
): { readonly ok: boolean; readonly detail: string } {
  const state = databasesOf(file.view, file.subject).find(({ ref }) => ref.name === name);
  if (state === undefined || state.gauges.size === 0)
    return { ok: false, detail: 'it could not be measured' };
  const [fault] = databaseFaults(state, wordsOfAlerts(file));
  if (fault !== undefined) return { ok: false, detail: fault.reason };
  return { ok: true, detail: `${state.gauges.size} of its figures are in range` };
}
