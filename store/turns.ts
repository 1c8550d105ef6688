import { z } from 'zod';
import { type AgentDecision, agentDecisionSchema, agentNames, agentTaskSchema } from '#domain/agent-turn.ts';
import { instantSchema } from '#domain/time.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export const turnSchema = z.object({
  incidentId: z.string(),
  workflowId: z.string(),
  /** Counts the turns of a workflow. */
  turnSeq: z.int(),
  agent: z.enum(agentNames),
  task: agentTaskSchema,
  round: z.int(),
  asOf: instantSchema,
  decision: agentDecisionSchema,
  reasoner: z.enum(['rules', 'model']),
  viewHash: z.string(),
});
export type Turn = z.infer<typeof turnSchema>;

const columns =
  'incident_id, workflow_id, turn_seq, agent, task, round, as_of, decision, reasoner, view_hash';

/** Keeps a turn's decision; the first one of a (workflowId, turnSeq) stays. Answers with what is kept. */
export async function putTurn(tx: Tx, turn: Turn): Promise<AgentDecision> {
  const { incidentId, workflowId, turnSeq, agent, task, round, asOf, decision, reasoner, viewHash } = turn;
  const inserted = await tx.query(
    `INSERT INTO turns (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING RETURNING turn_seq`,
    [incidentId, workflowId, turnSeq, agent, task, round, asOf, toJsonb(decision), reasoner, viewHash],
  );
  if (inserted.length === 0) return (await turnOf(tx, workflowId, turnSeq))?.decision ?? decision;
  const calls = decision.kind === 'tool-calls' ? decision.calls.length : undefined;
  const data = { workflowId, turnSeq, agent, task, round, kind: decision.kind, reasoner, calls };
  await appendEvent(tx, { incidentId, at: asOf, type: 'turn.taken', data });
  return decision;
}

/** The turn, or undefined where it was not taken yet. */
export async function turnOf(tx: Tx, workflowId: string, turnSeq: number): Promise<Turn | undefined> {
  const rows = await tx.query(`SELECT ${columns} FROM turns WHERE workflow_id = $1 AND turn_seq = $2`, [
    workflowId,
    turnSeq,
  ]);
  return parseFirst(turnSchema, rows);
}

/** All turns of an incident, remediations included, in the order in which they were taken. */
export async function turnsOf(tx: Tx, incidentId: string): Promise<Turn[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM turns WHERE incident_id = $1 ORDER BY as_of, workflow_id, turn_seq`,
    [incidentId],
  );
  return parseRows(turnSchema, rows);
}
