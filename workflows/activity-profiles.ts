import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type {
  ActionActivities,
  AgentActivities,
  IncidentActivities,
  PatrolActivities,
  RemediationActivities,
  ToolActivities,
} from '#activities/types.ts';
import { taskQueues } from '#domain/task-queues.ts';

/** What has not been heard of for so long has died with its process, and is begun again elsewhere. */
const heartbeatTimeout = '10s';

/** How each kind of activity is run. A record must get through however long the store is away; an act is tried once. */
const profiles = {
  /** Writes to our own store: repeated until it is back. */
  record: {
    taskQueue: taskQueues.main,
    startToCloseTimeout: '20s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' },
  },
  /** One thought: pure work on stored data, so a repeat is safe. */
  turn: {
    taskQueue: taskQueues.agents,
    startToCloseTimeout: '60s',
    heartbeatTimeout,
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  },
  /** One read. The activity turns a second failure into a stated gap, so it ends by itself. */
  read: {
    taskQueue: taskQueues.tools,
    startToCloseTimeout: '45s',
    heartbeatTimeout,
    retry: { initialInterval: '300ms', maximumInterval: '5s' },
  },
  /** A look over everything: many reads, none of them urgent. */
  patrol: {
    taskQueue: taskQueues.tools,
    startToCloseTimeout: '120s',
    heartbeatTimeout,
    retry: { initialInterval: '5s', maximumAttempts: 3 },
  },
  /** Looks at the target with the actor's account; changes nothing. */
  look: {
    taskQueue: taskQueues.actions,
    startToCloseTimeout: '30s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' },
  },
  /** One write: never repeated blindly; what became of it is looked at first. */
  act: {
    taskQueue: taskQueues.actions,
    startToCloseTimeout: '30s',
    // Long enough for a restart; a grant does not live longer.
    scheduleToStartTimeout: '4 minutes',
    retry: { maximumAttempts: 1 },
  },
} as const satisfies Readonly<Record<string, ActivityOptions>>;

export const recorders = proxyActivities<IncidentActivities & RemediationActivities>(profiles.record);
export const thinkers = proxyActivities<AgentActivities>(profiles.turn);
export const patrollers = proxyActivities<PatrolActivities>(profiles.patrol);
export const readers = proxyActivities<ToolActivities>(profiles.read);
export const lookers = proxyActivities<Pick<ActionActivities, 'prepareStep' | 'observeStep'>>(profiles.look);
export const actors = proxyActivities<Pick<ActionActivities, 'executeStep'>>(profiles.act);
