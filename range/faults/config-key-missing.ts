import { failsRarely, runsAsWanted } from './checks.ts';
import { release } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** The pipeline delivers a version that needs a setting which the ConfigMap does not hold. */
export const configKeyMissing = defineFault({
  name: 'config-key-missing',
  title: { en: 'A crash by a missing configuration key', zh: '缺少配置项导致崩溃' },
  declare: {
    object: { kind: 'Deployment', of: 'payment' },
    alsoRight: [{ kind: 'ConfigMap', of: 'payment' }],
    causes: ['config.configmap-key-missing'],
    mendBy: ['rollout-undo', 'set-image', 'patch'],
    verifiedWhen: [runsAsWanted('payment'), failsRarely('payment')],
  },
  changes: (names) => [release(names, 'payment', '1.5.0')],
});
