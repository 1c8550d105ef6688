import type { ToolInput } from '#domain/tools/define-tool.ts';
import {
  knowledgeSearchRunbooks,
  knowledgeSimilarCases,
  type Runbook,
  type SimilarCase,
} from '#domain/tools/knowledge.ts';
import { digestOfPage } from '../runtime/digest.ts';
import { implement } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';
import { defineToolServer, type ToolServer } from '../runtime/server.ts';

type CaseQuestion = Omit<ToolInput<typeof knowledgeSimilarCases>, 'limit'>;
type RunbookQuestion = Pick<ToolInput<typeof knowledgeSearchRunbooks>, 'words' | 'cause'>;

/** Where the answers come from; both lists are ranked, the best first. */
export type KnowledgeSource = {
  readonly similarCases: (question: CaseQuestion) => Promise<readonly SimilarCase[]>;
  readonly searchRunbooks: (question: RunbookQuestion) => Promise<readonly Runbook[]>;
};

function lineOfCase(one: SimilarCase): string {
  const steps = one.steps.map(({ action, outcome }) => `${action} (${outcome})`).join(', ');
  const cause = one.cause === undefined ? 'cause unknown' : one.cause;
  const took = `${Math.round(one.durationSeconds / 60)} min`;
  return `${one.similarity} ${one.title}: ${cause}; ${one.outcome} after ${took} by ${steps || 'no step'} (incident ${one.incidentId}, ${one.closedAt})`;
}

/** A digest has room for a few texts: the first of each is what is to be done. */
const mostTextChars = 340;

function lineOfRunbook(runbook: Runbook): string {
  const text = runbook.text.replace(/\s+/g, ' ').slice(0, mostTextChars);
  return `${runbook.id} "${runbook.title}" for ${runbook.causes.join(', ')}; followed ${runbook.used}x, helped ${runbook.helped}x: ${text}`;
}

/** Searches what was learned and what is written down. */
export function createKnowledgeServer(options: { readonly source: KnowledgeSource }): ToolServer {
  const { source } = options;
  return defineToolServer({
    name: 'knowledge',
    version: '1',
    tools: [
      implement(
        knowledgeSimilarCases,
        async ({ limit, ...question }) => {
          const cases = await source.similarCases(question);
          const hint = cases.length === 0 ? 'nothing like it was closed before' : undefined;
          return pageOfList(cases, { limit }, { hint });
        },
        { digest: (page) => digestOfPage(page, lineOfCase) },
      ),
      implement(
        knowledgeSearchRunbooks,
        async ({ words, cause, ...page }) => {
          const runbooks = await source.searchRunbooks({ words, cause });
          const hint =
            runbooks.length === 0 ? 'no runbook fits; try other words, or leave out the cause' : undefined;
          return pageOfList(runbooks, page, { hint });
        },
        { digest: (page) => digestOfPage(page, lineOfRunbook) },
      ),
    ],
  });
}
