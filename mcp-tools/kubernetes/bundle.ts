import type { z } from 'zod';
import {
  kubernetesGetObject,
  kubernetesListEvents,
  kubernetesListObjects,
  kubernetesListRevisions,
} from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import { inNamespace, kindsIn, pluralAsked, readKinds } from '../bundle/kubernetes-objects.ts';
import type { Bundle } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { nearestWords } from './did-you-mean.ts';
import { digestEvents, digestObjects, digestRevisions } from './digests.ts';
import { parseSelector } from './label-selector.ts';
import { eventOf, newestFirst } from './list-events.ts';
import { revisionKinds, revisionsIn } from './list-revisions.ts';

type ListInput = z.output<typeof kubernetesListObjects.input>;

function kindsHint(bundle: Bundle): string {
  const held = kindsIn(bundle);
  return held.length === 0 ? 'the bundle holds no Kubernetes objects' : `kinds held: ${held.join(', ')}`;
}

async function listObjects(bundle: Bundle, input: ListInput) {
  const plurals = [...new Set(input.kinds.map((word) => pluralAsked(bundle, word)))];
  const { byKind, gaps } = await readKinds(bundle, plurals);
  const fits = parseSelector(input.labelSelector);
  const items = plurals.flatMap((plural) =>
    inNamespace(byKind.get(plural) ?? [], input.namespace).filter(({ metadata }) =>
      fits(metadata.labels ?? {}),
    ),
  );
  // Said once, with the first page.
  const told = input.cursor === undefined ? gaps : [];
  return pageOfList(items, input, { gaps: told, hint: items.length === 0 ? kindsHint(bundle) : undefined });
}

async function getObject(bundle: Bundle, input: z.output<typeof kubernetesGetObject.input>) {
  const plural = pluralAsked(bundle, input.kind);
  const { byKind, gaps } = await readKinds(bundle, [plural]);
  const all = inNamespace(byKind.get(plural) ?? [], input.namespace);
  const object = all.find(({ metadata }) => metadata.name === input.name);
  if (object !== undefined) return { object };
  const near = nearestWords(
    input.name,
    all.map(({ metadata }) => metadata.name),
  );
  const meant = near.length === 0 ? '' : `; did you mean ${near.join(', ')}?`;
  return { hint: gaps[0] ?? `no ${plural} of that name${meant}` };
}

async function listEvents(bundle: Bundle, input: z.output<typeof kubernetesListEvents.input>) {
  const { byKind, gaps } = await readKinds(bundle, ['events']);
  const all = await bundle.once('events as told', async () =>
    (byKind.get('events') ?? []).flatMap(eventOf).toSorted(newestFirst),
  );
  const sinceMs = input.since === undefined ? undefined : Date.parse(input.since);
  const items = all.filter(
    ({ namespace, lastAt }) =>
      (input.namespace === undefined || namespace === undefined || namespace === input.namespace) &&
      // An event that was recorded without its time may be of any.
      (sinceMs === undefined || lastAt === undefined || Date.parse(lastAt) >= sinceMs),
  );
  const hint = items.length === 0 && all.length > 0 ? `${all.length} events elsewhere or before` : undefined;
  return pageOfList(items, input, { gaps, hint });
}

function among(
  byKind: ReadonlyMap<string, readonly KubernetesObject[]>,
  namespace: string,
): Record<string, KubernetesObject[]> {
  return Object.fromEntries(
    [...byKind].map(([plural, objects]) => [plural, inNamespace(objects, namespace)]),
  );
}

async function listRevisions(bundle: Bundle, input: z.output<typeof kubernetesListRevisions.input>) {
  const { byKind, gaps } = await readKinds(bundle, revisionKinds);
  const revisions = revisionsIn(among(byKind, input.namespace), input.name);
  const hint = revisions.length === 0 ? 'no revision is kept' : undefined;
  return pageOfList(revisions, input, { gaps, hint });
}

/** What `kubernetes` answers from a bundle's `kubernetes/` folder. */
export function kubernetesOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(kubernetesListObjects, (input) => listObjects(bundle, input), { digest: digestObjects }),
    implement(kubernetesGetObject, (input) => getObject(bundle, input)),
    implement(kubernetesListEvents, (input) => listEvents(bundle, input), { digest: digestEvents }),
    implement(kubernetesListRevisions, (input) => listRevisions(bundle, input), { digest: digestRevisions }),
  ];
}
