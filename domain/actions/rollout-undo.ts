import { z } from 'zod';
import { canonicalJson } from '../hash.ts';
import { formatObject } from '../object-ref.ts';
import type { Revision } from '../tools/kubernetes.ts';
import { type ActionSituation, defineAction } from './define-action.ts';
import { asWorkload, templateBlastRadius } from './workload.ts';

const argumentsSchema = z.strictObject({
  /** The revision to go back to. */
  toRevision: z.int().min(1),
  /** Go there even where it is known that it never stood: to take a roll-back back, or because a person knows better. */
  evenIfItNeverStood: z.literal(true).optional(),
});

function revisionOf(situation: ActionSituation, revision: number): Revision | undefined {
  return situation.revisions.find((candidate) => candidate.revision === revision);
}

/**
 * The older revision that still runs beside one which never stood, or undefined where nothing says that it did not stand.
 * A rollout that comes to its end leaves no pod of an older revision; where one still runs, the newer one never got there.
 */
export function stoodInsteadOf(revisions: readonly Revision[], revision: number): Revision | undefined {
  const target = revisions.find((candidate) => candidate.revision === revision);
  if (target === undefined || (target.ready ?? 0) > 0) return undefined;
  return revisions
    .filter((older) => older.revision < revision && (older.replicas ?? 0) > 0)
    .toSorted((a, b) => b.revision - a.revision)[0];
}

/** Goes back to the pod template of an earlier revision, as `kubectl rollout undo --to-revision` does. */
export const rolloutUndo = defineAction({
  name: 'rollout-undo',
  title: { en: 'Roll back', zh: '回滚' },
  kinds: ['Deployment'],
  arguments: argumentsSchema,
  baseRisk: 'disrupt',
  risk: () => 'disrupt',
  undo: 'inverse',
  compile: (args, situation) => {
    const workload = asWorkload(situation.live);
    const target = revisionOf(situation, args.toRevision);
    if (workload === undefined) return { refused: 'the object has no pod template' };
    if (target === undefined) {
      const known = situation.revisions.map((r) => r.revision).join(', ');
      return { refused: `there is no revision ${args.toRevision} (known: ${known || 'none'})` };
    }
    if (canonicalJson(target.template) === canonicalJson(workload.spec.template)) {
      return { refused: `revision ${args.toRevision} is what runs already` };
    }
    const better = stoodInsteadOf(situation.revisions, args.toRevision);
    if (better !== undefined && args.evenIfItNeverStood !== true) {
      return {
        refused: `revision ${args.toRevision} never stood: pods of revision ${better.revision} still run in its place; go back to that one`,
      };
    }
    return {
      verb: 'patch',
      changes: [{ path: '/spec/template', before: workload.spec.template, after: target.template }],
    };
  },
  inverse: (_args, _changes, situation) => {
    const current = situation.revisions.find((revision) => revision.current);
    if (current === undefined) return undefined;
    const neverStood = stoodInsteadOf(situation.revisions, current.revision) !== undefined;
    const toRevision = current.revision;
    return {
      action: 'rollout-undo',
      arguments: { toRevision, ...(neverStood ? { evenIfItNeverStood: true } : {}) },
    };
  },
  blastRadius: (_args, situation) => templateBlastRadius(situation.live),
  describe: ({ toRevision, evenIfItNeverStood }, object) => {
    const warned = evenIfItNeverStood === true;
    return {
      en: `Roll back ${formatObject(object)} to revision ${toRevision}${warned ? ', even if it never stood' : ''}`,
      zh: `将 ${formatObject(object)} 回滚到版本 ${toRevision}${warned ? '（即使它从未就绪过）' : ''}`,
    };
  },
});
