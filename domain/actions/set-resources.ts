import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import { defineAction } from './define-action.ts';
import { pointer } from './json-patch.ts';
import { asWorkload, containerIndex, templateBlastRadius, workloadKinds } from './workload.ts';

/** A Kubernetes quantity: `250m`, `64Mi`, `1.5`. */
const quantitySchema = z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/);
const amountsSchema = z.strictObject({ cpu: quantitySchema.optional(), memory: quantitySchema.optional() });

const argumentsSchema = z.strictObject({
  container: z.string().min(1),
  requests: amountsSchema.optional(),
  limits: amountsSchema.optional(),
});

/** Sets CPU and memory requests and limits of one container; what is not named stays as it is. */
export const setResources = defineAction({
  name: 'set-resources',
  title: { en: 'Set resources', zh: '调整资源配额' },
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
    const before = workload.spec.template.spec.containers[index]?.resources;
    const after = {
      ...before,
      ...(args.requests === undefined ? {} : { requests: { ...(before?.requests ?? {}), ...args.requests } }),
      ...(args.limits === undefined ? {} : { limits: { ...(before?.limits ?? {}), ...args.limits } }),
    };
    const path = pointer('spec', 'template', 'spec', 'containers', index, 'resources');
    return { verb: 'patch', changes: [{ path, ...(before === undefined ? {} : { before }), after }] };
  },
  inverse: (_args, changes) => ({
    action: 'patch',
    arguments: { operations: changes.map((c) => ({ op: 'replace', path: c.path, value: c.before ?? {} })) },
  }),
  blastRadius: (_args, situation) => templateBlastRadius(situation.live),
  describe: (args, object) => {
    const words = [
      args.requests === undefined ? [] : Object.entries(args.requests).map(([k, v]) => `request ${k} ${v}`),
      args.limits === undefined ? [] : Object.entries(args.limits).map(([k, v]) => `limit ${k} ${v}`),
    ].flat();
    return {
      en: `Set resources of ${formatObject(object)} (${args.container}): ${words.join(', ')}`,
      zh: `调整 ${formatObject(object)}（容器 ${args.container}）的资源：${words.join('，')}`,
    };
  },
});
