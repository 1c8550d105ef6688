import { ApplicationFailure } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';
import type { FindingBrief, TakeTurnInput, TurnRef } from '#activities/types.ts';
import type { AgentTask } from '#domain/agent-turn.ts';
import { agentTasks } from '#domain/agent-turn.ts';
import type { ToolCall } from '#domain/evidence.ts';
import type { RemediationResult } from '#domain/plan.ts';
import { fromMs, type Instant } from '#domain/time.ts';
import { readers, thinkers } from './activity-profiles.ts';

/** Rounds of questions that an agent may ask in one task. */
const roundCap = 6;

/** What a workflow has on its desk while agents take turns: numbers and ids, never the data. */
export type Desk = {
  readonly tenant: string;
  readonly incidentId: string;
  readonly workflowId: string;
  turnSeq: number;
  callSeq: number;
  /** Evidence of the present look; a new look starts with none. */
  evidenceIds: string[];
  findings: Partial<Record<AgentTask, TurnRef>>;
  results: RemediationResult[];
};

/**
 * A workflow is what its id says: one that somebody started by hand under another id would work on the same rows beside
 * the real one.
 * @returns the workflow's id
 * @throws a failure that is not tried again where the id is another
 */
export function requireOwnId(expected: string): string {
  const { workflowId } = workflowInfo();
  if (workflowId !== expected)
    throw ApplicationFailure.nonRetryable(`this work belongs to workflow ${expected}, not to ${workflowId}`);
  return workflowId;
}

/** The workflow's own now: deterministic, and the only time that reasoning sees. */
export function workflowNow(): Instant {
  return fromMs(Date.now());
}

type TaskExtras = Pick<TakeTurnInput, 'planNo' | 'actedAt' | 'outcome'>;
export type TaskAnswer =
  | { readonly kind: 'finding'; readonly brief: FindingBrief }
  | { readonly kind: 'hand-over'; readonly reason: string };

async function callTools(desk: Desk, calls: readonly ToolCall[], asOf: Instant): Promise<void> {
  const numbered = calls.map((call) => {
    desk.callSeq += 1;
    return { call, callSeq: desk.callSeq };
  });
  const receipts = await Promise.all(
    numbered.map(({ call, callSeq }) =>
      readers.callTool.executeWithOptions({ summary: `${call.tool}: ${call.why}`.slice(0, 180) }, [
        {
          tenant: desk.tenant,
          incidentId: desk.incidentId,
          workflowId: desk.workflowId,
          callSeq,
          call,
          asOf,
        },
      ]),
    ),
  );
  desk.evidenceIds.push(...receipts.map((receipt) => receipt.id));
}

/**
 * Has the agent of a task think until it has its finding: a turn, the calls that it asks for, another turn.
 * Every turn and every call is an activity of its own, visible by name and retried alone.
 */
export async function runTask(
  desk: Desk,
  task: AgentTask,
  asOf: Instant,
  extras: TaskExtras = {},
): Promise<TaskAnswer> {
  for (let round = 0; ; round += 1) {
    desk.turnSeq += 1;
    const turn: TurnRef = { workflowId: desk.workflowId, turnSeq: desk.turnSeq };
    const answer = await thinkers.takeTurn.executeWithOptions(
      { summary: `${agentTasks[task]}: ${task}, round ${round + 1}` },
      [
        {
          ...turn,
          ...extras,
          tenant: desk.tenant,
          incidentId: desk.incidentId,
          task,
          round,
          asOf,
          evidenceIds: desk.evidenceIds,
          findings: desk.findings,
          results: desk.results,
        },
      ],
    );
    if (answer.kind === 'finding') {
      desk.findings[task] = turn;
      return answer;
    }
    if (answer.kind === 'hand-over') return answer;
    if (round >= roundCap)
      return { kind: 'hand-over', reason: `the ${agentTasks[task]} agent asked without end` };
    await callTools(desk, answer.calls, asOf);
  }
}

/** The brief of a finished task; `undefined` where the agent handed over. */
export async function briefOf<Task extends AgentTask>(
  desk: Desk,
  task: Task,
  asOf: Instant,
  extras: TaskExtras = {},
): Promise<Extract<FindingBrief, { task: Task }> | undefined> {
  const answer = await runTask(desk, task, asOf, extras);
  return answer.kind === 'finding' && isBriefOf(answer.brief, task) ? answer.brief : undefined;
}

function isBriefOf<Task extends AgentTask>(
  brief: FindingBrief,
  task: Task,
): brief is Extract<FindingBrief, { task: Task }> {
  return brief.task === task;
}
