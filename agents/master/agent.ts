import { defineAgent } from '../define-agent.ts';
import { conclude } from './conclude.ts';
import { triage } from './triage.ts';

/** Says what is at stake, and tells the story when it is over. */
export const master = defineAgent({
  name: 'master',
  handles: ['triage', 'conclude'],
  tools: [],
  rules: { triage, conclude },
});
