import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { learnLayout } from '#mcp-tools/logs/line-layout.ts';
import { createTemplateMiner } from '#mcp-tools/logs/template-miner.ts';
import { eventIdsOf } from './event-ids.ts';
import { groupingAccuracy } from './grouping-accuracy.ts';
import { type LogPart, partOf } from './split.ts';

/** How well the lines of one log were grouped. */
export type LogScore = {
  readonly log: string;
  /** Undefined for a log that is in neither part. */
  readonly part: LogPart | undefined;
  readonly lines: number;
  /** Groups that were found, and true ones. */
  readonly found: number;
  readonly events: number;
  /** 0..1. */
  readonly accuracy: number;
};

export type LogSuiteScore = {
  readonly logs: readonly LogScore[];
  /** The mean over whole logs, of each part that has one. */
  readonly means: Partial<Record<LogPart, number>>;
};

/** Lines from which the layout is learned, as when patterns are mined. */
const layoutLines = 400;

/** The group of each line: whole lines as they are in the log, and one configuration for all logs. */
export function groupLines(lines: readonly string[]): number[] {
  const { messageAt } = learnLayout(lines.slice(0, layoutLines));
  const miner = createTemplateMiner<{ readonly lines: number[] }>({
    begin: () => ({ lines: [] }),
    merge: (into, from) => {
      for (const line of from.lines) into.lines.push(line);
    },
  });
  for (const [index, line] of lines.entries()) miner.learn(line, messageAt(line)).lines.push(index);
  const groups: number[] = new Array<number>(lines.length).fill(-1);
  for (const [group, { tally }] of miner.groups().entries()) {
    for (const line of tally.lines) groups[line] = group;
  }
  return groups;
}

/** Scores one log by the true group of each of its lines. */
export function scoreLog(log: string, lines: readonly string[], eventIds: readonly string[]): LogScore {
  const groups = groupLines(lines);
  return {
    log,
    part: partOf(log),
    lines: lines.length,
    found: new Set(groups).size,
    events: new Set(eventIds).size,
    accuracy: groupingAccuracy(groups, eventIds),
  };
}

function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

async function readLog(folder: string, log: string): Promise<LogScore> {
  const [raw, structured] = await Promise.all(
    ['raw.log', 'structured.csv'].map((file) => readFile(join(folder, log, file), 'utf8')),
  );
  const eventIds = eventIdsOf(structured ?? '');
  const lines = linesOf(raw ?? '');
  if (lines.length === eventIds.length) return scoreLog(log, lines, eventIds);
  throw new Error(
    `${join(folder, log)}: raw.log has ${lines.length} lines, structured.csv ${eventIds.length}`,
  );
}

function meanOf(logs: readonly LogScore[], part: LogPart): Partial<Record<LogPart, number>> {
  const own = logs.filter((each) => each.part === part);
  if (own.length === 0) return {};
  return { [part]: own.reduce((sum, { accuracy }) => sum + accuracy, 0) / own.length };
}

/** True for a folder of logs of this kind: each a folder with `raw.log` and `structured.csv`. */
export async function isLogSuite(folder: string): Promise<boolean> {
  const isFolder = await stat(folder).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  return isFolder && (await logsIn(folder)).length > 0;
}

async function logsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const held = await Promise.all(folders.map((name) => readdir(join(folder, name))));
  return folders
    .filter((_, i) => held[i]?.includes('raw.log') && held[i]?.includes('structured.csv'))
    .toSorted();
}

/** Scores every log of a folder, or those of one part. */
export async function scoreLogSuite(folder: string, only?: LogPart): Promise<LogSuiteScore> {
  const names = (await logsIn(folder)).filter((log) => only === undefined || partOf(log) === only);
  const logs = await Promise.all(names.map((log) => readLog(folder, log)));
  return { logs, means: { ...meanOf(logs, 'tune'), ...meanOf(logs, 'held') } };
}
