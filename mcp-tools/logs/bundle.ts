import type { z } from 'zod';
import { UnderstudyError } from '#domain/errors.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { type LogLine, logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { type Bundle, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { isAsked, linesOf, logFilesOf, minedPatternsOf, recordedLinesOf } from './bundle-logs.ts';
import { levelRank } from './level.ts';
import { digestLogPatterns, windowsOf } from './logs-patterns.ts';
import { digestLogLines, holds, lastOfEach } from './logs-window.ts';
import { gravestFirst, minePatterns, minRanks } from './mine-patterns.ts';

type Read = { readonly lines: readonly LogLine[]; readonly cut: boolean; readonly gaps: readonly string[] };

function byTime(a: LogLine, b: LogLine): number {
  if (a.at === undefined || b.at === undefined || a.at === b.at) return 0;
  return a.at < b.at ? -1 : 1;
}

/** Every name that records of this service may be asked by. */
function namesOf({ emitter }: LogLine): ReadonlySet<string> {
  return new Set([emitter.service, emitter.workload].filter((name) => name !== undefined));
}

function holdsLogs(bundle: Bundle): boolean {
  return bundle.paths.some((path) => path.startsWith('logs/'));
}

/** The lines of an emitter, from pods' logs and from a log store's records. */
async function readLines(bundle: Bundle, asked: Emitter, runs: readonly boolean[]): Promise<Read> {
  if (!holdsLogs(bundle)) return { lines: [], cut: false, gaps: [notInBundle('logs')] };
  const files = (await logFilesOf(bundle)).filter(
    ({ emitter, names, previous }) => runs.includes(previous) && isAsked(emitter, names, asked),
  );
  let cut = false;
  const read = await readTogether(
    files.map(async (file) => {
      const log = await linesOf(bundle, file);
      cut ||= log.cut;
      return { items: log.lines, gaps: log.cut ? [`${file.path}: only the end was read`] : [] };
    }),
  );
  const records = runs.includes(false)
    ? await readTogether([recordedLinesOf(bundle)])
    : { items: [], gaps: [] };
  const recorded = records.items.filter((line) => isAsked(line.emitter, namesOf(line), asked));
  return {
    lines: recorded.length === 0 ? read.items : [...read.items, ...recorded].toSorted(byTime),
    cut,
    gaps: [...read.gaps, ...records.gaps],
  };
}

function isInside({ at }: LogLine, fromMs: number | undefined, toMs: number | undefined): boolean {
  if (at === undefined) return true;
  const ms = Date.parse(at);
  return (fromMs === undefined || ms >= fromMs) && (toMs === undefined || ms <= toMs);
}

async function readWindow(bundle: Bundle, input: z.output<typeof logsWindow.input>) {
  const read = await readLines(bundle, input.emitter, [input.previous]);
  const { fromMs, toMs } = windowsOf({ ...input, minLevel: 'any' });
  const fitting = read.lines.filter((line) => isInside(line, fromMs, toMs) && holds(line, input.contains));
  const lines = lastOfEach(fitting, input.tailLines);
  const page = pageOfList(lines, input, {
    gaps: read.gaps,
    hint: lines.length === 0 ? `${read.lines.length} lines of it are held, none fits` : undefined,
  });
  return { ...page, truncated: page.truncated || lines.length < fitting.length };
}

async function readPatterns(bundle: Bundle, input: z.output<typeof logsPatterns.input>) {
  const windows = windowsOf(input);
  const read = await readLines(bundle, input.emitter, [true, false]);
  const mined = minePatterns(read.lines, windows, input.minLevel, read.cut);
  const survived = await readTogether([minedPatternsOf(bundle)]);
  const told = survived.items.filter(
    (pattern) =>
      isAsked(pattern.emitter, new Set([pattern.emitter.workload ?? '']), input.emitter) &&
      levelRank(pattern.level) >= minRanks[input.minLevel],
  );
  const patterns = [...told, ...mined].toSorted(gravestFirst);
  const hint =
    patterns.length === 0 ? `${read.lines.length} lines of it are held, none of this level` : undefined;
  return pageOfList(patterns, input, { gaps: [...read.gaps, ...survived.gaps], hint });
}

/** What `logs` answers from a bundle's `logs/` folder: pods' logs, a log store's records and mined patterns. */
export function logsOfBundle(bundle: Bundle): ToolImplementation[] {
  return [
    implement(logsWindow, (input) => readWindow(bundle, input), { digest: digestLogLines }),
    implement(logsPatterns, (input) => readPatterns(bundle, input), { digest: digestLogPatterns }),
    implement(logsQuery, async () => {
      const message = 'not available: a bundle has no query language; use logs_window or logs_patterns';
      throw new UnderstudyError('not-supported', message);
    }),
  ];
}
