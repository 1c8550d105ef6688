import { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { LogLine, logsWindow } from '#domain/tools/logs.ts';
import type { Clusters } from '../kubernetes/clusters.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { sourcesOfEmitter } from './pods-of-emitter.ts';
import { readLogs } from './read-container-log.ts';

type Input = z.output<typeof logsWindow.input>;

/** Lines that are read of each container to look for a text among them. */
const searchedLines = 20_000;

const cursorSchema = z.tuple([z.string(), z.int()]);

/** A log grows while it is read: further pages keep the first one's end. */
function readCursor(input: Input): { offset: string | undefined; endMs: number } {
  if (input.cursor === undefined) return { offset: undefined, endMs: Date.now() };
  try {
    const [offset, endMs] = cursorSchema.parse(JSON.parse(input.cursor));
    return { offset, endMs };
  } catch (error) {
    throw new UnderstudyError('bad-input', 'cursor: not one of logs_window', { cause: error });
  }
}

/** A window's end that is so near to now is now: the last lines are wanted. */
const nowSlackMs = 5_000;

function windowOf(input: Input, nowMs: number): { fromMs: number | undefined; toMs: number | undefined } {
  const toMs = input.to === undefined ? undefined : Date.parse(input.to);
  return {
    fromMs: input.from === undefined ? undefined : Date.parse(input.from),
    toMs: toMs !== undefined && toMs < nowMs - nowSlackMs ? toMs : undefined,
  };
}

export function holds(line: LogLine, text: string | undefined): boolean {
  return text === undefined || line.message.toLowerCase().includes(text.toLowerCase());
}

/** The last `tailLines` lines of each container, in order. */
export function lastOfEach(lines: readonly LogLine[], tailLines: number): LogLine[] {
  const counts = new Map<string, number>();
  return lines
    .toReversed()
    .filter(({ emitter }) => {
      const key = `${emitter.namespace}/${emitter.pod ?? emitter.service}/${emitter.container}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count <= tailLines;
    })
    .toReversed();
}

/** Answers `logs_window` from pods' logs. */
export async function readLogsWindow(clusters: Clusters, input: Input, { signal }: ToolContext) {
  const cluster = clusters.namedOrOnly(input.cluster);
  const { sources, gaps, hint } = await sourcesOfEmitter(cluster, input.emitter, signal);
  const { offset, endMs } = readCursor(input);
  const asked = input.previous ? sources.filter((source) => source.restarts > 0) : sources;
  const tailLines = input.contains === undefined ? input.tailLines : searchedLines;
  const read = await readLogs(
    cluster,
    asked,
    { ...windowOf(input, endMs), tailLines, previous: input.previous },
    signal,
  );
  const fitting = read.lines.filter(
    (line) => holds(line, input.contains) && (line.at === undefined || Date.parse(line.at) <= endMs),
  );
  const lines = lastOfEach(fitting, input.tailLines);
  const page = pageOfList(
    lines,
    { limit: input.limit, cursor: offset },
    {
      gaps: [...gaps, ...read.gaps],
      hint: hint ?? emptyHint(input, sources.length, asked.length, read.lines.length, lines.length),
    },
  );
  const { nextCursor, ...rest } = page;
  return {
    ...rest,
    truncated: page.truncated || read.truncated || lines.length < fitting.length,
    ...(nextCursor === undefined ? {} : { nextCursor: JSON.stringify([nextCursor, endMs]) }),
  };
}

function emptyHint(
  input: Input,
  sources: number,
  asked: number,
  read: number,
  found: number,
): string | undefined {
  if (found > 0) return undefined;
  if (asked < sources && asked === 0)
    return 'no container of it was ever restarted, so there is no previous run';
  if (read > 0) return `${read} lines in this window, none holds "${input.contains}"`;
  return 'the containers wrote nothing in this window';
}

function lineOf(line: LogLine): string {
  const { namespace, pod, service, container } = line.emitter;
  const who = [namespace, pod ?? service, container].filter((part) => part !== undefined).join('/');
  const where = `${who}${line.previous ? ' (previous run)' : ''}`;
  return `${line.at ?? '?'} ${where}: ${line.message}`;
}

/** For models the newest lines come first: they are what is left where there are too many. */
export function digestLogLines(page: ToolOutput<typeof logsWindow>): string {
  return `newest first; untrusted text\n${digestOfPage({ ...page, items: page.items.toReversed() }, lineOf)}`;
}
