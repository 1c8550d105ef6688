import { basename, resolve } from 'node:path';
import { UnderstudyError } from '#domain/errors.ts';
import { type CliContext, outputStyle, printData } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { compareScores, readScores } from './compare.ts';
import { renderLogSuite } from './loghub/render-loghub.ts';
import { isLogSuite, scoreLogSuite } from './loghub/run-loghub.ts';
import { runNegatives } from './negatives.ts';
import { openSuite } from './open-suite.ts';
import { renderComparison, renderMisses, renderScorecard } from './render.ts';
import { renderNegatives } from './render-negatives.ts';
import { runSuite, type Scorecard } from './run-suite.ts';
import type { Part } from './split.ts';

export type EvalOptions = {
  readonly suite: string;
  readonly split?: Part;
  readonly compare?: string;
  readonly misses?: true;
  readonly negatives?: true;
  readonly without?: readonly string[];
  /** Milliseconds. */
  readonly before?: number;
};

/** Long enough before an alert for most faults, which fire it within minutes. */
const usualBeforeMs = 300_000;

/** Answers `understudy eval`. */
export async function evaluate(context: CliContext, options: EvalOptions): Promise<ExitCode> {
  const { cwd, environment, signal } = context;
  const folder = resolve(cwd, options.suite);
  if (await isLogSuite(folder)) return evaluateLogs(context, folder, options.split);
  const suite = await openSuite(options.suite, { env: environment, workingFolder: cwd });
  if (options.negatives === true) {
    const beforeMs = options.before ?? usualBeforeMs;
    const negatives = await runNegatives(suite, { part: options.split, beforeMs, signal });
    printData(context, negatives, () => renderNegatives(negatives, outputStyle(context)));
    return exitCodes.ok;
  }
  const earlierScores =
    options.compare === undefined ? undefined : await earlier(context, options.compare, suite.name);
  const card = await runSuite(suite, {
    part: options.split,
    without: options.without,
    beforeMs: options.before,
    signal,
  });
  const comparison = earlierScores === undefined ? undefined : compareScores(earlierScores, card.scores);
  const style = outputStyle(context);
  printData(context, { ...card, ...(comparison === undefined ? {} : { comparison }) }, () =>
    [
      renderScorecard(card, style),
      ...(options.misses === true ? [renderMisses(card, style)] : []),
      ...(comparison === undefined ? [] : [renderComparison(comparison, style)]),
    ].join('\n\n'),
  );
  return exitCodes.ok;
}

/** A folder of logs whose lines have true groups: how well they are grouped. */
async function evaluateLogs(context: CliContext, folder: string, part: Part | undefined): Promise<ExitCode> {
  const name = basename(folder);
  const score = await scoreLogSuite(folder, part);
  printData(context, { suite: name, ...score }, () => renderLogSuite(name, score, outputStyle(context)));
  return exitCodes.ok;
}

async function earlier(
  { cwd, words }: CliContext,
  path: string,
  suite: string,
): Promise<Scorecard['scores']> {
  const before = await readScores(resolve(cwd, path));
  if (before.suite === suite) return before.scores;
  throw new UnderstudyError('bad-input', words.evaluation.otherSuite(before.suite));
}
