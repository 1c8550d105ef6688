import { defineAgent } from '../define-agent.ts';
import { judge } from './judge.ts';
import { diagnosisContracts, optionalContracts, questions } from './questions.ts';

/** Finds out what is wrong, and which smallest step would mend it. */
export const diagnosis = defineAgent({
  name: 'diagnosis',
  handles: ['diagnose'],
  tools: [...diagnosisContracts, ...optionalContracts],
  rules: { diagnose: { needs: questions, judge } },
});
