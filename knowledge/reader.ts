import type { Runbook, SimilarCase } from '#domain/tools/knowledge.ts';
import type { CaseQuery, StoredCase } from '#store/cases.ts';
import type { candidateRunbooks, StoredRunbook } from '#store/runbooks.ts';
import { type RunbookQuestion, rankRunbooks } from './search-runbooks.ts';
import { type CaseQuestion, rankCases } from './similar-cases.ts';
import { queryTerms } from './tokens.ts';

/** The store's coarse sieves, bound to a tenant. */
export type KnowledgeSource = {
  readonly candidateCases: (query: CaseQuery) => Promise<readonly StoredCase[]>;
  readonly candidateRunbooks: (
    query: Parameters<typeof candidateRunbooks>[1],
  ) => Promise<readonly StoredRunbook[]>;
  readonly listRunbooks: () => Promise<readonly StoredRunbook[]>;
};

/** What the `knowledge` tool server reads; the best comes first. */
export type KnowledgeReader = {
  readonly similarCases: (question: CaseQuestion) => Promise<readonly SimilarCase[]>;
  readonly searchRunbooks: (question: RunbookQuestion) => Promise<readonly Runbook[]>;
};

/** Candidates that are ranked; the sieve already puts the likeliest first. */
const mostCases = 200;
const mostRunbooks = 200;

function withoutTerms({ searchTerms: _terms, ...runbook }: StoredRunbook): Runbook {
  return runbook;
}

function present<Question extends object>(question: Question) {
  return Object.fromEntries(Object.entries(question).filter(([, value]) => value !== undefined));
}

export function createKnowledgeReader(source: KnowledgeSource): KnowledgeReader {
  return {
    similarCases: async ({ words, ...facets }) => {
      const question = { ...facets, ...(words === undefined || words.trim() === '' ? {} : { words }) };
      const tokens = [...queryTerms(words ?? '').keys()];
      const candidates = await source.candidateCases({ ...present(facets), tokens, limit: mostCases });
      return rankCases(question, candidates);
    },
    searchRunbooks: async ({ words, cause }) => {
      const asked = words === undefined || words.trim() === '' ? undefined : words;
      if (asked === undefined && cause === undefined) {
        return (await source.listRunbooks()).map(withoutTerms);
      }
      const tokens = [...queryTerms(asked ?? '').keys()];
      const candidates = await source.candidateRunbooks({
        tokens,
        ...(cause === undefined ? {} : { cause }),
        limit: mostRunbooks,
      });
      return rankRunbooks({ words: asked, cause }, candidates).map(withoutTerms);
    },
  };
}
