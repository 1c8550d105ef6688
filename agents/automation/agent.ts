import { defineAgent } from '../define-agent.ts';
import { plan } from './plan.ts';

/** Makes a plan of steps that the catalogue of actions knows. */
export const automation = defineAgent({ name: 'automation', handles: ['plan'], tools: [], rules: { plan } });
