import type { z } from 'zod';
import { type Change, changeSchema, changesList } from '#domain/tools/changes.ts';
import { heldObjects, inNamespace } from '../bundle/kubernetes-objects.ts';
import { type Bundle, type Items, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { changingKinds } from './cluster-objects.ts';
import { changesSeenIn, digestChanges, isWanted, newestFirst } from './list-changes.ts';

async function told(bundle: Bundle): Promise<Items<Change>> {
  const read = await bundle.array('changes.json', changeSchema);
  return read ?? { items: [], gaps: [notInBundle('changes')] };
}

/** What the cluster's own objects show of changes, as on a live cluster. */
async function seen(bundle: Bundle, namespace: string | undefined): Promise<Items<Change>> {
  const byKind = await heldObjects(bundle, changingKinds);
  const items = changesSeenIn((kind) => inNamespace(byKind.get(kind) ?? [], namespace));
  return { items, gaps: [] };
}

async function listChanges(bundle: Bundle, input: z.output<typeof changesList.input>) {
  const { items, gaps } = await readTogether([told(bundle), seen(bundle, input.namespace)]);
  const wanted = [...new Map(items.map((change) => [change.id, change])).values()]
    .filter((change) => isWanted(change, input))
    .toSorted(newestFirst);
  const hint =
    wanted.length === 0 ? `${items.length} changes are known outside this window or place` : undefined;
  return pageOfList(wanted, input, { gaps, hint });
}

/** What `changes` answers from `changes.json` and from the objects of the cluster. */
export function changesOfBundle(bundle: Bundle): ToolImplementation[] {
  return [implement(changesList, (input) => listChanges(bundle, input), { digest: digestChanges })];
}
