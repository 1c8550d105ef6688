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
  parentPath,
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

/**
 * A place in an array says little: its other items may move. The array as a whole is the field that changes; `pending` is
 * what an earlier operation makes of it.
 */
function insertion(
  live: KubernetesObject,
  { path, value }: { readonly path: string; readonly value: unknown },
  pending: readonly FieldChange[],
): FieldChange | Refusal | undefined {
  const parent = parentPath(path);
  const before: unknown = valueAt(live, parent);
  const items: unknown = pending.find((change) => change.path === parent)?.after ?? before;
  if (!Array.isArray(before) || !Array.isArray(items)) return undefined;
  const place = Number(path.slice(parent.length + 1));
  if (!Number.isInteger(place) || place < 0 || place > items.length) {
    return { refused: `there is no ${path}` };
  }
  return { path: parent, before, after: items.toSpliced(place, 0, value) };
}

/**
 * A path such as `/spec/template/spec/containers/1/image` counts items. Those on the way that have names are held to them,
 * so that a step which was approved for one container never meets another that took its place.
 */
function namesOnTheWay(live: KubernetesObject, changes: readonly FieldChange[]): FieldChange[] {
  const names = new Map<string, unknown>();
  for (const { path } of changes) {
    for (let item = parentPath(path); item !== ''; item = parentPath(item)) {
      const name = Array.isArray(valueAt(live, parentPath(item))) ? valueAt(live, `${item}/name`) : undefined;
      if (typeof name === 'string') names.set(`${item}/name`, name);
    }
  }
  const changed = changes.map((change) => change.path);
  return [...names]
    .filter(([path]) => !changed.includes(path))
    .map(([path, name]) => ({ path, before: name, after: name }));
}

function changeOf(
  live: KubernetesObject,
  operation: PatchOperation,
  pending: readonly FieldChange[],
): FieldChange | Refusal {
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
  const inserted = operation.op === 'add' ? insertion(live, operation, pending) : undefined;
  if (inserted !== undefined) return inserted;
  if (before === undefined && !hasParent(live, operation.path))
    return { refused: `nothing holds ${operation.path}` };
  return { path: operation.path, ...(before === undefined ? {} : { before }), after: operation.value };
}

function compilePatch(live: KubernetesObject, operations: readonly PatchOperation[]): ActionWrite | Refusal {
  let changes: FieldChange[] = [];
  for (const operation of operations) {
    const change = changeOf(live, operation, changes);
    if ('refused' in change) return change;
    const grown = 'before' in change && Array.isArray(change.before) && operation.path !== change.path;
    // One array that grows twice is one change.
    changes = [...(grown ? changes.filter(({ path }) => path !== change.path) : changes), change];
  }
  return changesToOperations(changes).length === 0
    ? { refused: 'the object is like that already' }
    : { verb: 'patch', changes: [...namesOnTheWay(live, changes), ...changes] };
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
