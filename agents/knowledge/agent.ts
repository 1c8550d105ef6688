import { defineAgent } from '../define-agent.ts';
import { learn } from './learn.ts';
import { recall, recallContracts } from './recall.ts';

/** Remembers: what was alike before, and what is to be kept of this one. */
export const knowledge = defineAgent({
  name: 'knowledge',
  handles: ['recall', 'learn'],
  tools: recallContracts,
  rules: { recall, learn },
});
