import { failsRarely, runsAsWanted } from './checks.ts';
import { editSettings } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** Somebody writes a value that the program cannot read into a ConfigMap that a pipeline delivers. */
export const editedByHand = defineFault({
  name: 'edited-by-hand',
  title: { en: 'A setting that somebody edited by hand', zh: '手工修改的配置项无效' },
  declare: {
    object: { kind: 'ConfigMap', of: 'cart' },
    alsoRight: [{ kind: 'Deployment', of: 'cart' }],
    causes: ['config.value-invalid'],
    end: 'either',
    mendBy: ['patch', 'rollout-undo'],
    verifiedWhen: [runsAsWanted('cart'), failsRarely('cart')],
  },
  changes: (names) => editSettings(names, 'cart', { CART_IDLE_MINUTES: 'half an hour' }),
});
