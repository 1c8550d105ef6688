import pLimit from 'p-limit';
import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import { type CallCost, createJsonBackEnd } from '../back-ends/json-back-end.ts';

/**
 * Prometheus' HTTP API over `fetch` rather than `prometheus-query`: that library has no AbortSignal and no byte cap,
 * hands out unchecked `object`s and makes a Date and an object of every sample.
 */
export type PrometheusLimits = {
  /** For one tool call, all its queries together. */
  readonly timeoutMs: number;
  readonly maxQueries: number;
  readonly maxBytes: number;
  /** Queries of one call that are under way at once. */
  readonly concurrency: number;
  readonly maxRangeSeconds: number;
  /** Points that one series may have in a window; the step grows to keep to it. */
  readonly maxPoints: number;
};

export const defaultPrometheusLimits: PrometheusLimits = {
  timeoutMs: 10_000,
  maxQueries: 250,
  maxBytes: 32 * 1024 * 1024,
  concurrency: 4,
  maxRangeSeconds: 24 * 3600,
  maxPoints: 2_000,
};

export type Labels = Readonly<Record<string, string>>;
/** `[unix seconds, value]` */
export type Point = [number, number];
export type Sampled = { readonly labels: Labels; readonly points: readonly Point[] };

/** Unix seconds. */
export type TimeRange = { readonly start: number; readonly end: number; readonly stepSeconds: number };

const labelsSchema = z.record(z.string(), z.string());
const pairSchema = z.tuple([z.number(), z.string()]);
const vectorSchema = z.object({
  resultType: z.literal('vector'),
  result: z.array(z.object({ metric: labelsSchema, value: pairSchema })),
});
const matrixSchema = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labelsSchema, values: z.array(pairSchema) })),
});
const failureSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });
const successSchema = z.object({ status: z.literal('success'), data: z.unknown() });

type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** Queries of one tool call, under one deadline and one budget. */
export type PrometheusCall = {
  readonly cost: Readonly<CallCost>;
  readonly limits: PrometheusLimits;
  /** An endpoint under `/api/v1/`, its `data` checked. */
  readonly get: <Data extends z.ZodType>(
    path: string,
    parameters: Parameters,
    data: Data,
  ) => Promise<z.output<Data>>;
  /** Values of an expression at a moment. Samples that are not finite are left out. */
  readonly queryAt: (query: string, atSeconds: number) => Promise<readonly Sampled[]>;
  readonly queryRange: (query: string, range: TimeRange) => Promise<readonly Sampled[]>;
};

export type PrometheusClient = {
  /** @param signal the caller's; the call's own deadline is added to it */
  readonly startCall: (signal: AbortSignal) => PrometheusCall;
};

function finite(pairs: readonly (readonly [number, string])[]): Point[] {
  // Prometheus writes NaN, +Inf and -Inf as words.
  return pairs.flatMap(([at, text]): Point[] => {
    const value = Number(text);
    return Number.isFinite(value) ? [[at, value]] : [];
  });
}

/** Prometheus' own kinds of failure, by whose mistake they are. */
function failureOf(errorType: string, error: string, where: string): UnderstudyError {
  if (errorType === 'bad_data') return new UnderstudyError('bad-input', `Prometheus: ${error}`);
  if (errorType === 'timeout' || /timed out|context deadline/.test(error)) {
    return new UnderstudyError('timeout', `${where} gave up on the query (${error}); ask for less`);
  }
  if (/too many samples|maximum resolution/.test(error)) {
    return new UnderstudyError('too-large', `Prometheus: ${error}; ask for fewer series or a shorter window`);
  }
  const code = errorType === 'execution' ? 'bad-input' : 'unavailable';
  return new UnderstudyError(code, `${where} answered "${errorType}": ${error}`);
}

function dataOf<Data extends z.ZodType>(
  answer: { readonly status: number; readonly json: unknown },
  schema: Data,
  place: string,
  where: string,
): z.output<Data> {
  const failure = failureSchema.safeParse(answer.json);
  if (failure.success) throw failureOf(failure.data.errorType, failure.data.error, where);
  const success = successSchema.safeParse(answer.json);
  const parsed = schema.safeParse(success.data?.data);
  if (success.success && parsed.success && answer.status < 300) return parsed.data;
  const issue = parsed.error?.issues[0];
  const at = issue === undefined ? '' : ` (${issue.path.join('.') || 'data'}: ${issue.message})`;
  const what = `${where} answered ${answer.status} to ${place} in a form that is not Prometheus'${at}`;
  throw new UnderstudyError('unavailable', `${what}; is the address right?`, { cause: parsed.error });
}

/** @param options.url address of the server, without `/api/v1` */
export function createPrometheusClient(options: {
  readonly url: string;
  readonly limits: PrometheusLimits;
}): PrometheusClient {
  const { limits } = options;
  const backEnd = createJsonBackEnd({ name: 'Prometheus', url: options.url, budget: limits });

  const startCall = (signal: AbortSignal): PrometheusCall => {
    const call = backEnd.startCall(signal);
    const enter = pLimit(limits.concurrency);

    const ask = <Data extends z.ZodType>(
      place: string,
      parameters: Parameters,
      schema: Data,
      method: 'GET' | 'POST',
    ): Promise<z.output<Data>> =>
      enter(async () =>
        dataOf(
          await call.send({ path: `api/v1/${place}`, parameters, method }),
          schema,
          place,
          backEnd.where,
        ),
      );
    const timeout = `${Math.max(1, Math.floor(limits.timeoutMs / 1000))}s`;

    return {
      cost: call.cost,
      limits,
      get: (place, parameters, schema) => ask(place, parameters, schema, 'GET'),
      queryAt: async (query, atSeconds) => {
        const parameters = { query, timeout, time: atSeconds.toFixed(3) };
        const data = await ask('query', parameters, vectorSchema, 'POST');
        return data.result.map((one) => ({ labels: one.metric, points: finite([one.value]) }));
      },
      queryRange: async (query, range) => {
        const { start, end, stepSeconds } = range;
        const parameters = { query, timeout, start: `${start}`, end: `${end}`, step: `${stepSeconds}` };
        const data = await ask('query_range', parameters, matrixSchema, 'POST');
        return data.result.map((one) => ({ labels: one.metric, points: finite(one.values) }));
      },
    };
  };
  return { startCall };
}
