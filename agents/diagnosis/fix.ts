import type { AgentView } from '#domain/agent-turn.ts';
import type { ProposedStep } from '#domain/diagnosis.ts';
import { canonicalJson } from '#domain/hash.ts';
import { formatObject, sameObject } from '#domain/object-ref.ts';
import { holdsRedactionMark } from '#domain/redaction-mark.ts';
import type { Rollout } from '../analysis/change-attribution.ts';
import { describeChanges, lastRollout } from '../analysis/change-attribution.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import { type Facet, formerRevision } from '../analysis/kubernetes/revisions.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import type { HintedStep } from '../analyzers/define-analyzer.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { templateBack } from './template-back.ts';
import { blame } from './timing.ts';

/** Steps that mend a cause together. */
export type FixOption = readonly ProposedStep[];

type Outcome = AgentView['tried'][number]['result']['outcome'];

/** After these a step is not proposed again. */
const notAgain: readonly Outcome[] = ['undone', 'failed', 'rejected', 'refused', 'proposed'];
/** These speak against the cause as well. That a person said no does not: they know something about the step. */
const speaksAgainst: readonly Outcome[] = ['undone', 'failed', 'refused'];

function ended(tried: AgentView['tried'], option: FixOption, outcomes: readonly Outcome[]): boolean {
  return option.some((step) =>
    tried.some(
      ({ action, object, arguments: args, result }) =>
        outcomes.includes(result.outcome) &&
        action === step.action &&
        sameObject(object, step.object) &&
        sameArguments(action, args, step.arguments),
    ),
  );
}

/** True where a step of the option was taken, or could not be, and did not help. */
export function didNotHelp(tried: AgentView['tried'], option: FixOption): boolean {
  return ended(tried, option, speaksAgainst);
}

/** A restart is the same step whenever it is taken. */
function sameArguments(action: string, a: unknown, b: unknown): boolean {
  return action === 'rollout-restart' || canonicalJson(a) === canonicalJson(b);
}

/**
 * The rollout to go back on: the one that brought the fault, or the last one that changed the part of the template in which
 * it sits and came near enough to it. A workload that was gone back on by us is not sent forward again.
 */
function rolloutToUndo(
  file: CaseFile,
  candidate: Candidate,
  facets: readonly Facet[],
): { workload: Workload; rollout: Rollout } | undefined {
  const workload = workloadAt(file.snapshot, candidate.object);
  if (workload === undefined) return undefined;
  const undone = file.view.tried.some(
    ({ action, object, result }) =>
      action === 'rollout-undo' && sameObject(object, workload.ref) && result.outcome === 'verified',
  );
  const rollout = candidate.rollout ?? lastRollout(file.snapshot, workload);
  if (undone || rollout === undefined || !rollout.changes.some(({ facet }) => facets.includes(facet)))
    return undefined;
  const near =
    candidate.rollout !== undefined || blame(file, rollout.at, candidate.since ?? file.onset) > 0.3;
  return near ? { workload, rollout } : undefined;
}

function rolloutUndo(file: CaseFile, candidate: Candidate, facets: readonly Facet[]): FixOption[] {
  const found = rolloutToUndo(file, candidate, facets);
  if (found === undefined) return [];
  const { workload } = found;
  const target = formerRevision(file.snapshot, workload, facets);
  if (target === undefined) return [];
  const { current, former, changes, proven } = target;
  if (workload.ref.kind !== 'Deployment') {
    const own = changes.filter(({ facet }) => facets.includes(facet));
    const steps = templateBack(workload, own, former.revision);
    return steps.length === 0 ? [] : [steps];
  }
  return [
    [
      {
        action: 'rollout-undo',
        object: workload.ref,
        arguments: { toRevision: former.revision },
        why: `revision ${former.revision} ${proven ? 'stood before' : 'came before, and is not known to have been fine'}; revision ${current.revision} brought ${describeChanges(changes)}`,
        undo: `roll forward to revision ${current.revision} again`,
      },
    ],
  ];
}

function stepOf(step: HintedStep): ProposedStep {
  return { ...step, arguments: { ...step.arguments } };
}

/** Whoever reads is shown marks in place of secrets: a step that would write one back would put it in the secret's place. */
function isWhole(option: FixOption): boolean {
  return !option.some((step) => holdsRedactionMark(step.arguments));
}

/**
 * What could mend a cause, the best first: going back on the rollout that brought it, then a change in place. An option's
 * steps are taken in order.
 */
export function fixOptions(file: CaseFile, candidate: Candidate): FixOption[] {
  const { facets, steps } = candidate.fixHint;
  return [
    ...(facets === undefined ? [] : rolloutUndo(file, candidate, facets)),
    ...(steps === undefined || steps.length === 0 ? [] : [steps.map(stepOf)]),
  ].filter(isWhole);
}

/** The best option that was not tried in vain; empty where no safe step is known. */
export function proposeFix(file: CaseFile, candidate: Candidate): ProposedStep[] {
  const option = fixOptions(file, candidate).find((steps) => !ended(file.view.tried, steps, notAgain));
  return option === undefined ? [] : [...option];
}

/** What a fix does, for a summary. */
export function describeFix(steps: readonly ProposedStep[]): string {
  return steps.map(({ action, object }) => `${action} ${formatObject(object)}`).join(', then ');
}
