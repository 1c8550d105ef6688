import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import { type ActionDefinition, defineAction } from './define-action.ts';
import { valueAt } from './json-patch.ts';

const argumentsSchema = z.strictObject({});

type Switch = {
  readonly name: 'cordon' | 'uncordon';
  readonly inverse: 'cordon' | 'uncordon';
  readonly unschedulable: boolean;
  readonly title: { readonly en: string; readonly zh: string };
};

function schedulingSwitch(options: Switch): ActionDefinition {
  return defineAction({
    name: options.name,
    title: options.title,
    kinds: ['Node'],
    arguments: argumentsSchema,
    baseRisk: 'disrupt',
    risk: () => 'disrupt',
    undo: 'inverse',
    compile: (_args, situation) => {
      const before = valueAt(situation.live, '/spec/unschedulable');
      if ((before === true) === options.unschedulable) return { refused: 'the node is like that already' };
      return {
        verb: 'patch',
        changes: [
          {
            path: '/spec/unschedulable',
            ...(before === undefined ? {} : { before }),
            after: options.unschedulable,
          },
        ],
      };
    },
    inverse: () => ({ action: options.inverse, arguments: {} }),
    blastRadius: () => ({ objects: 1, replicas: 0, namespaces: 0 }),
    describe: (_args, object) => ({
      en: `${options.title.en} ${formatObject(object)}`,
      zh: `${options.title.zh} ${formatObject(object)}`,
    }),
  });
}

/** No new pods are placed on the node; those that run stay. */
export const cordon = schedulingSwitch({
  name: 'cordon',
  inverse: 'uncordon',
  unschedulable: true,
  title: { en: 'Cordon', zh: '停止调度到' },
});

/** Pods may be placed on the node again. */
export const uncordon = schedulingSwitch({
  name: 'uncordon',
  inverse: 'cordon',
  unschedulable: false,
  title: { en: 'Uncordon', zh: '恢复调度到' },
});
