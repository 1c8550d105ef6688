import { failsRarely, runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault, everyLevel } from './fault.ts';

/** Somebody asks for more memory than any node has: gigabytes where megabytes were meant. */
export const memoryForNone = defineFault({
  name: 'memory-for-none',
  title: { en: 'More memory than any node has', zh: '内存请求过大无法调度' },
  declare: {
    object: { kind: 'Deployment', of: 'pricing' },
    causes: ['scheduling.insufficient-memory'],
    mendBy: ['set-resources', 'rollout-undo', 'patch'],
    verifiedWhen: [runsAsWanted('pricing'), failsRarely('pricing')],
  },
  levels: everyLevel,
  changes: (names) => [
    rollOut(names, 'pricing', {
      container: { resources: { requests: { memory: '640Gi' }, limits: { memory: '640Gi' } } },
      cause: `resources of ${names.services.pricing} by load test 11/2026`,
    }),
  ],
});
