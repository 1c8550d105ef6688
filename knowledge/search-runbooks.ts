import type { CauseCode } from '#domain/causes/codes.ts';
import type { Runbook } from '#domain/tools/knowledge.ts';
import { bm25, countTerms } from './bm25.ts';
import { documentTerms, queryTerms } from './tokens.ts';

export type RunbookQuestion = { readonly words?: string | undefined; readonly cause?: CauseCode | undefined };

/** A title says in a few words what the text is about. */
const titleWeight = 3;
/** A runbook for the cause that is asked for goes before any that only shares words. */
const causeScore = 1000;
/** Of two that fit alike, the one that helped more often; never more than a word. */
const provenScore = 0.5;

function provenShare({ used, helped }: Runbook): number {
  // One use more, without help: a single success is no proof.
  return helped / (used + 1);
}

/** Runbooks that fit the question, the best first; without words and cause, all of them. */
export function rankRunbooks<Found extends Runbook>(
  question: RunbookQuestion,
  runbooks: readonly Found[],
): Found[] {
  const { words, cause } = question;
  if (words === undefined && cause === undefined) return [...runbooks];
  const documents = runbooks.map(({ title, text }) =>
    countTerms([
      { terms: documentTerms(title), weight: titleWeight },
      { terms: documentTerms(text), weight: 1 },
    ]),
  );
  const scores = bm25(documents, queryTerms(words ?? ''));
  return runbooks
    .map((runbook, index) => {
      const forCause = cause !== undefined && runbook.causes.includes(cause) ? causeScore : 0;
      return { runbook, fits: forCause + (scores[index] ?? 0) };
    })
    .filter(({ fits }) => fits > 0)
    .map(({ runbook, fits }) => ({ runbook, score: fits + provenScore * provenShare(runbook) }))
    .sort((a, b) => b.score - a.score || (a.runbook.id < b.runbook.id ? -1 : 1))
    .map(({ runbook }) => runbook);
}
