import type { CauseCode } from '#domain/causes/codes.ts';
import { secondsBetween } from '#domain/time.ts';
import type { SimilarCase } from '#domain/tools/knowledge.ts';
import type { StoredCase } from '#store/cases.ts';
import { countTerms, rarity, type TermCounts } from './bm25.ts';
import { documentTerms, ownTerms, queryTerms, type WeightedTerms } from './tokens.ts';

export type CaseQuestion = {
  readonly alertName?: string | undefined;
  readonly service?: string | undefined;
  readonly cause?: CauseCode | undefined;
  readonly words?: string | undefined;
};

/**
 * What makes two incidents alike, and how much. Facets that a question leaves out do not count; the rest is scaled so that
 * a case that agrees in everything that was asked is 1.
 */
export const similarityWeights = { cause: 0.35, alertName: 0.25, service: 0.2, words: 0.2 } as const;

/** The same area of causes, such as another wrong probe. */
const sameArea = 0.4;
/** Names that share words, `HighErrorRate` and `ErrorRateHigh`, at most. */
const likeName = 0.7;
/** Below this a case has nothing to say. */
const leastSimilarity = 0.15;

function causeLikeness(a: CauseCode | undefined, b: CauseCode): number {
  if (a === b) return 1;
  return a !== undefined && a.split('.')[0] === b.split('.')[0] ? sameArea : 0;
}

/** Dice's coefficient of the words of two names. */
function nameLikeness(a: string, b: string): number {
  if (a === b) return 1;
  const [ours, theirs] = [new Set(documentTerms(a)), new Set(documentTerms(b))];
  // The whole name is a term too, and never shared here.
  ours.delete(a.toLowerCase());
  theirs.delete(b.toLowerCase());
  const shared = [...ours].filter((word) => theirs.has(word)).length;
  return shared === 0 ? 0 : (likeName * 2 * shared) / (ours.size + theirs.size);
}

/** A case that holds this share of the worth of a question's own words speaks of the same thing. */
const enoughShared = 2 / 3;

/** How much of a question a document holds: worth (weight by rarity) of what is shared against that of its own words. */
function wordLikeness(
  asked: { readonly own: WeightedTerms; readonly all: WeightedTerms },
  document: TermCounts,
  worthOf: (term: string) => number,
): number {
  const sum = (terms: WeightedTerms, counts: (term: string) => boolean): number =>
    [...terms].reduce((worth, [term, weight]) => worth + (counts(term) ? weight * worthOf(term) : 0), 0);
  const own = sum(asked.own, () => true);
  const shared = sum(asked.all, (term) => document.has(term));
  return own === 0 ? 0 : Math.min(1, shared / (enoughShared * own));
}

/** Rarity among the cases; a term that none of them holds counts like one that a single one holds. */
function worthAmong(terms: WeightedTerms, documents: readonly TermCounts[]): (term: string) => number {
  const rare = rarity(terms.keys(), documents);
  const most = Math.log(1 + (documents.length - 0.5) / 1.5);
  return (term) => Math.min(most, rare.get(term) ?? most);
}

function termsOfCase({ body }: StoredCase): TermCounts {
  const texts = [body.title, ...body.alertNames, body.service ?? '', ...body.symptoms, body.story];
  return countTerms([{ terms: texts.flatMap(documentTerms), weight: 1 }]);
}

type Facet = keyof typeof similarityWeights;

function likenessOf(
  question: CaseQuestion,
  { body }: StoredCase,
  words: number,
): Partial<Record<Facet, number>> {
  const { cause, alertName, service } = question;
  return {
    ...(cause === undefined ? {} : { cause: causeLikeness(body.cause, cause) }),
    ...(alertName === undefined
      ? {}
      : { alertName: Math.max(0, ...body.alertNames.map((name) => nameLikeness(name, alertName))) }),
    ...(service === undefined ? {} : { service: body.service === service ? 1 : 0 }),
    ...(question.words === undefined ? {} : { words }),
  };
}

function weighted(likeness: Partial<Record<Facet, number>>): number {
  let all = 0;
  let sum = 0;
  for (const facet of ['cause', 'alertName', 'service', 'words'] as const) {
    const value = likeness[facet];
    if (value === undefined) continue;
    all += similarityWeights[facet];
    sum += similarityWeights[facet] * value;
  }
  return all === 0 ? 0 : sum / all;
}

function similarCase(stored: StoredCase, similarity: number): SimilarCase {
  const { body, incidentId, openedAt, closedAt } = stored;
  return {
    ...{ id: incidentId, incidentId, title: body.title, outcome: body.outcome, closedAt },
    ...(body.cause === undefined ? {} : { cause: body.cause }),
    ...(body.object === undefined ? {} : { object: body.object }),
    steps: body.steps.map(({ action, outcome }) => ({ action, outcome })),
    durationSeconds: secondsBetween(openedAt, closedAt),
    // Two figures say all that such a number can.
    similarity: Number(Math.min(1, similarity).toFixed(2)),
  };
}

/** Cases by how alike they are to the question, the most alike first, then the newest. */
export function rankCases(question: CaseQuestion, cases: readonly StoredCase[]): SimilarCase[] {
  const words = question.words ?? '';
  const asked = { own: ownTerms(words), all: queryTerms(words) };
  const documents = cases.map(termsOfCase);
  const worthOf = worthAmong(asked.all, documents);
  return cases
    .map((stored, index) => {
      const likeness = wordLikeness(asked, documents[index] ?? new Map(), worthOf);
      return similarCase(stored, weighted(likenessOf(question, stored, likeness)));
    })
    .filter(({ similarity }) => similarity >= leastSimilarity)
    .sort((a, b) => b.similarity - a.similarity || (a.closedAt < b.closedAt ? 1 : -1));
}
