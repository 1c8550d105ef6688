import { failsRarely, hasEndpoints, runsAsWanted } from './checks.ts';
import { scaleTo } from './cluster-change.ts';
import { defineFault, everyLevel } from './fault.ts';

/** Somebody scaled a service down and never up again. */
export const scaledToZero = defineFault({
  name: 'scaled-to-zero',
  title: { en: 'Scaled to zero', zh: '副本数为零' },
  declare: {
    object: { kind: 'Deployment', of: 'shipping' },
    causes: ['workload.scaled-to-zero'],
    mendBy: ['scale', 'patch'],
    verifiedWhen: [runsAsWanted('shipping'), hasEndpoints('shipping'), failsRarely('checkout')],
  },
  levels: everyLevel,
  changes: (names) => [scaleTo(names, 'shipping', 0)],
});
