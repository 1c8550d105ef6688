import type { WeightedTerms } from './tokens.ts';

/** How often each term stands in a document; fields that count more have their terms counted more often. */
export type TermCounts = ReadonlyMap<string, number>;

/** Saturation of repeated terms and normalisation by length: the usual values of Robertson and Zaragoza (2009). */
const k1 = 1.2;
const b = 0.75;

export function countTerms(
  fields: readonly { readonly terms: readonly string[]; readonly weight: number }[],
): TermCounts {
  const counts = new Map<string, number>();
  for (const { terms, weight } of fields) {
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + weight);
  }
  return counts;
}

const lengthOf = (document: TermCounts): number =>
  [...document.values()].reduce((sum, count) => sum + count, 0);

/** How rare each term is among the documents: `ln(1 + (N − n + 0.5) / (n + 0.5))`, never negative. */
export function rarity(
  terms: Iterable<string>,
  documents: readonly TermCounts[],
): ReadonlyMap<string, number> {
  return new Map(
    [...terms].map((term) => {
      const holding = documents.filter((document) => document.has(term)).length;
      return [term, Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5))];
    }),
  );
}

/**
 * BM25 scores of documents for a question, in the order of the documents; 0 where no term is shared. Robertson and Zaragoza,
 * "The Probabilistic Relevance Framework: BM25 and Beyond" (2009); rarity is taken from the given documents.
 */
export function bm25(documents: readonly TermCounts[], query: WeightedTerms): number[] {
  const rare = rarity(query.keys(), documents);
  const lengths = documents.map(lengthOf);
  const average = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, documents.length);
  return documents.map((document, index) => {
    const norm = k1 * (1 - b + (b * (lengths[index] ?? 0)) / Math.max(1, average));
    let score = 0;
    for (const [term, weight] of query) {
      const count = document.get(term) ?? 0;
      if (count > 0) score += weight * (rare.get(term) ?? 0) * ((count * (k1 + 1)) / (count + norm));
    }
    return score;
  });
}
