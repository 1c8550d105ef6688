import { z } from 'zod';
import { canonicalJson } from '../hash.ts';
import { formatObject } from '../object-ref.ts';
import type { Revision } from '../tools/kubernetes.ts';
import { type ActionSituation, defineAction } from './define-action.ts';
import { asWorkload, templateBlastRadius } from './workload.ts';

const argumentsSchema = z.strictObject({
  /** The revision to go back to. */
  toRevision: z.int().min(1),
});

function revisionOf(situation: ActionSituation, revision: number): Revision | undefined {
  return situation.revisions.find((candidate) => candidate.revision === revision);
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
    return {
      verb: 'patch',
      changes: [{ path: '/spec/template', before: workload.spec.template, after: target.template }],
    };
  },
  inverse: (_args, _changes, situation) => {
    const current = situation.revisions.find((revision) => revision.current);
    return current === undefined
      ? undefined
      : { action: 'rollout-undo', arguments: { toRevision: current.revision } };
  },
  blastRadius: (_args, situation) => templateBlastRadius(situation.live),
  describe: (args, object) => ({
    en: `Roll back ${formatObject(object)} to revision ${args.toRevision}`,
    zh: `将 ${formatObject(object)} 回滚到版本 ${args.toRevision}`,
  }),
});
