import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import { defineAction } from './define-action.ts';
import { pointer } from './json-patch.ts';
import { asWorkload, containerIndex, templateBlastRadius, workloadKinds } from './workload.ts';

const argumentsSchema = z.strictObject({ container: z.string().min(1), image: z.string().min(1).max(512) });

/** Sets the image of one container. */
export const setImage = defineAction({
  name: 'set-image',
  title: { en: 'Set image', zh: '更换镜像' },
  kinds: workloadKinds,
  arguments: argumentsSchema,
  baseRisk: 'disrupt',
  risk: () => 'disrupt',
  undo: 'inverse',
  compile: (args, situation) => {
    const workload = asWorkload(situation.live);
    const index = workload === undefined ? undefined : containerIndex(workload, args.container);
    if (workload === undefined || index === undefined)
      return { refused: `there is no container ${args.container}` };
    const before = workload.spec.template.spec.containers[index]?.image;
    if (before === args.image) return { refused: `the image is ${args.image} already` };
    const path = pointer('spec', 'template', 'spec', 'containers', index, 'image');
    return {
      verb: 'patch',
      changes: [{ path, ...(before === undefined ? {} : { before }), after: args.image }],
    };
  },
  inverse: (args, changes) => {
    const before = changes[0]?.before;
    return typeof before === 'string'
      ? { action: 'set-image', arguments: { container: args.container, image: before } }
      : undefined;
  },
  blastRadius: (_args, situation) => templateBlastRadius(situation.live),
  describe: (args, object) => ({
    en: `Set the image of ${formatObject(object)} (${args.container}) to ${args.image}`,
    zh: `将 ${formatObject(object)}（容器 ${args.container}）的镜像改为 ${args.image}`,
  }),
});
