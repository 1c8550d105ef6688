import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ApiClient } from './api-client.ts';
import { statusOf } from './api-failure.ts';

/** One kind of object that a cluster serves. */
export type ApiResource = {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Other words for it: singular, short names; lower case. */
  readonly aliases: readonly string[];
  readonly verbs: readonly string[];
};

const aggregatedSchema = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z
    .array(
      z.object({
        metadata: z.object({ name: z.string().default('') }).prefault({}),
        versions: z
          .array(
            z.object({
              version: z.string(),
              resources: z
                .array(
                  z.object({
                    resource: z.string(),
                    responseKind: z.object({ kind: z.string() }).nullish(),
                    scope: z.string(),
                    singularResource: z.string().default(''),
                    shortNames: z.array(z.string()).default([]),
                    verbs: z.array(z.string()).default([]),
                  }),
                )
                .default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

const groupListSchema = z.object({
  groups: z.array(z.object({ preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const resourceListSchema = z.object({
  groupVersion: z.string(),
  resources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      singularName: z.string().default(''),
      shortNames: z.array(z.string()).default([]),
      verbs: z.array(z.string()).default([]),
    }),
  ),
});

const aggregatedType =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

function lowerCase(words: readonly string[]): string[] {
  return words.filter((word) => word !== '').map((word) => word.toLowerCase());
}

/** Each resource in the first version that serves it, which is the preferred one. */
function resourcesOfAggregated(list: z.output<typeof aggregatedSchema>): ApiResource[] {
  return list.items.flatMap((group) => {
    const seen = new Set<string>();
    return group.versions.flatMap(({ version, resources }) =>
      resources.flatMap((entry): ApiResource[] => {
        if (seen.has(entry.resource) || entry.responseKind?.kind === undefined) return [];
        seen.add(entry.resource);
        return [
          {
            group: group.metadata.name,
            version,
            plural: entry.resource,
            kind: entry.responseKind.kind,
            namespaced: entry.scope === 'Namespaced',
            aliases: lowerCase([entry.singularResource, ...entry.shortNames]),
            verbs: entry.verbs,
          },
        ];
      }),
    );
  });
}

/** The way of API servers before 1.26: one document a group version. */
async function discoverOneByOne(api: ApiClient, signal: AbortSignal): Promise<ApiResource[]> {
  const { groups } = groupListSchema.parse(await api.json({ path: '/apis', signal }));
  const paths = ['/api/v1', ...groups.map((group) => `/apis/${group.preferredVersion.groupVersion}`)];
  const lists = await Promise.all(
    paths.map(async (path) => {
      try {
        return resourceListSchema.parse(await api.json({ path, signal }));
      } catch (error) {
        // A group whose own API server is down must not hide the others.
        if (statusOf(error) === 503) return undefined;
        throw error;
      }
    }),
  );
  return lists.flatMap((list) => {
    const [group = '', version] = list?.groupVersion.includes('/')
      ? list.groupVersion.split('/')
      : ['', list?.groupVersion];
    return (list?.resources ?? [])
      .filter((entry) => !entry.name.includes('/'))
      .map((entry) => ({
        group,
        version: version ?? 'v1',
        plural: entry.name,
        kind: entry.kind,
        namespaced: entry.namespaced,
        aliases: lowerCase([entry.singularName, ...entry.shortNames]),
        verbs: entry.verbs,
      }));
  });
}

async function discover(api: ApiClient, signal: AbortSignal): Promise<ApiResource[]> {
  const answers = await Promise.all(
    ['/api', '/apis'].map((path) => api.json({ path, accept: aggregatedType, signal })),
  );
  const lists = answers.map((answer) => aggregatedSchema.safeParse(answer));
  if (lists.every((list) => list.success)) return lists.flatMap((list) => resourcesOfAggregated(list.data));
  return discoverOneByOne(api, signal);
}

/** Everyday kinds whose words two groups share: the one that people mean. */
const meantGroups: Readonly<Record<string, string>> = { events: '', pods: '', nodes: '' };

function matches(resource: ApiResource, word: string): boolean {
  return resource.plural === word || resource.kind.toLowerCase() === word || resource.aliases.includes(word);
}

function choose(candidates: readonly ApiResource[]): ApiResource | undefined {
  return candidates.find((candidate) => candidate.group === meantGroups[candidate.plural]) ?? candidates[0];
}

/** The resource that a word names: a plural, `plural.group`, a kind, a singular or a short name, in any case. */
export function resourceNamed(resources: readonly ApiResource[], word: string): ApiResource | undefined {
  const lower = word.toLowerCase();
  const [head = '', ...group] = lower.split('.');
  const listable = resources.filter((resource) => resource.verbs.includes('list'));
  const exact = listable.filter((resource) => resource.plural === lower);
  if (exact.length > 0) return choose(exact);
  const alike = listable.filter((resource) => matches(resource, lower));
  if (alike.length > 0) return choose(alike);
  return listable.find((resource) => matches(resource, head) && resource.group === group.join('.'));
}

/** The path under which a resource is served. */
export function pathOf(resource: ApiResource, namespace?: string, name?: string): string {
  const root =
    resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

const freshMs = 60_000;

/** What a cluster serves, asked anew after a minute, because custom kinds come and go. */
export function createDiscovery(api: ApiClient): (signal: AbortSignal) => Promise<readonly ApiResource[]> {
  let known: { at: number; resources: readonly ApiResource[] } | undefined;
  return async (signal) => {
    const now = performance.now();
    if (known !== undefined && now - known.at < freshMs) return known.resources;
    try {
      known = { at: now, resources: await discover(api, signal) };
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      const message = `cluster ${api.cluster}: the API server answered nonsense when asked what it serves`;
      throw new UnderstudyError('unavailable', message, { cause: error });
    }
    return known.resources;
  };
}
