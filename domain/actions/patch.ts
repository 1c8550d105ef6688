import { z } from 'zod';
import { formatObject } from '../object-ref.ts';
import type { KubernetesObject } from '../tools/kubernetes-object.ts';
import { type ActionWrite, defineAction, type Refusal } from './define-action.ts';
import {
  changesToOperations,
  type FieldChange,
  hasParent,
  inverseChanges,
  type PatchOperation,
  patchOperationSchema,
  valueAt,
} from './json-patch.ts';
import { templateBlastRadius, workloadKinds } from './workload.ts';

/** Fields that say what an object is or how it stands: never ours to patch. */
const forbiddenPaths = [
  '/apiVersion',
  '/kind',
  '/status',
  '/metadata/name',
  '/metadata/namespace',
  '/metadata/uid',
  '/metadata/resourceVersion',
  '/metadata/generation',
  '/metadata/managedFields',
  '/metadata/ownerReferences',
  '/metadata/finalizers',
  '/metadata/deletionTimestamp',
] as const;

const argumentsSchema = z.strictObject({ operations: z.array(patchOperationSchema).min(1).max(50) });

function changeOf(live: KubernetesObject, operation: PatchOperation): FieldChange | Refusal {
  const forbidden = forbiddenPaths.find(
    (path) => operation.path === path || operation.path.startsWith(`${path}/`),
  );
  if (forbidden !== undefined) return { refused: `${forbidden} may not be patched` };
  const before = valueAt(live, operation.path);
  if (operation.path.endsWith('/-'))
    return { refused: 'append with the index of the new item in place of "-"' };
  if (operation.op === 'remove') {
    return before === undefined
      ? { refused: `there is no ${operation.path}` }
      : { path: operation.path, before };
  }
  if (operation.op === 'replace' && before === undefined) return { refused: `there is no ${operation.path}` };
  if (before === undefined && !hasParent(live, operation.path))
    return { refused: `nothing holds ${operation.path}` };
  return { path: operation.path, ...(before === undefined ? {} : { before }), after: operation.value };
}

function compilePatch(live: KubernetesObject, operations: readonly PatchOperation[]): ActionWrite | Refusal {
  const changes: FieldChange[] = [];
  for (const operation of operations) {
    const change = changeOf(live, operation);
    if ('refused' in change) return change;
    changes.push(change);
  }
  return changesToOperations(changes).length === 0
    ? { refused: 'the object is like that already' }
    : { verb: 'patch', changes };
}

/** Changes named fields of an object (RFC 6902 without `test`, `move` and `copy`). */
export const patch = defineAction({
  name: 'patch',
  title: { en: 'Patch', zh: '修改配置' },
  kinds: [...workloadKinds, 'Service', 'ConfigMap'],
  arguments: argumentsSchema,
  baseRisk: 'disrupt',
  risk: () => 'disrupt',
  undo: 'inverse',
  compile: (args, situation) => compilePatch(situation.live, args.operations),
  inverse: (_args, changes) => ({
    action: 'patch',
    arguments: { operations: changesToOperations(inverseChanges(changes)) },
  }),
  blastRadius: (args, situation) =>
    args.operations.some((operation) => operation.path.startsWith('/spec/template'))
      ? templateBlastRadius(situation.live)
      : { objects: 1, replicas: 0, namespaces: 1 },
  describe: (args, object) => {
    const fields = args.operations.map((operation) => operation.path).join(', ');
    return {
      en: `Change ${fields} of ${formatObject(object)}`,
      zh: `修改 ${formatObject(object)} 的 ${fields}`,
    };
  },
});
