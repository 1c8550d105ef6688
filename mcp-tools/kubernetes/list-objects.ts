import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { kubernetesListObjects } from '#domain/tools/kubernetes.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { Cluster, Clusters } from './clusters.ts';
import { type ApiResource, resourceNamed } from './discovery.ts';
import { emptyListHint, unknownKindHint } from './empty-hints.ts';
import { settle } from './kind-failure.ts';
import { listRaw, type RawList, viewAs } from './list-kind.ts';

type Input = z.output<typeof kubernetesListObjects.input>;

/** Where the next page begins: at a kind, and where that kind was begun, at the API server's token. */
type Position = { readonly kind: number; readonly continueToken?: string };

const cursorSchema = z.tuple([z.int().min(0), z.string().nullable()]);

function readCursor(cursor: string | undefined): Position {
  if (cursor === undefined) return { kind: 0 };
  try {
    const [kind, token] = cursorSchema.parse(JSON.parse(cursor));
    return token === null ? { kind } : { kind, continueToken: token };
  } catch (error) {
    throw new UnderstudyError('bad-input', 'cursor: not one of kubernetes_list_objects', { cause: error });
  }
}

function writeCursor(position: Position): string {
  return JSON.stringify([position.kind, position.continueToken ?? null]);
}

/** Kinds asked at once: enough to be quick, few enough to be polite. */
const kindsAtOnce = 6;

type Listing = { readonly items: KubernetesObject[]; readonly gaps: string[]; next: Position | undefined };

async function askKinds(
  cluster: Cluster,
  kinds: readonly ApiResource[],
  input: Input,
  request: {
    readonly limit: number;
    readonly continueToken?: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<PromiseSettledResult<RawList>[]> {
  return Promise.allSettled(
    kinds.map((resource) =>
      listRaw(cluster.api, resource, {
        namespace: input.namespace,
        labelSelector: input.labelSelector,
        ...request,
      }),
    ),
  );
}

/** Takes in what a wave brought, until the page is full; says where to go on, or undefined when the wave is used up. */
function takeIn(
  listing: Listing,
  wave: readonly ApiResource[],
  lists: readonly (RawList | undefined)[],
  at: { readonly kind: number; readonly limit: number },
): Position | undefined {
  for (const [index, resource] of wave.entries()) {
    const list = lists[index];
    if (list === undefined) continue;
    // A list cannot be cut where the API server did not: it begins the next page.
    if (list.items.length > at.limit - listing.items.length) return { kind: at.kind + index };
    listing.items.push(...list.items.map((item) => viewAs(resource, item)));
    if (list.continueToken !== undefined) return { kind: at.kind + index, continueToken: list.continueToken };
  }
  return undefined;
}

async function listFrom(
  cluster: Cluster,
  kinds: readonly ApiResource[],
  input: Input,
  start: Position,
  signal: AbortSignal,
): Promise<Listing> {
  const listing: Listing = { items: [], gaps: [], next: undefined };
  let position: Position = start;
  while (position.kind < kinds.length && listing.items.length < input.limit) {
    const size = position.continueToken === undefined ? kindsAtOnce : 1;
    const wave = kinds.slice(position.kind, position.kind + size);
    const results = await askKinds(cluster, wave, input, {
      limit: input.limit,
      continueToken: position.continueToken,
      signal,
    });
    const names = wave.map((resource) => resource.plural);
    const { found, gaps } = settle(names, results);
    const next = takeIn(listing, wave, found, { kind: position.kind, limit: input.limit });
    // Kinds after the place where the page ends are asked again with the next page; so are their gaps.
    const used = next === undefined ? wave.length : next.kind - position.kind;
    listing.gaps.push(
      ...gaps.filter((gap) => names.slice(0, used).some((name) => gap.startsWith(`${name}:`))),
    );
    if (next !== undefined) return { ...listing, next };
    position = { kind: position.kind + wave.length };
  }
  return position.kind < kinds.length ? { ...listing, next: position } : listing;
}

function unique<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}

/** Answers `kubernetes_list_objects`: kinds in the order asked, objects in the API server's. */
export async function listObjects(clusters: Clusters, input: Input, { signal }: ToolContext) {
  const cluster = clusters.named(input.cluster);
  const resources = await cluster.resources(signal);
  const named = unique(input.kinds).map((word) => ({ word, resource: resourceNamed(resources, word) }));
  const kinds = unique(named.flatMap(({ resource }) => resource ?? []));
  const unknown = named.filter(({ resource }) => resource === undefined).map(({ word }) => word);
  const listing = await listFrom(cluster, kinds, input, readCursor(input.cursor), signal);
  const hints = unknown.map((word) => unknownKindHint(word, resources));
  if (listing.items.length === 0 && listing.next === undefined && input.cursor === undefined) {
    const hint = await emptyListHint(cluster, kinds, { ...input, signal });
    if (hint !== undefined) hints.push(hint);
  }
  return {
    items: listing.items,
    truncated: listing.next !== undefined,
    ...(listing.next === undefined ? {} : { nextCursor: writeCursor(listing.next) }),
    ...(hints.length === 0 ? {} : { hint: hints.join('; ') }),
    // Said once, with the first page.
    gaps: [
      ...(input.cursor === undefined ? unknown.map((word) => `${word}: not served by this cluster`) : []),
      ...listing.gaps,
    ],
  };
}
