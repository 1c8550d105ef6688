import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import { instantSchema } from '../time.ts';
import { defineAction } from './define-action.ts';
import { pointer } from './json-patch.ts';
import { asWorkload, templateBlastRadius, workloadKinds } from './workload.ts';

const restartedAt = 'kubectl.kubernetes.io/restartedAt';

const argumentsSchema = z.strictObject({
  /** The moment that is written into the template: part of the arguments, so that a repeat is the same write. */
  at: instantSchema,
});

/** Replaces the pods of a workload one after another, as `kubectl rollout restart` does. */
export const rolloutRestart = defineAction({
  name: 'rollout-restart',
  title: { en: 'Restart', zh: '滚动重启' },
  kinds: workloadKinds,
  arguments: argumentsSchema,
  baseRisk: 'adjust',
  risk: () => 'adjust',
  undo: 'controllerRecreates',
  compile: (args, situation) => {
    const workload = asWorkload(situation.live);
    if (workload === undefined) return { refused: 'the object has no pod template' };
    const metadata = workload.spec.template.metadata;
    const path = pointer('spec', 'template', 'metadata', 'annotations', restartedAt);
    if (metadata?.annotations === undefined) {
      return {
        verb: 'patch',
        changes: [
          { path: pointer('spec', 'template', 'metadata', 'annotations'), after: { [restartedAt]: args.at } },
        ],
      };
    }
    const before = metadata.annotations[restartedAt];
    return {
      verb: 'patch',
      changes: [{ path, ...(before === undefined ? {} : { before }), after: args.at }],
    };
  },
  inverse: () => undefined,
  blastRadius: (_args, situation) => templateBlastRadius(situation.live),
  describe: (_args, object) => ({
    en: `Restart ${formatObject(object)}, pod by pod`,
    zh: `滚动重启 ${formatObject(object)}`,
  }),
});
