import { parser } from '@grafana/lezer-logql';
import {
  startWire,
  type WireAnswer,
  type WireRequest,
  type WireServer,
} from '../../../back-ends/testing/wire-server.ts';

/**
 * Loki's query API at the wire, for tests: there is no Loki to be had under a licence that this project may build with.
 * Written after Grafana's documentation of the HTTP API (`labels`, `label/<name>/values`, `query_range`), with its limits,
 * its exclusive end, its order of streams and its failures in plain text.
 */
export type KeptEntry = {
  readonly labels: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch. */
  readonly at: bigint;
  readonly line: string;
};

export type LokiWireOptions = {
  readonly tenant?: string;
  /** Default 5000, Loki's own. */
  readonly maxEntries?: number;
};

type Matcher = { readonly label: string; readonly operator: string; readonly value: string };
type Query = { readonly matchers: readonly Matcher[]; readonly filters: readonly RegExp[] };

const matcherPattern = /([a-z_][a-z0-9_]*)(=~|!~|!=|=)("(?:[^"\\]|\\.)*")/gi;
const filterPattern = /\|~\s*("(?:[^"\\]|\\.)*")/g;

/** RE2's leading `(?i)` is a flag in JavaScript. */
function pattern(text: string): RegExp {
  return text.startsWith('(?i)') ? new RegExp(text.slice(4), 'i') : new RegExp(text);
}

/** By Grafana's own grammar of LogQL. */
function isLogQl(text: string): boolean {
  let isWell = true;
  parser.parse(text).iterate({
    enter: ({ type }) => {
      isWell &&= !type.isError;
    },
  });
  return isWell;
}

function parse(text: string): Query | undefined {
  if (!isLogQl(text)) return undefined;
  const selector = /^\s*\{([^{}]*(?:"(?:[^"\\]|\\.)*"[^{}]*)*)\}/.exec(text);
  if (selector === null) return undefined;
  const rest = text.slice(selector[0].length);
  if (rest.replace(filterPattern, '').trim() !== '') return undefined;
  const matchers = [...(selector[1] ?? '').matchAll(matcherPattern)].map(
    ([, label = '', operator = '', value = '""']) => ({ label, operator, value: String(JSON.parse(value)) }),
  );
  const filters = [...rest.matchAll(filterPattern)].map(([, quoted = '""']) =>
    pattern(String(JSON.parse(quoted))),
  );
  return { matchers, filters };
}

function fits({ labels, line }: KeptEntry, { matchers, filters }: Query): boolean {
  return (
    matchers.every(({ label, operator, value }) => {
      const said = labels[label] ?? '';
      const same = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(said) : said === value;
      return operator.startsWith('!') ? !same : same;
    }) && filters.every((filter) => filter.test(line))
  );
}

function queryRange(parameters: URLSearchParams, kept: readonly KeptEntry[], maxEntries: number): WireAnswer {
  const query = parse(parameters.get('query') ?? '');
  if (query === undefined)
    return { status: 400, body: 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER' };
  if (!query.matchers.some(({ operator, value }) => operator === '=' && value !== '')) {
    const text =
      'queries require at least one regexp or equality matcher that does not have an empty-compatible value';
    return { status: 400, body: `parse error : ${text}` };
  }
  const limit = Number(parameters.get('limit') ?? 100);
  if (limit > maxEntries) {
    return {
      status: 400,
      body: `max entries limit per query exceeded, limit > max_entries_limit_per_query (${limit} > ${maxEntries})`,
    };
  }
  const start = BigInt(parameters.get('start') ?? 0);
  const end = BigInt(parameters.get('end') ?? 0);
  const found = kept
    .filter((entry) => entry.at >= start && entry.at < end && fits(entry, query))
    .toSorted((a, b) => (a.at > b.at ? -1 : a.at < b.at ? 1 : 0))
    .slice(0, limit);
  const streams = Map.groupBy(found, ({ labels }) => JSON.stringify(labels));
  const result = [...streams.values()].map((entries) => ({
    stream: entries[0]?.labels,
    values: entries.map(({ at, line }) => [String(at), line]),
  }));
  return { body: { status: 'success', data: { resultType: 'streams', result, stats: {} } } };
}

function labelValues({ path, parameters }: WireRequest, kept: readonly KeptEntry[]): WireAnswer {
  const label = decodeURIComponent(path.split('/').at(-2) ?? '');
  const text = parameters.get('query');
  const query = text === null ? { matchers: [], filters: [] } : parse(text);
  if (query === undefined) return { status: 400, body: 'parse error' };
  const values = kept.filter((entry) => fits(entry, query)).flatMap(({ labels }) => labels[label] ?? []);
  return { body: { status: 'success', data: [...new Set(values)].sort() } };
}

export function startLokiWire(
  kept: readonly KeptEntry[],
  options: LokiWireOptions = {},
): Promise<WireServer> {
  return startWire((request) => {
    const { path, parameters, headers } = request;
    if (options.tenant !== undefined && headers['x-scope-orgid'] !== options.tenant) {
      return { status: 401, body: 'no org id\n' };
    }
    if (path === '/loki/api/v1/labels') {
      const labels = [...new Set(kept.flatMap((entry) => Object.keys(entry.labels)))].sort();
      return { body: { status: 'success', data: labels.length === 0 ? undefined : labels } };
    }
    if (path === '/loki/api/v1/query_range') return queryRange(parameters, kept, options.maxEntries ?? 5_000);
    if (path.endsWith('/values')) return labelValues(request, kept);
    return { status: 404, body: '404 page not found\n' };
  });
}
