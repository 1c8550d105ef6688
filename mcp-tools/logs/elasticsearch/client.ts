import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { JsonAnswer, JsonCall } from '../../back-ends/json-back-end.ts';
import { notOfThatKind, refusalOf } from '../../back-ends/refusal.ts';
import type { TimeWindow } from '../../back-ends/window.ts';
import { allNames, type Fields, fieldCapsSchema, fieldsOf, type Source } from './fields.ts';
import type { Clause } from './query.ts';

export type Hit = {
  readonly index: string;
  readonly id: string;
  readonly atMs: number;
  readonly source: Source;
};
export type Hits = { readonly hits: readonly Hit[]; readonly gaps: readonly string[] };

/** The search API of Elasticsearch and OpenSearch, as far as both have it alike. */
export type ElasticCall = {
  readonly fields: () => Promise<Fields>;
  /** The newest documents of a window before a moment, newest first. */
  readonly search: (
    clauses: readonly Clause[],
    page: TimeWindow & { readonly timeField: string; readonly beforeMs: number; readonly limit: number },
  ) => Promise<Hits>;
  /** The most frequent values of a field in a window. */
  readonly values: (field: string, clauses: readonly Clause[]) => Promise<readonly string[]>;
};

const failureSchema = z.object({
  error: z.union([
    z.string(),
    z.looseObject({
      type: z.string().optional(),
      reason: z.string().nullish(),
      root_cause: z
        .array(z.looseObject({ type: z.string().optional(), reason: z.string().nullish() }))
        .optional(),
    }),
  ]),
});
const searchSchema = z.object({
  timed_out: z.boolean().default(false),
  _shards: z.object({ failed: z.int().default(0), total: z.int().default(0) }).prefault({}),
  hits: z.object({
    hits: z.array(
      z.object({
        _index: z.string(),
        _id: z.string(),
        _source: z.record(z.string(), z.unknown()).default({}),
        sort: z.array(z.union([z.number(), z.string()])).min(1),
      }),
    ),
  }),
});
const valuesSchema = z.object({
  aggregations: z
    .object({ values: z.object({ buckets: z.array(z.object({ key: z.union([z.string(), z.number()]) })) }) })
    .optional(),
});

/** Names in one request: Elasticsearch refuses a URL of more than 4 KiB. */
const namesAtOnce = 60;

const everyIndex = { ignore_unavailable: 'true', allow_no_indices: 'true', expand_wildcards: 'open' };

function failureOf(where: string, answer: JsonAnswer, index: string): UnderstudyError {
  const error = failureSchema.safeParse(answer.json).data?.error;
  const cause = typeof error === 'string' ? { reason: error } : (error?.root_cause?.[0] ?? error);
  const refusal = refusalOf(where, answer, cause?.reason ?? answer.text);
  if (cause?.type === 'index_not_found_exception') {
    const mend = `it has no index "${index}"; correct elasticsearch.index`;
    return new UnderstudyError('configuration', `${refusal.message}; ${mend}`);
  }
  const isTooMuch = /circuit_breaking|too_many|too large/i.test(`${cause?.type} ${cause?.reason}`);
  return isTooMuch ? new UnderstudyError('too-large', `${refusal.message}; ask for less`) : refusal;
}

function gapsOf({ timed_out, _shards }: z.output<typeof searchSchema>, where: string): string[] {
  return [
    ...(timed_out ? [`logs: ${where} ran out of time and gave a part`] : []),
    ...(_shards.failed > 0 ? [`logs: ${_shards.failed} of ${_shards.total} shards of ${where} failed`] : []),
  ];
}

function within(timeField: string, { fromMs, toMs }: TimeWindow): Clause {
  const format = 'epoch_millis';
  return { range: { [timeField]: { gte: Math.floor(fromMs), lte: Math.ceil(toMs), format } } };
}

export function elasticCall(
  call: JsonCall,
  options: { readonly where: string; readonly index: string; readonly timeoutMs: number },
): ElasticCall {
  const { where, index } = options;
  const path = encodeURIComponent(index).replaceAll('%2C', ',').replaceAll('%2A', '*');
  const ask = async <Schema extends z.ZodType>(
    request: {
      readonly path: string;
      readonly parameters: Readonly<Record<string, string>>;
      readonly body?: unknown;
    },
    schema: Schema,
  ): Promise<z.output<Schema>> => {
    const method = request.body === undefined ? 'GET' : 'POST';
    const answer = await call.send({ ...request, method });
    if (answer.status >= 300) throw failureOf(where, answer, index);
    const parsed = schema.safeParse(answer.json);
    if (!parsed.success) throw notOfThatKind(where, 'Elasticsearch', parsed.error);
    return parsed.data;
  };
  const seconds = `${Math.max(1, Math.floor(options.timeoutMs / 2_000))}s`;
  const search = { path: `${path}/_search`, parameters: everyIndex };

  return {
    fields: async () => {
      const names = [...allNames, ...allNames.map((name) => `${name}.keyword`)];
      const parts = Array.from({ length: Math.ceil(names.length / namesAtOnce) }, (_, index) =>
        names.slice(index * namesAtOnce, (index + 1) * namesAtOnce),
      );
      const answers = await Promise.all(
        parts.map((part) => {
          const parameters = { ...everyIndex, fields: part.join(',') };
          return ask({ path: `${path}/_field_caps`, parameters }, fieldCapsSchema);
        }),
      );
      return new Map(answers.flatMap((answer) => [...fieldsOf(answer)]));
    },
    search: async (clauses, { timeField, beforeMs, limit, ...window }) => {
      const body = {
        size: limit,
        timeout: seconds,
        track_total_hits: false,
        query: { bool: { filter: [within(timeField, window), ...clauses] } },
        // In milliseconds, whatever the indices keep: numbers of nanoseconds do not fit into JSON's.
        sort: [{ [timeField]: { order: 'desc', unmapped_type: 'date', numeric_type: 'date' } }],
        search_after: [beforeMs],
        _source: allNames,
      };
      const answer = await ask({ ...search, body }, searchSchema);
      const hits = answer.hits.hits.map(({ _index, _id, _source, sort: [at] }) => ({
        ...{ index: _index, id: _id, source: _source },
        atMs: Number(at),
      }));
      return { hits, gaps: gapsOf(answer, where) };
    },
    values: async (field, clauses) => {
      const values = { terms: { field, size: 100 } };
      const body = { size: 0, timeout: seconds, query: { bool: { filter: clauses } }, aggs: { values } };
      const { aggregations } = await ask({ ...search, body }, valuesSchema);
      return (aggregations?.values.buckets ?? []).map(({ key }) => String(key));
    },
  };
}
