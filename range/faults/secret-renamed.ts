import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** The pipeline asks for a Secret by a name that it does not have. */
export const secretRenamed = defineFault({
  name: 'secret-renamed',
  title: { en: 'A Secret that is not there', zh: 'Secret 不存在' },
  declare: {
    object: { kind: 'Deployment', of: 'payment' },
    causes: ['config.secret-missing'],
    mendBy: ['rollout-undo', 'patch'],
    verifiedWhen: [runsAsWanted('payment'), failsRarely('payment')],
  },
  changes: (names) => [
    rollOut(names, 'payment', {
      container: {
        env: [
          {
            name: 'ACQUIRER_KEY',
            valueFrom: { secretKeyRef: { name: `${names.services.payment}-acquirer`, key: 'ACQUIRER_KEY' } },
          },
        ],
      },
      cause: `credentials of ${names.services.payment} by acquirer`,
    }),
  ],
});
