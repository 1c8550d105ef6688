import { answersQuickly, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** Somebody gave the service less CPU than its requests need: whoever waits for it, and for them, gets slow. */
export const slowDependency = defineFault({
  name: 'slow-dependency',
  title: { en: 'A slow dependency', zh: '下游依赖变慢' },
  declare: {
    object: { kind: 'Deployment', of: 'pricing' },
    causes: ['resource.cpu-throttled'],
    mendBy: ['set-resources', 'rollout-undo', 'patch'],
    verifiedWhen: [runsAsWanted('pricing'), answersQuickly('catalog'), answersQuickly('storefront')],
  },
  changes: (names) => [
    rollOut(names, 'pricing', {
      container: { resources: { requests: { cpu: '10m' }, limits: { cpu: '30m' } } },
      cause: `resources of ${names.services.pricing} by cost review 11/2026`,
    }),
  ],
});
