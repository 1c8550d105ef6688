import type { z } from 'zod';
import type { LogLine, LogPattern, logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import type { Whole } from '../back-ends/read-whole.ts';
import { windowOf } from '../back-ends/window.ts';
import type { LogStore, StoreLines } from './log-store.ts';
import { windowsOf } from './logs-patterns.ts';
import { lastOfEach } from './logs-window.ts';
import { minePatterns } from './mine-patterns.ts';

type WindowInput = z.output<typeof logsWindow.input>;
type PatternsInput = z.output<typeof logsPatterns.input>;
type QueryInput = z.output<typeof logsQuery.input>;

/** Lines that are read to show the last ones of each container. */
const leastShown = 1_000;
const mostShown = 5_000;
/** Lines of each window that patterns are mined from. */
const mostMined = 20_000;

/** What `logs_window` answers from a store. */
export async function windowOfStore(
  store: LogStore,
  input: WindowInput,
  nowMs: number,
  signal: AbortSignal,
): Promise<Whole<LogLine>> {
  const read = await store.read(
    {
      ...windowOf(input, nowMs),
      cluster: input.cluster,
      emitter: input.emitter,
      contains: input.contains,
      mostLines: Math.min(mostShown, Math.max(leastShown, input.tailLines * 10)),
    },
    signal,
  );
  const items = lastOfEach(read.lines, input.tailLines);
  return {
    items,
    gaps: read.gaps,
    truncated: read.truncated || items.length < read.lines.length,
    hint: read.hint ?? `${store.name} holds no such line in this window`,
  };
}

const nothing: StoreLines = { lines: [], truncated: false, gaps: [] };

/** What `logs_patterns` answers from a store; of logs that are too long to be read, from their lines of trouble. */
export async function patternsOfStore(
  store: LogStore,
  input: PatternsInput,
  nowMs: number,
  signal: AbortSignal,
): Promise<Whole<LogPattern>> {
  const window = windowOf(input, nowMs);
  const { baseline } = windowsOf(input);
  const readBoth = async (graveOnly: boolean): Promise<readonly [StoreLines, StoreLines]> => {
    const { cluster, emitter } = input;
    const what = { cluster, emitter, graveOnly, mostLines: mostMined };
    const now = store.read({ ...what, ...window }, signal);
    const quiet = baseline === undefined ? nothing : store.read({ ...what, ...baseline }, signal);
    return await Promise.all([now, quiet]);
  };
  const whole = await readBoth(false);
  const isLong = whole.some(({ truncated }) => truncated);
  const [now, quiet] = isLong ? await readBoth(true) : whole;
  const isCut = now.truncated || quiet.truncated;
  const mined = minePatterns([...quiet.lines, ...now.lines], { ...window, baseline }, input.minLevel, isCut);
  const long = `logs: more than ${mostMined} lines in a window; only those with a word of trouble were counted`;
  const cut = `logs: only the last ${mostMined} of those were read`;
  const gaps = [...now.gaps, ...quiet.gaps, ...(isLong ? [long] : []), ...(isCut ? [cut] : [])];
  const none = `${now.lines.length} lines were read, none of level ${input.minLevel} or above in this window`;
  return {
    // Of a part of the lines, a share says nothing.
    items: isLong ? mined.map(({ ratio: _share, ...pattern }) => pattern) : mined,
    gaps: [...new Set(gaps)],
    truncated: isLong,
    hint: now.hint ?? none,
  };
}

/** What `logs_query` answers. */
export async function queryOfStore(
  store: LogStore,
  input: QueryInput,
  nowMs: number,
  signal: AbortSignal,
): Promise<Whole<LogLine>> {
  const window = windowOf(input, nowMs);
  const { lines, gaps, truncated } = await store.query(
    input.query,
    { ...window, mostLines: mostShown },
    signal,
  );
  return { items: lines, gaps, truncated, hint: `${store.name} found no line in this window` };
}
