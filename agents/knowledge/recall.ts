import type { AgentView } from '#domain/agent-turn.ts';
import type { ToolCall } from '#domain/evidence.ts';
import { knowledgeSearchRunbooks, knowledgeSimilarCases } from '#domain/tools/knowledge.ts';
import { answersOf } from '../answers.ts';
import { ask } from '../ask.ts';
import type { TaskRules } from '../define-agent.ts';
import { subjectOf } from '../subject.ts';

export const recallContracts = [knowledgeSimilarCases, knowledgeSearchRunbooks] as const;

const mostCases = 5;
const mostRunbooks = 5;

function needs(view: AgentView): ToolCall[] {
  const { services, alertNames } = subjectOf(view);
  const words = [...alertNames, ...services, view.findings.triage?.title ?? view.incident.title]
    .join(' ')
    .slice(0, 400);
  return [
    ask(
      knowledgeSimilarCases,
      { alertName: alertNames[0], service: services[0], words, limit: mostCases },
      'what it was the last time',
    ),
    ask(knowledgeSearchRunbooks, { words }, 'what is written about it'),
  ];
}

/** Past cases that are alike, and runbooks that speak of it. */
export const recall: TaskRules<'recall'> = {
  needs,
  judge: (view) => {
    const cases = answersOf(view, knowledgeSimilarCases).flatMap(({ output }) => output.items);
    const runbooks = answersOf(view, knowledgeSearchRunbooks).flatMap(({ output }) => output.items);
    return {
      cases: cases
        .filter(({ incidentId }) => incidentId !== view.incident.id)
        .toSorted((a, b) => b.similarity - a.similarity)
        .slice(0, mostCases),
      runbooks: runbooks.slice(0, mostRunbooks),
    };
  },
};
