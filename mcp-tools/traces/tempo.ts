import pLimit from 'p-limit';
import { z } from 'zod';
import type { Span } from '#domain/tools/traces.ts';
import { headersFrom } from '../back-ends/authorization.ts';
import { createJsonBackEnd, type JsonCall } from '../back-ends/json-back-end.ts';
import { notOfThatKind, refusalOf } from '../back-ends/refusal.ts';
import { settled } from '../back-ends/settle.ts';
import { otlpTraceSchema, spansOfOtlpTrace } from './otlp-form.ts';
import { isOwnService, namesOfService, unknownServiceHint } from './service-names.ts';
import {
  defaultTraceLimits,
  type TraceLimits,
  type TraceRequest,
  type TraceStore,
  type TraceStoreOptions,
  type TracesFound,
} from './trace-store.ts';

const searchSchema = z.object({
  traces: z
    .array(
      z.object({
        traceID: z.string(),
        rootServiceName: z.string().default(''),
        durationMs: z.number().default(0),
      }),
    )
    .nullish(),
});
const namesSchema = z.object({ tagValues: z.array(z.object({ value: z.string() })).nullish() });
type Found = NonNullable<z.output<typeof searchSchema>['traces']>[number];

type Ask = <Schema extends z.ZodType>(
  path: string,
  parameters: Readonly<Record<string, string>>,
  schema: Schema,
) => Promise<z.output<Schema>>;

function askWith(call: JsonCall, where: string, concurrency: number): Ask {
  const enter = pLimit(concurrency);
  return (path, parameters, schema) =>
    enter(async () => {
      const answer = await call.send({ path: `api/${path}`, parameters, method: 'GET' });
      if (answer.status >= 300) throw refusalOf(where, answer);
      const parsed = schema.safeParse(answer.json);
      if (!parsed.success) throw notOfThatKind(where, 'Tempo', parsed.error);
      return parsed.data;
    });
}

/** TraceQL for spans of these services (of any, where there are none) that fit the other conditions. */
export function traceQl(services: readonly string[], conditions: readonly string[]): string {
  const names = services.map((name) => `resource.service.name = ${JSON.stringify(name)}`);
  const who = names.length > 1 ? [`(${names.join(' || ')})`] : names;
  const all = [...who, ...conditions];
  return all.length === 0 ? '{ }' : `{ ${all.join(' && ')} }`;
}

/** Beside the failed and the slow ones some as they usually are: without them nobody knows what slow is. */
const ordinaryShare = 0.25;

function chosen(failed: readonly Found[], any: readonly Found[], most: number): Found[] {
  const slow = any.toSorted((a, b) => b.durationMs - a.durationMs);
  const ordinary = Math.floor(most * ordinaryShare);
  const first = new Map([...failed.slice(0, Math.floor(most / 2)), ...slow].map((one) => [one.traceID, one]));
  const kept = [...first.values()].slice(0, most - ordinary);
  const usual = slow.toReversed().filter((one) => !kept.includes(one));
  return [...kept, ...usual.slice(0, ordinary)];
}

async function servicesKnown(ask: Ask, seconds: Readonly<Record<string, string>>): Promise<string[]> {
  const { tagValues } = await ask('v2/search/tag/resource.service.name/values', seconds, namesSchema);
  return (tagValues ?? []).map(({ value }) => value).toSorted();
}

async function findTraces(ask: Ask, limits: TraceLimits, request: TraceRequest): Promise<TracesFound> {
  const { service, onlyErrors } = request;
  const seconds = {
    start: String(Math.floor(request.fromMs / 1_000)),
    end: String(Math.ceil(request.toMs / 1_000)),
  };
  const known = service === undefined ? [] : await servicesKnown(ask, seconds);
  const names = service === undefined ? [] : namesOfService(service, known);
  if (service !== undefined && names.length === 0) {
    return { traces: [], truncated: false, gaps: [], hint: unknownServiceHint(service, known) };
  }
  const limit = limits.tracesPerSearch * 2;
  const search = async (...conditions: readonly string[]): Promise<Found[]> => {
    const parameters = { q: traceQl(names, conditions), ...seconds, limit: String(limit) };
    const { traces } = await ask('search', parameters, searchSchema);
    return (traces ?? []).filter(({ rootServiceName }) => !isOwnService(rootServiceName));
  };
  const [failed, any] = await Promise.all([search('status = error'), onlyErrors ? [] : search()]);
  const distinct = new Set([...failed, ...any].map(({ traceID }) => traceID)).size;
  const wanted = chosen(failed, any, limits.tracesPerSearch);
  const results = await Promise.allSettled(
    wanted.map(({ traceID }) => ask(`traces/${encodeURIComponent(traceID)}`, seconds, otlpTraceSchema)),
  );
  const { found, gaps } = settled(results);
  return {
    traces: found.map((trace): readonly Span[] => spansOfOtlpTrace(trace)),
    truncated: failed.length >= limit || any.length >= limit || wanted.length < distinct,
    gaps,
  };
}

/**
 * Traces behind Tempo's query API (`/api/search` with TraceQL, `/api/traces/{id}`).
 * @param options.tenant of a Tempo with more than one, sent as `X-Scope-OrgID`
 */
export function openTempo(options: TraceStoreOptions & { readonly tenant?: string | undefined }): TraceStore {
  const limits = { ...defaultTraceLimits, ...options.limits };
  const { tenant } = options;
  const backEnd = createJsonBackEnd({
    name: 'Tempo',
    url: options.url,
    budget: limits,
    headers: headersFrom(options.authorizationFile, {
      accept: 'application/json',
      ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    }),
    plainFailures: true,
  });
  return {
    find: async (request, signal) => {
      const call = backEnd.startCall(signal);
      try {
        return await findTraces(askWith(call, backEnd.where, limits.concurrency), limits, request);
      } finally {
        options.recordCost?.(call.cost);
      }
    },
  };
}
