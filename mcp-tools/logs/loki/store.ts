import { UnderstudyError } from '#domain/errors.ts';
import { fromMs } from '#domain/time.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { LogLine } from '#domain/tools/logs.ts';
import { headersFrom } from '../../back-ends/authorization.ts';
import { createJsonBackEnd } from '../../back-ends/json-back-end.ts';
import type { TimeWindow } from '../../back-ends/window.ts';
import { levelOfWord } from '../level.ts';
import { parseLogLine } from '../log-line.ts';
import {
  defaultLogStoreLimits,
  graveWords,
  type LogStore,
  type LogStoreOptions,
  type StoreRead,
} from '../log-store.ts';
import { readBackward, type StoredLine } from '../read-backward.ts';
import { type LokiCall, type LokiEntry, lokiCall } from './client.ts';
import { emitterOfStream, levelOfStream, literal, quote } from './labels.ts';
import { selectorFor } from './selector.ts';

/** What Loki gives at once where nobody set it otherwise (`max_entries_limit_per_query`). */
const pageLines = 5_000;

function lineFilter(read: StoreRead): string {
  const words = read.graveOnly === true ? ` |~ ${quote(`(?i)(${graveWords.map(literal).join('|')})`)}` : '';
  return read.contains === undefined ? words : `${words} |~ ${quote(`(?i)${literal(read.contains)}`)}`;
}

function storedLine({ at, labels, line }: LokiEntry, asked: Emitter): StoredLine {
  const level = levelOfWord(levelOfStream(labels)) ?? parseLogLine(line).level;
  const logLine: LogLine = {
    at: fromMs(Number(at / 1_000_000n)),
    emitter: emitterOfStream(labels, asked),
    ...(level === undefined ? {} : { level }),
    message: line,
    previous: false,
  };
  return { at, key: `${JSON.stringify(labels)} ${line}`, line: logLine };
}

function readEntries(
  loki: LokiCall,
  query: string,
  asked: Emitter,
  read: TimeWindow & { mostLines: number },
) {
  const fromNs = BigInt(Math.floor(read.fromMs)) * 1_000_000n;
  // Loki's end is exclusive, ours is not.
  const endAt = BigInt(Math.ceil(read.toMs)) * 1_000_000n + 1n;
  return readBackward(
    async (toNs, limit) => {
      const { entries, full } = await loki.entries(query, { fromNs, toNs, limit });
      return { lines: entries.map((entry) => storedLine(entry, asked)), full };
    },
    { endAt, mostLines: read.mostLines, pageLines: Math.min(pageLines, read.mostLines) },
  );
}

async function readEmitter(loki: LokiCall, read: StoreRead) {
  const selection = await selectorFor(read.emitter, read.cluster, {
    labels: async () => new Set((await loki.labels(read)).filter((label) => !label.startsWith('__'))),
    values: (label, within) => loki.values(label, within, read),
  });
  if ('hint' in selection) return { lines: [], truncated: false, gaps: [], hint: selection.hint };
  const query = `${selection.selector}${lineFilter(read)}`;
  return { ...(await readEntries(loki, query, read.emitter, read)), gaps: [] };
}

/**
 * Logs behind Loki's query API.
 * @param options.url address without `/loki/api/v1`
 * @param options.tenant sent as `X-Scope-OrgID`
 */
export function openLoki(options: LogStoreOptions & { readonly tenant?: string | undefined }): LogStore {
  const limits = { ...defaultLogStoreLimits, ...options.limits };
  const { tenant } = options;
  const backEnd = createJsonBackEnd({
    name: 'Loki',
    url: options.url,
    budget: limits,
    headers: headersFrom(options.authorizationFile, tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    plainFailures: true,
  });
  const during = async <Value>(
    window: TimeWindow,
    signal: AbortSignal,
    work: (loki: LokiCall) => Promise<Value>,
  ): Promise<Value> => {
    if (window.toMs - window.fromMs > limits.maxRangeMs) {
      const hours = limits.maxRangeMs / 3_600_000;
      throw new UnderstudyError('too-large', `Loki is asked for at most ${hours} hours at once`);
    }
    const call = backEnd.startCall(signal);
    try {
      return await work(lokiCall(call, backEnd.where));
    } finally {
      options.recordCost?.(call.cost);
    }
  };
  return {
    name: 'Loki',
    read: (read, signal) => during(read, signal, (loki) => readEmitter(loki, read)),
    query: (query, read, signal) =>
      during(read, signal, async (loki) => ({ ...(await readEntries(loki, query, {}, read)), gaps: [] })),
  };
}
