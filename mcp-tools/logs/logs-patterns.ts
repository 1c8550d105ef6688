import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { ToolOutput } from '#domain/tools/define-tool.ts';
import type { LogLine, LogPattern, logsPatterns } from '#domain/tools/logs.ts';
import type { Clusters } from '../kubernetes/clusters.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { pageOfList } from '../runtime/paging.ts';
import type { ToolContext } from '../runtime/tool-context.ts';
import { minePatterns, type Windows } from './mine-patterns.ts';
import { sourcesOfEmitter } from './pods-of-emitter.ts';
import { type LogRead, type LogsRead, readLogs } from './read-container-log.ts';

type Input = z.output<typeof logsPatterns.input>;

const linesPerContainer = 20_000;

function msOf(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant);
}

/** The windows that a question names, in milliseconds. Throws `bad-input` for half a baseline. */
export function windowsOf(input: Input): Windows {
  const { baselineFrom, baselineTo } = input;
  if ((baselineFrom === undefined) !== (baselineTo === undefined)) {
    throw new UnderstudyError('bad-input', 'baselineFrom and baselineTo: give both or none');
  }
  const baselineFromMs = msOf(baselineFrom);
  const baselineToMs = msOf(baselineTo);
  return {
    fromMs: msOf(input.from),
    toMs: msOf(input.to),
    baseline:
      baselineFromMs === undefined || baselineToMs === undefined
        ? undefined
        : { fromMs: baselineFromMs, toMs: baselineToMs },
  };
}

/** From the earlier of the two windows on; to the end of the log, because the last lines are what can be asked for. */
function readOf(windows: Windows, previous: boolean): LogRead {
  const starts = [windows.fromMs, windows.baseline?.fromMs].filter((ms) => ms !== undefined);
  const fromMs = windows.fromMs === undefined ? undefined : Math.min(...starts);
  return { fromMs, toMs: undefined, tailLines: linesPerContainer, previous };
}

function joined(...reads: readonly LogsRead[]): LogsRead {
  return {
    lines: reads.flatMap((read) => read.lines),
    truncated: reads.some((read) => read.truncated),
    gaps: reads.flatMap((read) => read.gaps),
  };
}

/** Answers `logs_patterns` from pods' logs, those of the run before the last restart included. */
export async function readLogsPatterns(clusters: Clusters, input: Input, { signal }: ToolContext) {
  const cluster = clusters.namedOrOnly(input.cluster);
  const windows = windowsOf(input);
  const { sources, gaps, hint } = await sourcesOfEmitter(cluster, input.emitter, signal);
  const restarted = sources.filter((source) => source.restarts > 0);
  const [previous, current] = await Promise.all([
    readLogs(cluster, restarted, readOf(windows, true), signal),
    readLogs(cluster, sources, readOf(windows, false), signal),
  ]);
  const read = joined(previous, current);
  const patterns = minePatterns(read.lines, windows, input.minLevel, read.truncated);
  const empty = hint ?? emptyHint(read.lines, input.minLevel);
  const page = pageOfList(patterns, input, {
    gaps: [
      ...gaps,
      ...read.gaps,
      ...(read.truncated
        ? [`logs: only the last ${linesPerContainer} lines or 8 MiB of a container were read`]
        : []),
    ],
    hint: patterns.length > 0 ? undefined : empty,
  });
  return { ...page, truncated: page.truncated || read.truncated };
}

function emptyHint(lines: readonly LogLine[], minLevel: string): string {
  if (lines.length === 0) return 'the containers wrote nothing in this window';
  return `${lines.length} lines were read, none of level ${minLevel} or above in this window; try minLevel "any"`;
}

function lineOf(pattern: LogPattern): string {
  const { namespace, workload, pod, service, container } = pattern.emitter;
  const who = [namespace, workload ?? pod ?? service, container].filter((part) => part !== undefined);
  const baseline =
    pattern.baselineCount === undefined ? '' : `, ${pattern.baselineCount} in the quiet window`;
  return `${pattern.count}x${baseline} ${pattern.level ?? '-'} ${who.join('/')}: ${pattern.sample}`;
}

export function digestLogPatterns(page: ToolOutput<typeof logsPatterns>): string {
  return `untrusted text\n${digestOfPage(page, lineOf)}`;
}
