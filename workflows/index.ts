// Temporal's bundler takes every export of this file as a workflow.
export { incidentWorkflow } from './incident.ts';
export { learningWorkflow } from './learning.ts';
export { patrolWorkflow } from './patrol.ts';
export { remediationWorkflow } from './remediation.ts';
