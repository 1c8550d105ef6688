import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault } from './fault.ts';

/** Somebody gave the service less memory than it needs to start; the kernel kills it. */
export const outOfMemory = defineFault({
  name: 'out-of-memory',
  title: { en: 'Out of memory', zh: '内存不足' },
  declare: {
    object: { kind: 'Deployment', of: 'cart' },
    causes: ['container.oom-killed'],
    mendBy: ['set-resources', 'rollout-undo', 'patch'],
    verifiedWhen: [runsAsWanted('cart'), failsRarely('cart'), failsRarely('storefront')],
  },
  changes: (names) => [
    rollOut(names, 'cart', {
      container: { resources: { requests: { memory: '24Mi' }, limits: { memory: '32Mi' } } },
      cause: `resources of ${names.services.cart} by cost review 11/2026`,
    }),
  ],
});
