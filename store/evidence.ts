import { z } from 'zod';
import { type Evidence, evidenceSchema } from '#domain/evidence.ts';
import { instantSchema } from '#domain/time.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export type NewEvidence = {
  readonly incidentId: string;
  readonly workflowId: string;
  /** Counts the calls of a workflow. */
  readonly callSeq: number;
  readonly evidence: Evidence;
  readonly durationMs: number;
};

const bodySchema = z.object({ body: evidenceSchema });

/**
 * Keeps what a tool call brought, with a row for the call. The first one of a (workflowId, callSeq) stays: a call that is
 * repeated after a crash must not change what has been reasoned on. Answers with what is kept.
 */
export async function putEvidence(tx: Tx, entry: NewEvidence): Promise<Evidence> {
  const { incidentId, workflowId, callSeq, evidence } = entry;
  const { server, tool, arguments: args, why } = evidence.call;
  const durationMs = Math.round(entry.durationMs);
  const outcome = evidence.error?.code ?? 'ok';
  const known = await evidenceOfCall(tx, workflowId, callSeq);
  if (known !== undefined) return known;
  await tx.query('INSERT INTO evidence (id, incident_id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    evidence.id,
    incidentId,
    toJsonb(evidence),
  ]);
  const inserted = await tx.query(
    `INSERT INTO tool_calls
       (workflow_id, call_seq, incident_id, evidence_id, server, tool, arguments, why, as_of, duration_ms, outcome)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT DO NOTHING RETURNING call_seq`,
    [
      ...[workflowId, callSeq, incidentId, evidence.id, server, tool, toJsonb(args), why, evidence.asOf],
      ...[durationMs, outcome],
    ],
  );
  if (inserted.length > 0) {
    const data = { workflowId, callSeq, evidenceId: evidence.id, server, tool, why, durationMs, outcome };
    await appendEvent(tx, { incidentId, at: evidence.asOf, type: 'tool.called', data });
  }
  return (await evidenceOfCall(tx, workflowId, callSeq)) ?? evidence;
}

/** Evidence in the order of the ids; ids that are not known are left out. */
export async function evidenceByIds(tx: Tx, ids: readonly string[]): Promise<Evidence[]> {
  if (ids.length === 0) return [];
  const rows = await tx.query(
    `SELECT e.body FROM unnest($1::text[]) WITH ORDINALITY AS asked(id, place)
     JOIN evidence e ON e.id = asked.id ORDER BY asked.place`,
    [ids],
  );
  return parseRows(bodySchema, rows).map((row) => row.body);
}

/** What a workflow's call brought, or undefined where it was not made yet. */
export async function evidenceOfCall(
  tx: Tx,
  workflowId: string,
  callSeq: number,
): Promise<Evidence | undefined> {
  const rows = await tx.query(
    `SELECT e.body FROM tool_calls c JOIN evidence e ON e.id = c.evidence_id
     WHERE c.workflow_id = $1 AND c.call_seq = $2`,
    [workflowId, callSeq],
  );
  return parseFirst(bodySchema, rows)?.body;
}

export const toolCallRowSchema = z.object({
  workflowId: z.string(),
  callSeq: z.int(),
  evidenceId: z.string(),
  server: z.string(),
  tool: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  why: z.string(),
  asOf: instantSchema,
  durationMs: z.int(),
  /** `ok`, or the code of the error. */
  outcome: z.string(),
  digest: z.string(),
});
export type ToolCallRow = z.infer<typeof toolCallRowSchema>;

/** A page of what the calls of an incident brought, in the order in which they were asked for. */
export async function evidenceOfIncident(
  tx: Tx,
  incidentId: string,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<Evidence[]> {
  const rows = await tx.query(
    `SELECT e.body FROM tool_calls c JOIN evidence e ON e.id = c.evidence_id
     WHERE c.incident_id = $1 ORDER BY c.as_of, c.workflow_id, c.call_seq LIMIT $2 OFFSET $3`,
    [incidentId, limit, offset],
  );
  return parseRows(bodySchema, rows).map((row) => row.body);
}

/** The calls of an incident in the order in which they were asked for, without what they brought. */
export async function toolCallsOf(tx: Tx, incidentId: string): Promise<ToolCallRow[]> {
  const rows = await tx.query(
    `SELECT c.workflow_id, c.call_seq, c.evidence_id, c.server, c.tool, c.arguments, c.why, c.as_of, c.duration_ms,
       c.outcome, left(e.body->>'digest', 2000) AS digest
     FROM tool_calls c JOIN evidence e ON e.id = c.evidence_id
     WHERE c.incident_id = $1 ORDER BY c.as_of, c.workflow_id, c.call_seq`,
    [incidentId],
  );
  return parseRows(toolCallRowSchema, rows);
}
