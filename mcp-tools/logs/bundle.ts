import type { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { canonicalJson } from '#domain/hash.ts';
import type { Emitter } from '#domain/tools/emitter.ts';
import { type LogLine, type LogPattern, logsPatterns, logsQuery, logsWindow } from '#domain/tools/logs.ts';
import { type Bundle, notInBundle, readTogether } from '../bundle/open-bundle.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import {
  isAsked,
  type LogFile,
  linesOf,
  logFilesOf,
  minedPatternsOf,
  recordedLinesOf,
} from './bundle-logs.ts';
import { levelRank } from './level.ts';
import { digestLogPatterns, windowsOf } from './logs-patterns.ts';
import { digestLogLines, holds, lastOfEach } from './logs-window.ts';
import { createPatternMiner, gravestFirst, minRanks, type PatternMiner } from './mine-patterns.ts';
import { readLine } from './read-container-log.ts';

type PatternsInput = z.output<typeof logsPatterns.input>;
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

/** Puts every line of a log into a miner; one that is too long to be held is read line by line, from its beginning. */
async function mineFile(bundle: Bundle, file: LogFile, miner: PatternMiner): Promise<void> {
  const held = await linesOf(bundle, file);
  if (!held.cut) {
    for (const line of held.lines) miner.add(line);
    return;
  }
  await bundle.eachLine(file.path, (raw) => {
    if (raw === '') return;
    const { line, parsed } = readLine(raw, file, file.previous);
    miner.add(line, parsed);
  });
}

type Mined = { readonly patterns: readonly LogPattern[]; readonly gaps: readonly string[] };

async function minedOf(bundle: Bundle, { emitter, minLevel, ...input }: PatternsInput): Promise<Mined> {
  const miner = createPatternMiner(windowsOf({ ...input, emitter, minLevel }));
  const gaps: string[] = [];
  // One after the other: each is read as a whole, and the order decides how lines are grouped.
  for (const file of await logFilesOf(bundle)) {
    if (!isAsked(file.emitter, file.names, emitter)) continue;
    await mineFile(bundle, file, miner).catch((error: unknown) => gaps.push(messageOf(error)));
  }
  const records = await readTogether([recordedLinesOf(bundle)]);
  for (const line of records.items) if (isAsked(line.emitter, namesOf(line), emitter)) miner.add(line);
  return { patterns: miner.patterns(minLevel, false), gaps: [...gaps, ...records.gaps] };
}

async function readPatterns(bundle: Bundle, input: PatternsInput) {
  const { cursor: _cursor, limit: _limit, ...asked } = input;
  const mined = holdsLogs(bundle)
    ? await bundle.once(`patterns ${canonicalJson(asked)}`, () => minedOf(bundle, input))
    : { patterns: [], gaps: [notInBundle('logs')] };
  const survived = await readTogether([minedPatternsOf(bundle)]);
  const told = survived.items.filter(
    (pattern) =>
      isAsked(pattern.emitter, new Set([pattern.emitter.workload ?? '']), input.emitter) &&
      levelRank(pattern.level) >= minRanks[input.minLevel],
  );
  const patterns = [...told, ...mined.patterns].toSorted(gravestFirst);
  const hint = patterns.length === 0 ? 'of this level nothing was said in this window' : undefined;
  return pageOfList(patterns, input, { gaps: [...mined.gaps, ...survived.gaps], hint });
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
