import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import type { LogLine, logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { nowFor, readFrozenCursor, windowOf, withFrozenCursor } from '../back-ends/window.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import type { LogStore, StoreLines } from './log-store.ts';
import { minePatterns } from './mine-patterns.ts';

type WindowInput = z.output<typeof logsWindow.input>;
type PatternsInput = z.output<typeof logsPatterns.input>;
type QueryInput = z.output<typeof logsQuery.input>;

/** Lines that are read to show the last ones of each container. */
const leastShown = 1_000;
const mostShown = 5_000;
/** Lines of each window that patterns are mined from. */
const mostMined = 20_000;

function streamOf({ namespace, pod, container, service }: Emitter): string {
  return `${namespace}/${pod ?? service}/${container}`;
}

/** The last lines of each container, in order. */
function lastOfEach(lines: readonly LogLine[], tailLines: number): LogLine[] {
  const counts = new Map<string, number>();
  return lines
    .toReversed()
    .filter(({ emitter }) => {
      const stream = streamOf(emitter);
      const count = (counts.get(stream) ?? 0) + 1;
      counts.set(stream, count);
      return count <= tailLines;
    })
    .toReversed();
}

/** Answers `logs_window` from a store. */
export async function windowOfStore(store: LogStore, input: WindowInput, context: ToolContext) {
  const { offset, nowMs } = readFrozenCursor(input.cursor, nowFor(context));
  const read = await store.read(
    {
      ...windowOf(input, nowMs),
      cluster: input.cluster,
      emitter: input.emitter,
      contains: input.contains,
      mostLines: Math.min(mostShown, Math.max(leastShown, input.tailLines * 10)),
    },
    context.signal,
  );
  const lines = lastOfEach(read.lines, input.tailLines);
  const hint =
    lines.length > 0 ? undefined : (read.hint ?? `${store.name} holds no such line in this window`);
  const page = pageOfList(lines, { limit: input.limit, cursor: offset }, { gaps: read.gaps, hint });
  const truncated = page.truncated || read.truncated || lines.length < read.lines.length;
  return withFrozenCursor({ ...page, truncated }, nowMs);
}

function baselineOf({ baselineFrom, baselineTo }: PatternsInput) {
  if ((baselineFrom === undefined) !== (baselineTo === undefined)) {
    throw new UnderstudyError('bad-input', 'baselineFrom and baselineTo: give both or none');
  }
  if (baselineFrom === undefined || baselineTo === undefined) return undefined;
  return { fromMs: Date.parse(baselineFrom), toMs: Date.parse(baselineTo) };
}

const nothing: StoreLines = { lines: [], truncated: false, gaps: [] };

/** Answers `logs_patterns` from a store; of logs that are too long to be read, from their lines of trouble. */
export async function patternsOfStore(store: LogStore, input: PatternsInput, context: ToolContext) {
  const { offset, nowMs } = readFrozenCursor(input.cursor, nowFor(context));
  const window = windowOf(input, nowMs);
  const baseline = baselineOf(input);
  const readBoth = async (graveOnly: boolean): Promise<readonly [StoreLines, StoreLines]> => {
    const { cluster, emitter } = input;
    const what = { cluster, emitter, graveOnly, mostLines: mostMined };
    const now = store.read({ ...what, ...window }, context.signal);
    const quiet = baseline === undefined ? nothing : store.read({ ...what, ...baseline }, context.signal);
    return await Promise.all([now, quiet]);
  };
  const whole = await readBoth(false);
  const isLong = whole.some(({ truncated }) => truncated);
  const [now, quiet] = isLong ? await readBoth(true) : whole;
  const isCut = now.truncated || quiet.truncated;
  const mined = minePatterns([...quiet.lines, ...now.lines], { ...window, baseline }, input.minLevel, isCut);
  // Of a part of the lines, a share says nothing.
  const patterns = isLong ? mined.map(({ ratio: _share, ...pattern }) => pattern) : mined;
  const long = `logs: more than ${mostMined} lines in a window; only those with a word of trouble were counted`;
  const cut = `logs: only the last ${mostMined} of those were read`;
  const gaps = [...now.gaps, ...quiet.gaps, ...(isLong ? [long] : []), ...(isCut ? [cut] : [])];
  const none = `${now.lines.length} lines were read, none of level ${input.minLevel} or above in this window`;
  const hint = patterns.length > 0 ? undefined : (now.hint ?? none);
  const page = pageOfList(
    patterns,
    { limit: input.limit, cursor: offset },
    { gaps: [...new Set(gaps)], hint },
  );
  return withFrozenCursor({ ...page, truncated: page.truncated || isLong }, nowMs);
}

/** Answers `logs_query`. */
export async function queryOfStore(store: LogStore, input: QueryInput, context: ToolContext) {
  const { offset } = readFrozenCursor(input.cursor, 0);
  const window = windowOf(input, nowFor(context));
  const read = await store.query(input.query, { ...window, mostLines: mostShown }, context.signal);
  const hint = read.lines.length > 0 ? undefined : `${store.name} found no line in this window`;
  const page = pageOfList(read.lines, { limit: input.limit, cursor: offset }, { gaps: read.gaps, hint });
  return withFrozenCursor({ ...page, truncated: page.truncated || read.truncated }, 0);
}
