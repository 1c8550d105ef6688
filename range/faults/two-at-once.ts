import { imageRef } from '../shop/manifests.ts';
import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** Two rollouts of one evening are wrong, each in its own way. */
export const twoAtOnce = defineFault({
  name: 'two-at-once',
  title: { en: 'Two faults that have nothing to do with each other', zh: '两个互不相关的故障' },
  declare: {
    object: { kind: 'Deployment', of: 'recommendations' },
    causes: ['image.bad-reference'],
    besides: [{ object: { kind: 'Deployment', of: 'payment' }, causes: ['config.secret-key-missing'] }],
    mendBy: ['rollout-undo', 'set-image', 'patch'],
    verifiedWhen: [
      runsAsWanted('recommendations'),
      runsAsWanted('payment'),
      failsRarely('recommendations'),
      failsRarely('payment'),
    ],
  },
  changes: (names) => [
    rollOut(names, 'recommendations', {
      container: { image: imageRef('recommendations', '0.9.0-rc') },
      cause: `${names.services.recommendations} in the next version`,
    }),
    rollOut(names, 'payment', {
      container: {
        env: [
          {
            name: 'ACQUIRER_KEY',
            valueFrom: { secretKeyRef: { name: `${names.services.payment}-credentials`, key: 'KEY' } },
          },
        ],
      },
      cause: `${names.services.payment} with shorter keys`,
    }),
  ],
});
