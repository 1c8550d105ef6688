import pLimit from 'p-limit';
import type { z } from 'zod';
import type { Span } from '#domain/tools/traces.ts';
import { headersFrom } from '../back-ends/authorization.ts';
import { createJsonBackEnd, type JsonCall } from '../back-ends/json-back-end.ts';
import { notOfThatKind, refusalOf } from '../back-ends/refusal.ts';
import { settled } from '../back-ends/settle.ts';
import {
  jaegerDependenciesSchema,
  jaegerFailureSchema,
  jaegerServicesSchema,
  jaegerTracesSchema,
  spansOfJaegerTrace,
} from './jaeger-form.ts';
import { isOwnService, namesOfService, unknownServiceHint } from './service-names.ts';
import {
  defaultTraceLimits,
  type TraceLimits,
  type TraceRequest,
  type TraceStore,
  type TraceStoreOptions,
  type TracesFound,
} from './trace-store.ts';

type Ask = <Schema extends z.ZodType>(
  path: string,
  parameters: Readonly<Record<string, string>>,
  schema: Schema,
) => Promise<z.output<Schema>>;

type Search = { readonly service: string; readonly more: Readonly<Record<string, string>> };
type Searched = { readonly traces: readonly Span[][]; readonly full: boolean };

function askWith(call: JsonCall, where: string, concurrency: number): Ask {
  const enter = pLimit(concurrency);
  return (path, parameters, schema) =>
    enter(async () => {
      const answer = await call.send({ path: `api/${path}`, parameters, method: 'GET' });
      const failure = jaegerFailureSchema.safeParse(answer.json);
      if (answer.status >= 300) throw refusalOf(where, answer, failure.data?.errors[0]?.msg);
      const parsed = schema.safeParse(answer.json);
      if (!parsed.success) throw notOfThatKind(where, 'Jaeger', parsed.error);
      return parsed.data;
    });
}

async function searchTraces(
  ask: Ask,
  { service, more }: Search,
  { fromMs, toMs }: TraceRequest,
  limit: number,
): Promise<Searched> {
  const window = { start: String(Math.floor(fromMs * 1_000)), end: String(Math.ceil(toMs * 1_000)) };
  const parameters = { service, ...window, limit: String(limit), ...more };
  const { data } = await ask('traces', parameters, jaegerTracesSchema);
  const traces = (data ?? []).map(spansOfJaegerTrace);
  return { traces, full: traces.length >= limit };
}

const failedOnly = { tags: JSON.stringify({ error: 'true' }) };

/** A duration that only the slower tenth exceeds, as the query API writes it. */
function slowerThan(traces: readonly (readonly Span[])[]): Readonly<Record<string, string>> | undefined {
  const durations = traces.map((trace) => Math.max(...trace.map(({ durationMs }) => durationMs)));
  const sorted = durations.toSorted((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length * 0.9)];
  return high === undefined ? undefined : { minDuration: `${Math.max(1, Math.floor(high * 1_000))}us` };
}

/**
 * Failed traces, any traces and slow ones of one service: a search brings the newest, and what is to be found may be older.
 */
async function searchService(
  ask: Ask,
  service: string,
  request: TraceRequest,
  limit: number,
): Promise<Searched[]> {
  const failed = searchTraces(ask, { service, more: failedOnly }, request, limit);
  if (request.onlyErrors) return [await failed];
  const any = searchTraces(ask, { service, more: {} }, request, limit);
  const [first, second] = await Promise.all([failed, any]);
  const slow = second.full ? slowerThan(second.traces) : undefined;
  if (slow === undefined) return [first, second];
  return [first, second, await searchTraces(ask, { service, more: slow }, request, limit)];
}

async function findTraces(ask: Ask, limits: TraceLimits, request: TraceRequest): Promise<TracesFound> {
  const { data } = await ask('services', {}, jaegerServicesSchema);
  const known = (data ?? []).toSorted();
  const { service } = request;
  const wanted =
    service === undefined ? known.filter((name) => !isOwnService(name)) : namesOfService(service, known);
  if (wanted.length === 0) {
    const hint = unknownServiceHint(service ?? '', known);
    return { traces: [], truncated: false, gaps: [], hint };
  }
  const looked = wanted.slice(0, limits.maxServices);
  const limit = Math.max(5, Math.floor(limits.tracesPerSearch / Math.ceil(looked.length / 3)));
  const results = await Promise.allSettled(looked.map((one) => searchService(ask, one, request, limit)));
  const { found, gaps } = settled(results);
  const searches = found.flat();
  const left = wanted.length - looked.length;
  return {
    traces: searches.flatMap(({ traces }) => traces),
    truncated: searches.some(({ full }) => full) || left > 0,
    gaps: [...gaps, ...(left === 0 ? [] : [`traces: ${left} more services were not looked at`])],
  };
}

/**
 * Traces behind Jaeger's query API (`/api/traces`), of Jaeger 1 and 2.
 * @param options.url where its UI is, with the base path if there is one
 */
export function openJaeger(options: TraceStoreOptions): TraceStore {
  const limits = { ...defaultTraceLimits, ...options.limits };
  const backEnd = createJsonBackEnd({
    name: 'Jaeger',
    url: options.url,
    budget: limits,
    headers: headersFrom(options.authorizationFile),
    plainFailures: true,
  });
  const during = async <Value>(signal: AbortSignal, work: (ask: Ask) => Promise<Value>): Promise<Value> => {
    const call = backEnd.startCall(signal);
    try {
      return await work(askWith(call, backEnd.where, limits.concurrency));
    } finally {
      options.recordCost?.(call.cost);
    }
  };
  return {
    find: (request, signal) => during(signal, (ask) => findTraces(ask, limits, request)),
    edges: ({ fromMs, toMs }, signal) =>
      during(signal, async (ask) => {
        const parameters = { endTs: String(Math.ceil(toMs)), lookback: String(Math.ceil(toMs - fromMs)) };
        const { data } = await ask('dependencies', parameters, jaegerDependenciesSchema);
        return (data ?? [])
          .filter(({ parent, child }) => parent !== child)
          .map(({ parent, child }) => ({ from: parent, to: child, source: 'traces' }));
      }),
  };
}
