import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import type { RiskClass } from '../risk.ts';
import { type ActionSituation, defineAction } from './define-action.ts';
import { asWorkload } from './workload.ts';

const argumentsSchema = z.strictObject({ replicas: z.int().min(0).max(1000) });

function replicasNow(situation: ActionSituation | undefined): number | undefined {
  return situation === undefined ? undefined : (asWorkload(situation.live)?.spec.replicas ?? 1);
}

function riskOf(replicas: number, now: number | undefined): RiskClass {
  if (replicas === 0) return 'disrupt';
  return now !== undefined && replicas < now ? 'disrupt' : 'adjust';
}

/** Sets the number of replicas. */
export const scale = defineAction({
  name: 'scale',
  title: { en: 'Scale', zh: '调整副本数' },
  kinds: ['Deployment', 'StatefulSet'],
  arguments: argumentsSchema,
  baseRisk: 'adjust',
  risk: (args, situation) => riskOf(args.replicas, replicasNow(situation)),
  undo: 'inverse',
  compile: (args, situation) => {
    const workload = asWorkload(situation.live);
    if (workload === undefined) return { refused: 'the object has no replicas' };
    const before = workload.spec.replicas;
    if ((before ?? 1) === args.replicas) return { refused: `it has ${args.replicas} replicas already` };
    return {
      verb: 'patch',
      changes: [
        { path: '/spec/replicas', ...(before === undefined ? {} : { before }), after: args.replicas },
      ],
    };
  },
  inverse: (_args, changes) => ({ action: 'scale', arguments: { replicas: changes[0]?.before ?? 1 } }),
  blastRadius: (args, situation) => ({
    objects: 1,
    replicas: Math.abs(args.replicas - (replicasNow(situation) ?? 0)),
    namespaces: 1,
  }),
  describe: (args, object) => ({
    en: `Scale ${formatObject(object)} to ${args.replicas} replicas`,
    zh: `将 ${formatObject(object)} 的副本数调整为 ${args.replicas}`,
  }),
});
