import { pointer } from '#domain/actions/json-patch.ts';
import type { AgentView } from '#domain/agent-turn.ts';
import type { ProposedStep } from '#domain/diagnosis.ts';
import { canonicalJson } from '#domain/hash.ts';
import { formatObject, sameObject } from '#domain/object-ref.ts';
import type { Rollout } from '../analysis/change-attribution.ts';
import { describeChanges, lastRollout } from '../analysis/change-attribution.ts';
import { workloadAt } from '../analysis/kubernetes/owners.ts';
import { type Facet, formerRevision, type TemplateChange } from '../analysis/kubernetes/revisions.ts';
import type { Workload } from '../analysis/kubernetes/workload.ts';
import type { HintedStep } from '../analyzers/define-analyzer.ts';
import type { Candidate } from './candidate.ts';
import type { CaseFile } from './case-file.ts';
import { blame } from './timing.ts';

/** Steps that mend a cause together. */
export type FixOption = readonly ProposedStep[];

const undoneOutcomes = new Set(['undone', 'failed', 'rejected', 'refused']);

/** True where a step of the option was taken or asked for already and did not help. */
export function isTried(tried: AgentView['tried'], option: FixOption): boolean {
  return option.some((step) =>
    tried.some(
      ({ action, object, arguments: args, result }) =>
        undoneOutcomes.has(result.outcome) &&
        action === step.action &&
        sameObject(object, step.object) &&
        sameArguments(action, args, step.arguments),
    ),
  );
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
  const { current, former, changes } = target;
  if (workload.ref.kind !== 'Deployment')
    return templateBack(
      workload,
      changes.filter(({ facet }) => facets.includes(facet)),
      former.revision,
    );
  return [
    [
      {
        action: 'rollout-undo',
        object: workload.ref,
        arguments: { toRevision: former.revision },
        why: `revision ${former.revision} was fine; revision ${current.revision} brought ${describeChanges(changes)}`,
        undo: `roll forward to revision ${current.revision} again`,
      },
    ],
  ];
}

const patchable: Readonly<Partial<Record<Facet, readonly string[]>>> = {
  environment: ['env', 'envFrom'],
  probes: ['livenessProbe', 'readinessProbe', 'startupProbe'],
  command: ['command', 'args'],
};

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === field)?.[1]
    : undefined;
}

/** Kinds without an undo of their own get the former fields back one by one. */
function templateBack(workload: Workload, changes: readonly TemplateChange[], revision: number): FixOption[] {
  const containers = workload.spec?.template?.spec?.containers ?? [];
  const steps = changes.flatMap(({ facet, container, before, after }): ProposedStep[] => {
    const index = containers.findIndex(({ name }) => name === container);
    const base = {
      object: workload.ref,
      why: `as it was in revision ${revision}`,
      undo: 'set it again as it is now',
    };
    if (container === undefined || index < 0) return [];
    if (facet === 'image' && typeof before === 'string')
      return [{ ...base, action: 'set-image', arguments: { container, image: before } }];
    const fields = facet === 'resources' ? ['resources'] : (patchable[facet] ?? []);
    const operations = fields.flatMap((field) => {
      const [old, now] =
        facet === 'resources' ? [before, after] : [fieldOf(before, field), fieldOf(after, field)];
      if (canonicalJson(old ?? null) === canonicalJson(now ?? null)) return [];
      const path = pointer('spec', 'template', 'spec', 'containers', index, field);
      if (old === undefined) return [{ op: 'remove', path }];
      return [{ op: now === undefined ? 'add' : 'replace', path, value: old }];
    });
    return operations.length === 0 ? [] : [{ ...base, action: 'patch', arguments: { operations } }];
  });
  return steps.length === 0 ? [] : [steps];
}

function stepOf(step: HintedStep): ProposedStep {
  return { ...step, arguments: { ...step.arguments } };
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
  ];
}

/** The best option that was not tried in vain; empty where no safe step is known. */
export function proposeFix(file: CaseFile, candidate: Candidate): ProposedStep[] {
  const option = fixOptions(file, candidate).find((steps) => !isTried(file.view.tried, steps));
  return option === undefined ? [] : [...option];
}

/** What a fix does, for a summary. */
export function describeFix(steps: readonly ProposedStep[]): string {
  return steps.map(({ action, object }) => `${action} ${formatObject(object)}`).join(', then ');
}
