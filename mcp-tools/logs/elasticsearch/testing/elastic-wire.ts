import { z } from 'zod';
import {
  startWire,
  type WireAnswer,
  type WireRequest,
  type WireServer,
} from '../../../back-ends/testing/wire-server.ts';

/**
 * The search API of Elasticsearch at the wire, for tests, written after Elastic's and OpenSearch's documentation: `_field_caps`,
 * `_search` with the clauses that are used here, sorting and `search_after`, failures in its form.
 */
export type KeptDocument = { readonly id: string; readonly source: Readonly<Record<string, unknown>> };
export type ElasticWireOptions = {
  /** Field → type. */
  readonly mapping: Readonly<Record<string, string>>;
  readonly authorization?: string;
  readonly failedShards?: number;
};

type Clause = Readonly<Record<string, unknown>>;
const clauseSchema = z.record(z.string(), z.unknown());
const fieldsSchema = z.record(z.string(), z.unknown());

/** Values of a field, `.keyword` being the same field word for word; dots are part of names here. */
function heldAs(document: KeptDocument, field: string): string {
  const value = document.source[field] ?? document.source[field.replace(/\.keyword$/, '')];
  return value === undefined ? '' : String(value);
}

/** What the standard analyzer makes of a text, near enough. */
const analyzed = new Map<string, readonly string[]>();

function wordsIn(text: string): readonly string[] {
  const known = analyzed.get(text) ?? text.toLowerCase().match(/[\p{L}\p{N}_.]+/gu) ?? [];
  analyzed.set(text, known);
  return known;
}

function oneField(clause: unknown): {
  readonly field: string;
  readonly operand: Readonly<Record<string, unknown>>;
} {
  const [[field, raw] = ['', {}]] = Object.entries(fieldsSchema.parse(clause));
  const parsed = fieldsSchema.safeParse(raw);
  return { field, operand: parsed.success ? parsed.data : { value: raw } };
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i');
}

type Fits = (document: KeptDocument) => boolean;
/** Reads a clause once, and answers what fits it. */
type Compile = (operand: unknown, options: ElasticWireOptions) => Fits;

const compilers: Readonly<Record<string, Compile>> = {
  bool: (operand, options) => {
    const { filter, should, must_not } = z
      .object({
        filter: z.array(clauseSchema).default([]),
        should: z.array(clauseSchema).optional(),
        must_not: z.array(clauseSchema).default([]),
      })
      .loose()
      .parse(operand);
    const all = filter.map((clause) => compiled(clause, options));
    const some = should?.map((clause) => compiled(clause, options));
    const none = must_not.map((clause) => compiled(clause, options));
    return (document) =>
      all.every((fits) => fits(document)) &&
      (some?.some((fits) => fits(document)) ?? true) &&
      !none.some((fits) => fits(document));
  },
  term: (operand) => {
    const { field, operand: wanted } = oneField(operand);
    return (document) => heldAs(document, field) === String(wanted.value);
  },
  terms: (operand) => {
    const parsed = z.record(z.string(), z.array(z.string())).parse(operand);
    const [[field, wanted] = ['', []]] = Object.entries(parsed);
    return (document) => wanted.includes(heldAs(document, field));
  },
  exists: (operand) => {
    const { field } = z.object({ field: z.string() }).parse(operand);
    return (document) => heldAs(document, field) !== '';
  },
  match_phrase: (operand) => {
    const { field, operand: wanted } = oneField(operand);
    const phrase = ` ${wordsIn(String(wanted.value)).join(' ')} `;
    return (document) => ` ${wordsIn(heldAs(document, field)).join(' ')} `.includes(phrase);
  },
  match: (operand) => {
    const { field, operand: wanted } = oneField(operand);
    const any = wordsIn(String(wanted.query));
    return (document) => wordsIn(heldAs(document, field)).some((word) => any.includes(word));
  },
  regexp: (operand) => {
    const { field, operand: wanted } = oneField(operand);
    const pattern = String(wanted.value);
    // Lucene's patterns have no groups that do not capture, and nothing lazy.
    if (/\(\?|[+*]\?/.test(pattern)) throw new Error(`failed to parse regexp ${pattern}`);
    const whole = new RegExp(`^(?:${pattern})$`);
    return (document) => whole.test(heldAs(document, field));
  },
  wildcard: (operand, { mapping }) => {
    const { field, operand: wanted } = oneField(operand);
    const pattern = wildcard(String(wanted.value));
    const isText = /text$/.test(mapping[field] ?? '');
    return (document) => {
      const value = heldAs(document, field);
      return isText ? wordsIn(value).some((word) => pattern.test(word)) : pattern.test(value);
    };
  },
  query_string: (operand) => {
    const { query } = z.object({ query: z.string() }).parse(operand);
    const [, field = '', value = ''] = /^([\w.]+):(\w+)$/.exec(query) ?? [];
    if (field === '') throw new Error(`Failed to parse query [${query}]`);
    return (document) => wordsIn(heldAs(document, field)).includes(value.toLowerCase());
  },
  range: (operand) => {
    const { field, operand: wanted } = oneField(operand);
    const [from, to] = [Number(wanted.gte), Number(wanted.lte)];
    return (document) => {
      const ms = Date.parse(heldAs(document, field));
      return ms >= from && ms <= to;
    };
  },
};

function compiled(clause: Clause, options: ElasticWireOptions): Fits {
  const [[name, operand] = ['', undefined]] = Object.entries(clause);
  const compile = compilers[name];
  if (compile === undefined) throw new Error(`unknown query [${name}]`);
  return compile(operand, options);
}

const searchSchema = z.object({
  size: z.int(),
  query: clauseSchema,
  sort: z.array(z.record(z.string(), z.unknown())).default([]),
  search_after: z.array(z.number()).default([]),
  aggs: z.object({ values: z.object({ terms: z.object({ field: z.string() }) }) }).optional(),
});

function failure(status: number, type: string, reason: string): WireAnswer {
  return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } };
}

function search(
  { body }: WireRequest,
  kept: readonly KeptDocument[],
  options: ElasticWireOptions,
): WireAnswer {
  const { size, query, sort, search_after: after, aggs } = searchSchema.parse(JSON.parse(body));
  if (size > 10_000) return failure(400, 'illegal_argument_exception', 'Result window is too large');
  const timeField = Object.keys(sort[0] ?? {})[0] ?? '@timestamp';
  const found = kept.filter(compiled(query, options));
  const buckets = [...new Set(found.map((one) => heldAs(one, aggs?.values.terms.field ?? '')))].map(
    (key) => ({ key }),
  );
  const hits = found
    .map((document) => ({ document, ms: Date.parse(heldAs(document, timeField)) }))
    .filter(({ ms }) => after[0] === undefined || ms < after[0])
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, size)
    .map(({ document, ms }) => ({
      _index: 'logs-1',
      _id: document.id,
      _source: document.source,
      sort: [ms],
    }));
  const failed = options.failedShards ?? 0;
  return {
    body: {
      ...{ timed_out: false, _shards: { total: 5, failed }, hits: { hits } },
      ...(aggs === undefined ? {} : { aggregations: { values: { buckets } } }),
    },
  };
}

export function startElasticWire(
  kept: readonly KeptDocument[],
  options: ElasticWireOptions,
): Promise<WireServer> {
  return startWire((request) => {
    if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      return failure(401, 'security_exception', 'missing authentication credentials for REST request');
    }
    if (request.target.length > 4_096 - 'GET  HTTP/1.1'.length) {
      return failure(400, 'too_long_http_line_exception', 'An HTTP line is larger than 4096 bytes.');
    }
    if (request.path.startsWith('/missing/'))
      return failure(404, 'index_not_found_exception', 'no such index [missing]');
    if (request.path.endsWith('/_field_caps')) {
      const asked = (request.parameters.get('fields') ?? '').split(',');
      const fields = Object.entries(options.mapping)
        .filter(([name]) => asked.includes(name))
        .map(([name, type]) => [name, { [type]: { type, searchable: true } }]);
      return { body: { indices: ['logs-1'], fields: Object.fromEntries(fields) } };
    }
    try {
      return search(request, kept, options);
    } catch (error) {
      return failure(400, 'parsing_exception', error instanceof Error ? error.message : String(error));
    }
  });
}
