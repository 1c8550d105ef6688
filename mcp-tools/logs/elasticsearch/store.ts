import { UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import { headersFrom } from '../../back-ends/authorization.ts';
import { createJsonBackEnd } from '../../back-ends/json-back-end.ts';
import type { TimeWindow } from '../../back-ends/window.ts';
import { nearestWords } from '../../kubernetes/did-you-mean.ts';
import { workloadOfPod } from '../../prometheus/label-spellings.ts';
import { levelOfWord } from '../level.ts';
import { parseLogLine } from '../log-line.ts';
import { defaultLogStoreLimits, type LogStore, type LogStoreOptions, type StoreRead } from '../log-store.ts';
import { readBackward, type StoredLine } from '../read-backward.ts';
import { type ElasticCall, elasticCall, type Hit } from './client.ts';
import { comparable, type Fields, type Source, textOf, timeField } from './fields.ts';
import { type Clause, clausesOf, emitterClauses } from './query.ts';

const pageLines = 5_000;

function emitterOf(source: Source, asked: Emitter): Emitter {
  const pod = textOf(source, 'pod');
  const workload = textOf(source, 'workload') ?? (pod === undefined ? undefined : workloadOfPod(pod));
  const said = {
    namespace: textOf(source, 'namespace'),
    service: asked.service ?? textOf(source, 'service'),
    workload: asked.workload ?? workload,
    pod,
    container: textOf(source, 'container'),
    node: textOf(source, 'node'),
    version: textOf(source, 'version'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function storedLine({ index, id, atMs, source }: Hit, asked: Emitter): StoredLine {
  const message = textOf(source, 'message') ?? JSON.stringify(source);
  const level = levelOfWord(textOf(source, 'level')) ?? parseLogLine(message).level;
  const line: LogLine = {
    at: fromMs(atMs),
    emitter: emitterOf(source, asked),
    ...(level === undefined ? {} : { level }),
    message,
    previous: false,
  };
  return { at: BigInt(atMs), key: `${index} ${id}`, line };
}

/** Fields that were compared by their words alone are compared again, word for word. */
function isAsked(
  line: LogLine,
  read: { readonly emitter: Emitter; readonly contains?: string | undefined },
): boolean {
  const { contains, emitter } = read;
  const fields = ['namespace', 'pod', 'container', 'node', 'version'] as const;
  const isSame = fields.every((field) => {
    const said = line.emitter[field];
    return emitter[field] === undefined || said === undefined || said === emitter[field];
  });
  return isSame && (contains === undefined || line.message.toLowerCase().includes(contains.toLowerCase()));
}

type Reading = TimeWindow & {
  readonly mostLines: number;
  readonly emitter: Emitter;
  readonly contains?: string | undefined;
};

async function readLines(elastic: ElasticCall, clauses: readonly Clause[], field: string, read: Reading) {
  const gaps = new Set<string>();
  const { lines, truncated } = await readBackward(
    async (beforeAt, limit) => {
      const page = { ...read, timeField: field, beforeMs: Number(beforeAt), limit };
      const { hits, gaps: missing } = await elastic.search(clauses, page);
      for (const gap of missing) gaps.add(gap);
      return { lines: hits.map((hit) => storedLine(hit, read.emitter)), full: hits.length >= limit };
    },
    {
      endAt: BigInt(Math.ceil(read.toMs)) + 1n,
      mostLines: read.mostLines,
      pageLines: Math.min(pageLines, read.mostLines),
    },
  );
  const asked = lines.filter((line) => isAsked(line, read));
  return { lines: asked, truncated: truncated || gaps.size > 0, gaps: [...gaps] };
}

/** The field of time; where there is none no index fits the pattern, or they hold no logs. */
function timeIn(fields: Fields, index: string): string {
  const field = timeField(fields);
  if (field !== undefined) return field;
  const what = `no index that fits "${index}" has a field of time such as @timestamp`;
  throw new UnderstudyError('configuration', `${what}; correct elasticsearch.index`);
}

/** Who there is, where nobody of the asked name spoke. */
async function emptyHint(
  elastic: ElasticCall,
  fields: Fields,
  { emitter }: StoreRead,
): Promise<string | undefined> {
  const name = emitter.service ?? emitter.workload;
  const field = comparable(fields, 'service').find(({ exact }) => exact)?.field;
  if (name === undefined || field === undefined) return undefined;
  const place =
    emitter.namespace === undefined ? [] : emitterClauses({ namespace: emitter.namespace }, fields);
  const known = await elastic.values(field, place);
  if (known.includes(name)) return undefined;
  const near = nearestWords(name, known);
  const meant =
    near.length > 0 ? `did you mean ${near.join(', ')}` : `there are ${known.slice(0, 20).join(', ')}`;
  return `the log store knows no "${name}"${known.length === 0 ? '' : `; ${meant}`}`;
}

async function readEmitter(elastic: ElasticCall, index: string, read: StoreRead) {
  const fields = await elastic.fields();
  const time = timeIn(fields, index);
  const found = await readLines(elastic, clausesOf(read, fields), time, read);
  if (found.lines.length > 0 || read.contains !== undefined) return found;
  const hint = await emptyHint(elastic, fields, read);
  return hint === undefined ? found : { ...found, hint };
}

async function runQuery(
  elastic: ElasticCall,
  index: string,
  query: string,
  read: TimeWindow & { mostLines: number },
) {
  const time = timeIn(await elastic.fields(), index);
  return readLines(elastic, [{ query_string: { query } }], time, { ...read, emitter: {} });
}

/**
 * Logs behind the search API of Elasticsearch or OpenSearch.
 * @param options.index names and patterns of the indices, with commas between
 */
export function openElasticsearch(options: LogStoreOptions & { readonly index: string }): LogStore {
  const limits = { ...defaultLogStoreLimits, ...options.limits };
  const { index } = options;
  const backEnd = createJsonBackEnd({
    name: 'Elasticsearch',
    url: options.url,
    budget: limits,
    headers: headersFrom(options.authorizationFile),
    plainFailures: true,
  });
  const during = async <Value>(
    window: TimeWindow,
    signal: AbortSignal,
    work: (elastic: ElasticCall) => Promise<Value>,
  ): Promise<Value> => {
    if (window.toMs - window.fromMs > limits.maxRangeMs) {
      const hours = limits.maxRangeMs / 3_600_000;
      throw new UnderstudyError('too-large', `Elasticsearch is asked for at most ${hours} hours at once`);
    }
    const call = backEnd.startCall(signal);
    try {
      return await work(elasticCall(call, { where: backEnd.where, index, timeoutMs: limits.timeoutMs }));
    } finally {
      options.recordCost?.(call.cost);
    }
  };
  return {
    name: 'Elasticsearch',
    read: (read, signal) => during(read, signal, (elastic) => readEmitter(elastic, index, read)),
    query: (query, read, signal) => during(read, signal, (elastic) => runQuery(elastic, index, query, read)),
  };
}
