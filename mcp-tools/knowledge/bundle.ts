import { knowledgeSearchRunbooks, knowledgeSimilarCases } from '#domain/tools/knowledge.ts';
import { implement, type ToolImplementation } from '../runtime/implement.ts';
import { pageOfList } from '../runtime/paging.ts';

/** A bundle remembers nothing: no case and no runbook comes with it. */
export function knowledgeOfBundle(): ToolImplementation[] {
  return [
    implement(knowledgeSimilarCases, async ({ limit }) => pageOfList([], { limit })),
    implement(knowledgeSearchRunbooks, async (input) => pageOfList([], input)),
  ];
}
