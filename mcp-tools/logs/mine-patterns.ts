import type { Emitter } from '#domain/tools/emitter.ts';
import type { LogLine, LogPattern } from '#domain/tools/logs.ts';
import { isContinuation, levelRank, parseLogLine } from './log-line.ts';
import { createTemplateMiner, type TemplateMiner } from './template-miner.ts';

/** The window that is looked at and, where one is given, a quiet one of equal length. Milliseconds since the epoch. */
export type Windows = {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly baseline: { readonly fromMs: number; readonly toMs: number } | undefined;
};

export type MinLevel = 'any' | 'warning' | 'error';

/** Lines of one workload's container: one log, however many pods wrote it. */
type Stream = {
  readonly emitter: Emitter;
  readonly miner: TemplateMiner;
  readonly groups: Map<number, Group>;
  /** When each pod's log begins, as far as it was read. */
  readonly beginsMs: Map<string, number>;
  lines: number;
};

type Group = {
  sample: string;
  level: string | undefined;
  count: number;
  baselineCount: number;
  firstAt: string | undefined;
  lastAt: string | undefined;
};

function streamKey(emitter: Emitter): string {
  return `${emitter.namespace}|${emitter.workload ?? emitter.pod}|${emitter.container}`;
}

/** The part of an emitter that all pods of a workload share. */
function sharedEmitter(emitter: Emitter): Emitter {
  const { pod, node: _node, version: _version, ...shared } = emitter;
  return emitter.workload === undefined && pod !== undefined ? { ...shared, pod } : shared;
}

type Side = 'window' | 'baseline' | 'neither';

function sideOf(line: LogLine, windows: Windows): Side {
  if (line.at === undefined) return 'window';
  const ms = Date.parse(line.at);
  const { baseline } = windows;
  if (baseline !== undefined && ms >= baseline.fromMs && ms < baseline.toMs) return 'baseline';
  const inside =
    (windows.fromMs === undefined || ms >= windows.fromMs) &&
    (windows.toMs === undefined || ms <= windows.toMs);
  return inside ? 'window' : 'neither';
}

function count(group: Group, line: LogLine, level: string | undefined): void {
  // A line of the window says more than one of the quiet window, which may have begun the group.
  if (group.count === 0) group.sample = line.message;
  group.count += 1;
  if (levelRank(level) > levelRank(group.level)) group.level = level;
  if (line.at === undefined) return;
  if (group.firstAt === undefined || line.at < group.firstAt) group.firstAt = line.at;
  if (group.lastAt === undefined || line.at > group.lastAt) group.lastAt = line.at;
}

function learn(stream: Stream, line: LogLine, side: Side): void {
  if (side === 'window') stream.lines += 1;
  const { text, level: told } = parseLogLine(line.message);
  // A log store keeps the level beside the line.
  const level = line.level ?? told;
  const id = stream.miner.learn(text);
  const group = stream.groups.get(id) ?? {
    sample: line.message,
    level,
    count: 0,
    baselineCount: 0,
    firstAt: undefined,
    lastAt: undefined,
  };
  stream.groups.set(id, group);
  if (side === 'baseline') group.baselineCount += 1;
  else count(group, line, level);
}

function noteBegin(stream: Stream, { at, emitter }: LogLine): void {
  if (at === undefined) return;
  const pod = emitter.pod ?? '';
  const ms = Date.parse(at);
  stream.beginsMs.set(pod, Math.min(stream.beginsMs.get(pod) ?? ms, ms));
}

/** False where a log was cut and does not reach back to the quiet window: that nothing was said then is not known. */
function knowsBaseline(stream: Stream, { baseline }: Windows, isCut: boolean): boolean {
  if (baseline === undefined) return false;
  return !isCut || [...stream.beginsMs.values()].every((ms) => ms <= baseline.fromMs);
}

function patternsOf(stream: Stream, windows: Windows, isCut: boolean): LogPattern[] {
  const withBaseline = knowsBaseline(stream, windows, isCut);
  return [...stream.groups].flatMap(([id, group]) => {
    if (group.count === 0) return [];
    return [
      {
        emitter: stream.emitter,
        sample: group.sample,
        template: stream.miner.templateOf(id),
        ...(group.level === undefined ? {} : { level: group.level }),
        count: group.count,
        ratio: group.count / stream.lines,
        ...(withBaseline ? { baselineCount: group.baselineCount } : {}),
        ...(group.firstAt === undefined ? {} : { firstAt: group.firstAt }),
        ...(group.lastAt === undefined ? {} : { lastAt: group.lastAt }),
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

/**
 * Groups lines by template, workload by workload. A sample is a line as it is in the log; counts are of the window, beside
 * those of the quiet window, as far as logs that were cut reach back to it. Frames of stack traces belong to the line above
 * them and are not counted.
 */
export function minePatterns(
  lines: readonly LogLine[],
  windows: Windows,
  minLevel: MinLevel,
  isCut = false,
): LogPattern[] {
  const streams = new Map<string, Stream>();
  for (const line of lines) {
    const side = sideOf(line, windows);
    const key = streamKey(line.emitter);
    const stream = streams.get(key) ?? {
      emitter: sharedEmitter(line.emitter),
      miner: createTemplateMiner(),
      groups: new Map<number, Group>(),
      beginsMs: new Map<string, number>(),
      lines: 0,
    };
    streams.set(key, stream);
    noteBegin(stream, line);
    if (side === 'neither' || isContinuation(line.message) || line.message.trim() === '') continue;
    learn(stream, line, side);
  }
  return [...streams.values()]
    .flatMap((stream) => patternsOf(stream, windows, isCut))
    .filter((pattern) => levelRank(pattern.level) >= minRanks[minLevel])
    .toSorted(gravestFirst);
}
