import { failsRarely, runsAsWanted } from './checks.ts';
import { release } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** The pipeline delivers a version that cannot add up some baskets; the version before could. */
export const badRelease = defineFault({
  name: 'bad-release',
  title: { en: 'A bad release', zh: '问题版本发布' },
  declare: {
    object: { kind: 'Deployment', of: 'checkout' },
    causes: ['application.bad-release'],
    mendBy: ['rollout-undo', 'set-image', 'patch'],
    verifiedWhen: [runsAsWanted('checkout'), failsRarely('checkout'), failsRarely('storefront')],
  },
  changes: (names) => [release(names, 'checkout', '1.7.0')],
});
