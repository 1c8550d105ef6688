import { runsAsWanted } from './checks.ts';
import { rollOut } from './cluster-change.ts';
import { defineFault, everyLevel } from './fault.ts';

/** Somebody asks for nodes of a kind that the cluster does not have. */
export const noSuchNode = defineFault({
  name: 'no-such-node',
  title: { en: 'A node selector that matches no node', zh: '节点选择器无匹配' },
  declare: {
    object: { kind: 'Deployment', of: 'recommendations' },
    causes: ['scheduling.node-selector-mismatch'],
    mendBy: ['rollout-undo', 'patch'],
    verifiedWhen: [runsAsWanted('recommendations')],
  },
  levels: everyLevel,
  changes: (names) => [
    rollOut(names, 'recommendations', {
      pod: { nodeSelector: { 'leafandpot.example/pool': 'batch' } },
      cause: `${names.services.recommendations} to the batch pool`,
    }),
  ],
});
