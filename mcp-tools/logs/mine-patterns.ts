import type { Emitter } from '#domain/tools/emitter.ts';
import type { LogLine, LogPattern } from '#domain/tools/logs.ts';
import { msOfInstant } from './instants.ts';
import { levelRank } from './level.ts';
import { type LineLayout, learnLayout } from './line-layout.ts';
import { type ParsedLine, parseLogLine } from './log-line.ts';
import { createRecordJoiner, exceptionOf, type RecordJoiner } from './log-record.ts';
import { beginTally, countInBaseline, countInWindow, mergeTallies, type Tally } from './pattern-tally.ts';
import { createTemplateMiner, type TemplateMiner } from './template-miner.ts';

/** The window that is looked at and, where one is given, a quiet one of equal length. Milliseconds since the epoch. */
export type Windows = {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly baseline: { readonly fromMs: number; readonly toMs: number } | undefined;
};

export type MinLevel = 'any' | 'warning' | 'error';

type Side = 'window' | 'baseline' | 'neither';

/** A line and what goes on with it. */
type LogRecord = {
  readonly line: LogLine;
  readonly side: Side;
  readonly parsed: ParsedLine;
  readonly trace: string[];
};

/** The log of one container of one pod, in the order in which it was written. */
type Source = {
  readonly joiner: RecordJoiner;
  /** The record that further lines may go on with. */
  last: LogRecord | undefined;
  /** When it begins, as far as it was read. */
  beginsMs: number | undefined;
};

/** Lines of one workload's container: one log, however many pods wrote it. */
type Stream = {
  readonly emitter: Emitter;
  readonly miner: TemplateMiner<Tally>;
  readonly sources: Map<string, Source>;
  /** The first records, until the layout is learned from them. */
  first: LogRecord[];
  layout: LineLayout | undefined;
  /** Records of the window. */
  records: number;
};

/** Records from which the layout of a log is learned. */
const layoutRecords = 400;

function streamKey({ namespace, workload, service, pod, container }: Emitter): string {
  return `${namespace}|${workload ?? pod ?? service}|${container}`;
}

function sourceKey({ emitter, previous }: LogLine): string {
  return `${emitter.pod}|${emitter.container}|${previous}`;
}

/** The part of an emitter that all pods of a workload share. */
function sharedEmitter(emitter: Emitter): Emitter {
  const { pod, node: _node, version: _version, ...shared } = emitter;
  return emitter.workload === undefined && pod !== undefined ? { ...shared, pod } : shared;
}

function sideOf(ms: number | undefined, windows: Windows): Side {
  if (ms === undefined) return 'window';
  const { baseline } = windows;
  if (baseline !== undefined && ms >= baseline.fromMs && ms < baseline.toMs) return 'baseline';
  const inside =
    (windows.fromMs === undefined || ms >= windows.fromMs) &&
    (windows.toMs === undefined || ms <= windows.toMs);
  return inside ? 'window' : 'neither';
}

function beginStream(emitter: Emitter): Stream {
  return {
    emitter: sharedEmitter(emitter),
    miner: createTemplateMiner({ begin: beginTally, merge: mergeTallies }),
    sources: new Map(),
    first: [],
    layout: undefined,
    records: 0,
  };
}

function learn(stream: Stream, { line, side, parsed, trace }: LogRecord): void {
  const exception = exceptionOf(trace.length > 0 ? trace : (parsed.stack?.split('\n') ?? []));
  const from = parsed.isStructured ? 0 : (stream.layout?.messageAt(parsed.text) ?? 0);
  const isNamed = exception === undefined || parsed.text.includes(exception);
  const tally = stream.miner.learn(isNamed ? parsed.text : `${parsed.text} ${exception}`, from);
  if (side === 'baseline') {
    countInBaseline(tally, line);
    return;
  }
  stream.records += 1;
  countInWindow(
    tally,
    line,
    line.level ?? parsed.level ?? (exception === undefined ? undefined : 'error'),
    exception,
  );
}

function learnFirst(stream: Stream): void {
  const plain = stream.first.filter(({ parsed }) => !parsed.isStructured);
  stream.layout = learnLayout(plain.map(({ parsed }) => parsed.text));
  for (const record of stream.first) learn(stream, record);
  stream.first = [];
}

function take(stream: Stream, record: LogRecord | undefined): void {
  if (record === undefined || record.side === 'neither') return;
  if (stream.layout !== undefined) {
    learn(stream, record);
    return;
  }
  stream.first.push(record);
  if (stream.first.length >= layoutRecords) learnFirst(stream);
}

function sourceOf(stream: Stream, line: LogLine): Source {
  const key = sourceKey(line);
  const known = stream.sources.get(key);
  if (known !== undefined) return known;
  const source = { joiner: createRecordJoiner(), last: undefined, beginsMs: undefined };
  stream.sources.set(key, source);
  return source;
}

function read(
  { stream, source }: { readonly stream: Stream; readonly source: Source },
  line: LogLine,
  parsed: ParsedLine | undefined,
  windows: Windows,
): void {
  const ms = line.at === undefined ? undefined : msOfInstant(line.at);
  if (ms !== undefined) source.beginsMs = Math.min(source.beginsMs ?? ms, ms);
  const { last } = source;
  const isError = last !== undefined && levelRank(last.line.level ?? last.parsed.level) >= levelRank('error');
  if (source.joiner.continues(line.message, isError) && last !== undefined) {
    last.trace.push(line.message);
    return;
  }
  if (line.message.trim() === '') return;
  take(stream, last);
  const side = sideOf(ms, windows);
  source.last = { line, side, parsed: parsed ?? parseLogLine(line.message, false), trace: [] };
}

/**
 * True where the quiet window was really read: lines reach back to it, and to its beginning where the log was cut. Otherwise
 * that nothing was said then is not known.
 */
function knowsBaseline({ sources }: Stream, { baseline }: Windows, isCut: boolean): boolean {
  if (baseline === undefined) return false;
  const begins = [...sources.values()].flatMap(({ beginsMs }) => beginsMs ?? []);
  return isCut ? begins.every((ms) => ms <= baseline.fromMs) : begins.some((ms) => ms < baseline.toMs);
}

function patternsOf(stream: Stream, windows: Windows, isCut: boolean): LogPattern[] {
  for (const source of stream.sources.values()) {
    take(stream, source.last);
    source.last = undefined;
  }
  if (stream.layout === undefined) learnFirst(stream);
  const withBaseline = knowsBaseline(stream, windows, isCut);
  return stream.miner.groups().flatMap(({ template, tally }) => {
    if (tally.count === 0) return [];
    const { sample, exception, level, count, baselineCount, firstAt, lastAt } = tally;
    return [
      {
        emitter: stream.emitter,
        sample,
        template,
        ...(exception === undefined ? {} : { exception }),
        ...(level === undefined ? {} : { level }),
        count,
        ratio: count / stream.records,
        ...(withBaseline ? { baselineCount } : {}),
        ...(firstAt === undefined ? {} : { firstAt }),
        ...(lastAt === undefined ? {} : { lastAt }),
      },
    ];
  });
}

export const minRanks: Readonly<Record<MinLevel, number>> = {
  any: -1,
  warning: levelRank('warning'),
  error: levelRank('error'),
};

/** The gravest first, then the most frequent. */
export function gravestFirst(a: LogPattern, b: LogPattern): number {
  const byLevel = levelRank(b.level) - levelRank(a.level);
  if (byLevel !== 0) return byLevel;
  return b.count - a.count || (a.template < b.template ? -1 : 1);
}

/** The template of one line alone: what shows by its look that it varies is open. */
export function templateOfLine(line: string): string {
  const { text, isStructured } = parseLogLine(line);
  const miner = createTemplateMiner({ begin: beginTally, merge: mergeTallies });
  miner.learn(text, isStructured ? 0 : learnLayout([]).messageAt(text));
  return miner
    .groups()
    .map(({ template }) => template)
    .join(' ');
}

/** Groups lines as they come, in memory that does not grow with their number. */
export type PatternMiner = {
  /** `parsed`: what was read off the line, where that was done before. */
  readonly add: (line: LogLine, parsed?: ParsedLine) => void;
  /** Of everything that was added. `isCut`: logs were not read from their beginning. */
  readonly patterns: (minLevel: MinLevel, isCut: boolean) => LogPattern[];
};

/**
 * Groups lines by template, workload by workload. A sample is a line as it is in the log; counts are of the window, beside
 * those of the quiet window where that was read. A message and its stack trace count once.
 */
export function createPatternMiner(windows: Windows): PatternMiner {
  const streams = new Map<string, Stream>();
  /** Whose lines the last one was of: mostly the next one is of the same. */
  let current: { emitter: Emitter; previous: boolean; stream: Stream; source: Source } | undefined;
  const placeOf = (line: LogLine): { stream: Stream; source: Source } => {
    const { emitter, previous } = line;
    if (current?.emitter === emitter && current.previous === previous) return current;
    const key = streamKey(emitter);
    const stream = streams.get(key) ?? beginStream(emitter);
    streams.set(key, stream);
    current = { emitter, previous, stream, source: sourceOf(stream, line) };
    return current;
  };
  return {
    add: (line, parsed) => read(placeOf(line), line, parsed, windows),
    patterns: (minLevel, isCut) =>
      [...streams.values()]
        .flatMap((stream) => patternsOf(stream, windows, isCut))
        .filter(({ level }) => levelRank(level) >= minRanks[minLevel])
        .toSorted(gravestFirst),
  };
}

/** All lines at once, as far as they fit into memory. */
export function minePatterns(
  lines: readonly LogLine[],
  windows: Windows,
  minLevel: MinLevel,
  isCut = false,
): LogPattern[] {
  const miner = createPatternMiner(windows);
  for (const line of lines) miner.add(line);
  return miner.patterns(minLevel, isCut);
}
