import { defineAgent } from '../define-agent.ts';
import { judge } from './judge.ts';
import { diagnosisContracts, questions } from './questions.ts';

/** Finds out what is wrong, and which smallest step would mend it. */
export const diagnosis = defineAgent({
  name: 'diagnosis',
  handles: ['diagnose'],
  tools: diagnosisContracts,
  rules: { diagnose: { needs: questions, judge } },
});
