import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { KubernetesObject } from '#domain/tools/kubernetes-object.ts';
import type { ApiClient } from './api-client.ts';
import { type ApiResource, pathOf } from './discovery.ts';
import { viewOf } from './object-view.ts';

const listSchema = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }).prefault({}),
  items: z.array(z.unknown()).nullish(),
});

export type ListRequest = {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number;
  /** The API server's token for what follows. */
  readonly continueToken?: string | undefined;
  /** Names and labels only, from the API server's cache: cheap, and perhaps a moment old. */
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
};

export type RawList = { readonly items: readonly unknown[]; readonly continueToken?: string };

const metadataOnlyType = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** One page of a kind, as the API server prints it. */
export async function listRaw(api: ApiClient, resource: ApiResource, request: ListRequest): Promise<RawList> {
  const { namespace, labelSelector, fieldSelector, limit, continueToken, metadataOnly, signal } = request;
  const answer = await api.json({
    path: pathOf(resource, namespace),
    query: {
      labelSelector,
      fieldSelector,
      limit,
      continue: continueToken,
      // Any version will do, so the API server answers from memory. With it `limit` would be ignored.
      resourceVersion: metadataOnly === true && limit === undefined ? '0' : undefined,
    },
    ...(metadataOnly === true ? { accept: metadataOnlyType } : {}),
    signal,
  });
  const parsed = listSchema.safeParse(answer);
  if (!parsed.success) {
    const message = `cluster ${api.cluster}: the API server answered nonsense when asked for ${resource.plural}`;
    throw new UnderstudyError('unavailable', message, { cause: parsed.error });
  }
  const next = parsed.data.metadata.continue;
  const items = parsed.data.items ?? [];
  return next === undefined || next === '' ? { items } : { items, continueToken: next };
}

export function apiVersionOf(resource: ApiResource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** An item of a resource's list or a single object, as it may be shown. */
export function viewAs(resource: ApiResource, raw: unknown): KubernetesObject {
  return viewOf(raw, { apiVersion: apiVersionOf(resource), kind: resource.kind });
}

const wholePageLimit = 500;

/** Every object of a kind, up to `maxItems`. `complete` is false where there are more. */
export async function listWhole(
  api: ApiClient,
  resource: ApiResource,
  request: Omit<ListRequest, 'limit' | 'continueToken'>,
  maxItems: number,
): Promise<{ readonly items: readonly unknown[]; readonly complete: boolean }> {
  const items: unknown[] = [];
  let continueToken: string | undefined;
  do {
    const page = await listRaw(api, resource, { ...request, limit: wholePageLimit, continueToken });
    items.push(...page.items);
    continueToken = page.continueToken;
  } while (continueToken !== undefined && items.length < maxItems);
  return { items, complete: continueToken === undefined };
}
