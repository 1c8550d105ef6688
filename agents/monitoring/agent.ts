import { defineAgent } from '../define-agent.ts';
import { observe, observeContracts } from './observe.ts';
import { verify, verifyContracts } from './verify.ts';

/** Sees what moved around an alert, and whether a step helped. */
export const monitoring = defineAgent({
  name: 'monitoring',
  handles: ['observe', 'verify'],
  tools: [...new Set([...observeContracts, ...verifyContracts])],
  rules: { observe, verify },
});
