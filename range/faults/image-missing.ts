import { runsAsWanted } from './checks.ts';
import { release } from './cluster-change.ts';
import { defineFault, everyLevel } from './fault.ts';

/** The pipeline delivers a version whose image nobody pushed; the version before goes on running beside it. */
export const imageMissing = defineFault({
  name: 'image-missing',
  title: { en: 'An image that does not exist', zh: '镜像不存在' },
  declare: {
    object: { kind: 'Deployment', of: 'recommendations' },
    causes: ['image.bad-reference'],
    mendBy: ['rollout-undo', 'set-image', 'patch'],
    verifiedWhen: [runsAsWanted('recommendations')],
  },
  levels: everyLevel,
  changes: (names) => [release(names, 'recommendations', '0.8.3')],
});
