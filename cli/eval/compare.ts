import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, UnderstudyError } from '#domain/errors.ts';
import { inForm, parseJson } from '#mcp-tools/bundle/parse-json.ts';
import type { Score } from './score.ts';
import { isRight } from './scorecard.ts';

const rank = z.number().nullable().optional();
const scoreSchema = z.object({
  bundle: z.string(),
  part: z.enum(['tune', 'held']),
  group: z.string(),
  durationMs: z.number(),
  verdictRight: z.boolean(),
  causeRank: rank,
  serviceRank: rank,
  changeRank: rank,
  changeExact: z.boolean().optional(),
  needlessStep: z.boolean().default(false),
});
const cardSchema = z.looseObject({ suite: z.string(), scores: z.array(scoreSchema) });

/** What moved against an earlier run: names of the tuning part, and of the other part only how many. */
export type Comparison = {
  readonly better: readonly string[];
  readonly worse: readonly string[];
  readonly heldBetter: number;
  readonly heldWorse: number;
};

function isWell(score: Score): boolean {
  return isRight(score, 1) && score.verdictRight;
}

export function compareScores(before: readonly Score[], now: readonly Score[]): Comparison {
  const earlier = new Map(before.map((score) => [score.bundle, score]));
  const moved = now.flatMap((score) => {
    const old = earlier.get(score.bundle);
    return old === undefined || isWell(old) === isWell(score) ? [] : [{ ...score, well: isWell(score) }];
  });
  const names = (well: boolean) =>
    moved.filter((score) => score.part === 'tune' && score.well === well).map(({ bundle }) => bundle);
  const held = moved.filter(({ part }) => part === 'held');
  return {
    better: names(true),
    worse: names(false),
    heldBetter: held.filter(({ well }) => well).length,
    heldWorse: held.filter(({ well }) => !well).length,
  };
}

/** The scores of a run that was kept with `-o json`. Throws `not-found`, `bad-input`. */
export async function readScores(path: string): Promise<{ suite: string; scores: readonly Score[] }> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UnderstudyError('not-found', `${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const { suite, scores } = inForm(path, parseJson(path, text), cardSchema);
  return { suite, scores: scores.map(withoutAbsent) };
}

/** A rank that is absent is not scored, which is something else than one that is undefined. */
function withoutAbsent({
  causeRank,
  serviceRank,
  changeRank,
  changeExact,
  ...rest
}: z.output<typeof scoreSchema>): Score {
  return {
    ...rest,
    ...(causeRank === undefined ? {} : { causeRank }),
    ...(serviceRank === undefined ? {} : { serviceRank }),
    ...(changeRank === undefined ? {} : { changeRank }),
    ...(changeExact === undefined ? {} : { changeExact }),
  };
}
