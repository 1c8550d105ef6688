import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import type { KubernetesObject } from '../tools/kubernetes-object.ts';
import { defineAction } from './define-action.ts';

const argumentsSchema = z.strictObject({ gracePeriodSeconds: z.int().min(0).max(3600).optional() });

function hasController(object: KubernetesObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true);
}

/** Deletes a pod. One that no controller owns does not come back, which makes it a destroying step. */
export const deletePod = defineAction({
  name: 'delete-pod',
  title: { en: 'Delete pod', zh: '删除 Pod' },
  kinds: ['Pod'],
  arguments: argumentsSchema,
  baseRisk: 'disrupt',
  // Without a look at the object the worse is assumed.
  risk: (_args, situation) =>
    situation !== undefined && hasController(situation.live) ? 'disrupt' : 'destroy',
  undo: 'controllerRecreates',
  compile: (args) => ({
    verb: 'delete',
    ...(args.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: args.gracePeriodSeconds }),
  }),
  inverse: () => undefined,
  blastRadius: () => ({ objects: 1, replicas: 1, namespaces: 1 }),
  describe: (_args, object) => ({
    en: `Delete ${formatObject(object)}; its controller makes a new one`,
    zh: `删除 ${formatObject(object)}，由其控制器重建`,
  }),
});
