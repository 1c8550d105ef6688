import {
  Client,
  Connection,
  ScheduleNotFoundError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from '@temporalio/common';
import { UnderstudyError } from '#domain/errors.ts';
import { incidentIdOfWorkflow, workflowIds } from '#domain/ids.ts';
import { searchAttributes, taskQueues } from '#domain/task-queues.ts';
import { type AlertDelivered, type IncidentInput, signalNames, workflowTypes } from '#workflows/contracts.ts';
import { type DecideEvent, readDecideEvents } from './decide-events.ts';
import { asTemporalError } from './temporal-error.ts';

/** News for an incident's workflow, with what lists and headings show of the incident. */
export type IncidentNews = {
  readonly incidentId: string;
  readonly delivery: AlertDelivered;
  readonly severity: string;
  readonly title: string;
  readonly service?: string;
};

export type WorkflowTarget = { readonly workflowId: string; readonly runId?: string };
/** `closed` in whichever way: completed, failed, cancelled, terminated, timed out. */
export type WorkflowState =
  | { readonly state: 'running' }
  | { readonly state: 'closed'; readonly how: string }
  | { readonly state: 'absent' };

/** What the server asks of Temporal. Everything rejects with an `UnderstudyError`: `unavailable` while it is down. */
export type Workflows = {
  /** Tells an incident's workflow of a delivery, and starts it where there is none yet. */
  readonly deliver: (news: IncidentNews) => Promise<'taken' | 'workflow-closed'>;
  readonly signal: (target: WorkflowTarget, name: string, payload: unknown) => Promise<'sent' | 'gone'>;
  readonly stateOf: (workflowId: string) => Promise<WorkflowState>;
  /** Incidents whose workflow is open, as the visibility store has it: a little behind. */
  readonly openIncidents: () => Promise<ReadonlySet<string>>;
  /** The decisions in a run's history; `not-found` where there is no such run of a remediation. */
  readonly decideEvents: (target: Required<WorkflowTarget>) => Promise<readonly DecideEvent[]>;
  /** Has the patrol's schedule start a round now; one that is under way goes on. */
  readonly startPatrol: (name: string) => Promise<'started' | 'absent'>;
  readonly isReachable: () => Promise<boolean>;
  readonly close: () => Promise<void>;
};

/** Longer than Temporal's own calls take when it is well; shorter than anybody waits. */
const callTimeoutMs = 5_000;
/** Temporal refuses summaries above 400 bytes. */
const summaryMaxBytes = 300;
const keywordMaxLength = 200;

const keys = {
  phase: defineSearchAttributeKey(searchAttributes.phase, SearchAttributeType.KEYWORD),
  severity: defineSearchAttributeKey(searchAttributes.severity, SearchAttributeType.KEYWORD),
  service: defineSearchAttributeKey(searchAttributes.service, SearchAttributeType.KEYWORD),
};

/** As much of a text as fits when it is JSON; a title is the sender's and may be anything. */
function shortSummary(text: string): string {
  let short = text;
  while (Buffer.byteLength(JSON.stringify(short)) > summaryMaxBytes) {
    short = Array.from(short).slice(0, -10).join('');
  }
  return short;
}

function attributesOf(news: IncidentNews): TypedSearchAttributes {
  const service = news.service?.slice(0, keywordMaxLength);
  return new TypedSearchAttributes([
    { key: keys.phase, value: 'received' },
    { key: keys.severity, value: news.severity },
    ...(service === undefined ? [] : [{ key: keys.service, value: service }]),
  ]);
}

/** Connects when it is first used, and again whenever it has to. */
export function connectWorkflows(options: {
  readonly address: string;
  readonly namespace: string;
  readonly tenant: string;
}): Workflows {
  const { address, namespace, tenant } = options;
  // Without the client's own repeats: whoever calls here tries again by itself, and knows when to stop.
  const connection = Connection.lazy({ address, connectTimeout: callTimeoutMs, interceptors: [] });
  const client = new Client({ connection, namespace });

  const closing = new AbortController();

  /** Rejects when the time is up or the connection is given up: the client's own waits may outlast both. */
  function givingUp(): { readonly promise: Promise<never>; readonly cancel: () => void } {
    const { promise, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => {
      reject(new UnderstudyError('unavailable', `Temporal at ${address} does not answer`));
    };
    const timer = setTimeout(giveUp, callTimeoutMs);
    closing.signal.addEventListener('abort', giveUp);
    return {
      promise,
      cancel: () => {
        clearTimeout(timer);
        closing.signal.removeEventListener('abort', giveUp);
      },
    };
  }

  async function call<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise, cancel } = givingUp();
    try {
      const answer = connection.withDeadline(Date.now() + callTimeoutMs, work);
      // Given up, nobody listens to it any more; what it says then is nobody's concern.
      answer.catch(() => undefined);
      return await Promise.race([answer, promise]);
    } catch (error) {
      throw asTemporalError(error);
    } finally {
      cancel();
    }
  }

  async function deliver(news: IncidentNews): Promise<'taken' | 'workflow-closed'> {
    const input: IncidentInput = { tenant, incidentId: news.incidentId };
    try {
      await client.workflow.signalWithStart(workflowTypes.incident, {
        workflowId: workflowIds.incident(news.incidentId),
        taskQueue: taskQueues.main,
        args: [input],
        signal: signalNames.alertDelivered,
        signalArgs: [news.delivery],
        // An incident has one workflow, ever: what comes after it was closed belongs to a successor.
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        typedSearchAttributes: attributesOf(news),
        memo: { tenant },
        staticSummary: shortSummary(news.title),
      });
      return 'taken';
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'workflow-closed';
      throw error;
    }
  }

  async function stateOf(workflowId: string): Promise<WorkflowState> {
    try {
      const { status } = await client.workflow.getHandle(workflowId).describe();
      return status.name === 'RUNNING' ? { state: 'running' } : { state: 'closed', how: status.name };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { state: 'absent' };
      throw error;
    }
  }

  async function signal(target: WorkflowTarget, name: string, payload: unknown): Promise<'sent' | 'gone'> {
    try {
      await client.workflow.getHandle(target.workflowId, target.runId).signal(name, payload);
      return 'sent';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'gone';
      throw error;
    }
  }

  async function openIncidents(): Promise<ReadonlySet<string>> {
    const query = `WorkflowType = '${workflowTypes.incident}' AND ExecutionStatus = 'Running'`;
    const ids = new Set<string>();
    for await (const { workflowId } of client.workflow.list({ query, pageSize: 1000 })) {
      const incidentId = incidentIdOfWorkflow(workflowId);
      if (incidentId !== undefined) ids.add(incidentId);
    }
    return ids;
  }

  async function startPatrol(name: string): Promise<'started' | 'absent'> {
    try {
      await client.schedule.getHandle(workflowIds.patrol(name)).trigger();
      return 'started';
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return 'absent';
      throw error;
    }
  }

  return {
    startPatrol: (name) => call(() => startPatrol(name)),
    deliver: (news) => call(() => deliver(news)),
    signal: (target, name, payload) => call(() => signal(target, name, payload)),
    stateOf: (workflowId) => call(() => stateOf(workflowId)),
    openIncidents: () => call(openIncidents),
    decideEvents: (target) => call(() => readDecideEvents(client, target)),
    isReachable: async () => {
      try {
        await call(() => connection.workflowService.getSystemInfo({}));
        return true;
      } catch {
        return false;
      }
    },
    close: async () => {
      closing.abort();
      await connection.close();
    },
  };
}
