/** Temporal task queues. One process polls workflows; the others run activities only. */
export const taskQueues = {
  /** Workflows and quick activities. */
  main: 'understudy-main',
  /** Agents' turns; rate limited. */
  agents: 'understudy-agents',
  /** Reads through tool servers. */
  tools: 'understudy-tools',
  /** Writes: an own process with its own credentials. */
  actions: 'understudy-actions',
} as const;

/** Search attributes, all of type Keyword, that let the Temporal UI list what matters. */
export const searchAttributes = {
  phase: 'UnderstudyPhase',
  severity: 'UnderstudySeverity',
  service: 'UnderstudyService',
  risk: 'UnderstudyRisk',
} as const;
