import { z } from 'zod';
import {
  type Gate,
  type GateStatus,
  gateSchema,
  type JudgedDecision,
  judgedDecisionSchema,
} from '#domain/gate.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

const rowSchema = z
  .object({
    body: gateSchema,
    status: gateSchema.shape.status,
    escalatedAt: instantSchema.optional(),
    closedAt: instantSchema.optional(),
  })
  .transform(
    ({ body, status, escalatedAt, closedAt }): Gate => ({
      ...body,
      status,
      ...(escalatedAt === undefined ? {} : { escalatedAt }),
      ...(closedAt === undefined ? {} : { closedAt }),
    }),
  );

const columns = 'body, status, escalated_at, closed_at';

/** Opens a gate; one that is there stays as it is. */
export async function openGate(tx: Tx, gate: Gate): Promise<void> {
  const { gateId, incidentId, planNo, stepNo, openedAt, expiresAt } = gate;
  const inserted = await tx.query(
    `INSERT INTO gates (gate_id, incident_id, plan_no, step_no, status, body, opened_at, expires_at)
     VALUES ($1, $2, $3, $4, 'open', $5, $6, $7) ON CONFLICT DO NOTHING RETURNING gate_id`,
    [gateId, incidentId, planNo, stepNo, toJsonb(gate), openedAt, expiresAt],
  );
  if (inserted.length === 0) return;
  const { argsHash, action, object, riskClass, needs, what, why, undo } = gate;
  const question = { gateId, planNo, stepNo, argsHash, action, object, riskClass, needs, what, why, undo };
  const data = { ...question, expiresAt };
  await appendEvent(tx, { incidentId, at: openedAt, type: 'gate.opened', data });
}

/** The gate, or undefined. */
export async function getGate(tx: Tx, gateId: string): Promise<Gate | undefined> {
  return parseFirst(rowSchema, await tx.query(`SELECT ${columns} FROM gates WHERE gate_id = $1`, [gateId]));
}

/** The gate, kept from any other change until the transaction ends. */
export async function lockGate(tx: Tx, gateId: string): Promise<Gate | undefined> {
  const rows = await tx.query(`SELECT ${columns} FROM gates WHERE gate_id = $1 FOR UPDATE`, [gateId]);
  return parseFirst(rowSchema, rows);
}

/** Gates, the newest first. */
export async function listGates(
  tx: Tx,
  query: { readonly status?: GateStatus; readonly limit: number },
): Promise<Gate[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM gates WHERE ($1::text IS NULL OR status = $1)
     ORDER BY opened_at DESC, gate_id LIMIT $2`,
    [query.status ?? null, query.limit],
  );
  return parseRows(rowSchema, rows);
}

/** All gates of an incident, in the order in which they were opened. */
export async function gatesOf(tx: Tx, incidentId: string): Promise<Gate[]> {
  const rows = await tx.query(
    `SELECT ${columns} FROM gates WHERE incident_id = $1 ORDER BY opened_at, gate_id`,
    [incidentId],
  );
  return parseRows(rowSchema, rows);
}

/**
 * Who has changed a step on its way to this gate, by edits that were accepted on its earlier ones. They may not approve
 * what they made of it.
 */
export async function editorsBefore(
  tx: Tx,
  gate: Pick<Gate, 'incidentId' | 'planNo' | 'stepNo' | 'attempt'>,
): Promise<string[]> {
  const rows = await tx.query(
    `SELECT DISTINCT d.claimed_user FROM decisions d JOIN gates g ON g.gate_id = d.gate_id
     WHERE g.incident_id = $1 AND g.plan_no = $2 AND g.step_no = $3 AND (g.body->>'attempt')::int < $4
       AND d.accepted AND d.body->>'decision' = 'edit' AND d.claimed_user IS NOT NULL ORDER BY 1`,
    [gate.incidentId, gate.planNo, gate.stepNo, gate.attempt],
  );
  return parseRows(z.object({ claimedUser: z.string() }), rows).map((row) => row.claimedUser);
}

/** Closes an open gate; false where it is not open any more. */
export async function setGateStatus(
  tx: Tx,
  gateId: string,
  status: Exclude<GateStatus, 'open'>,
  at: Instant,
): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE gates SET status = $2, closed_at = $3 WHERE gate_id = $1 AND status = 'open' RETURNING incident_id`,
    [gateId, status, at],
  );
  const closed = parseFirst(incidentOfGate, rows);
  if (closed === undefined) return false;
  const { incidentId } = closed;
  await appendEvent(tx, { incidentId, at, type: 'gate.closed', data: { gateId, status } });
  return true;
}

const incidentOfGate = z.object({ incidentId: z.string() });

/** Notes that an open gate was brought to the next in line; once. */
export async function markEscalated(tx: Tx, gateId: string, at: Instant): Promise<void> {
  const rows = await tx.query(
    `UPDATE gates SET escalated_at = $2 WHERE gate_id = $1 AND status = 'open' AND escalated_at IS NULL
     RETURNING incident_id`,
    [gateId, at],
  );
  const escalated = parseFirst(incidentOfGate, rows);
  if (escalated === undefined) return;
  const { incidentId } = escalated;
  await appendEvent(tx, { incidentId, at, type: 'gate.escalated', data: { gateId } });
}

/**
 * Notes when a gate's workflow was first told that it is approved, and answers with that moment: from then on the time
 * runs in which a grant may be given.
 */
export async function markApprovalTold(tx: Tx, gateId: string, at: Instant): Promise<Instant> {
  const rows = await tx.query(
    `UPDATE gates SET approval_told_at = coalesce(approval_told_at, $2) WHERE gate_id = $1 RETURNING approval_told_at`,
    [gateId, at],
  );
  return parseFirst(z.object({ approvalToldAt: instantSchema }), rows)?.approvalToldAt ?? at;
}

/** Keeps a judged decision; an event is judged once. False where it had been judged before. */
export async function putDecision(tx: Tx, judged: JudgedDecision): Promise<boolean> {
  const { runId, eventId, gateId, at, user, verdict, accepted } = judged;
  const inserted = await tx.query(
    `INSERT INTO decisions (run_id, event_id, gate_id, at, claimed_user, verdict, accepted, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING event_id`,
    [runId, eventId, gateId, at, user ?? null, verdict, accepted, toJsonb(judged)],
  );
  if (inserted.length === 0) return false;
  const gate = parseFirst(
    incidentOfGate,
    await tx.query('SELECT incident_id FROM gates WHERE gate_id = $1', [gateId]),
  );
  if (gate !== undefined) {
    const { decision, channel, reason } = judged;
    const data = { gateId, decision, user, channel, reason, accepted, verdict };
    await appendEvent(tx, { incidentId: gate.incidentId, at, type: 'gate.decision', data });
  }
  return true;
}

const decisionRowSchema = z.object({ body: judgedDecisionSchema }).transform((row) => row.body);

/** All judged decisions of a gate, accepted or not, in the order of their events. */
export async function decisionsOf(tx: Tx, gateId: string): Promise<JudgedDecision[]> {
  const rows = await tx.query('SELECT body FROM decisions WHERE gate_id = $1 ORDER BY event_id', [gateId]);
  return parseRows(decisionRowSchema, rows);
}

/** Numbers of the events of a run that have been judged, for whichever gate. */
export async function judgedEventIds(tx: Tx, runId: string): Promise<Set<number>> {
  const rows = await tx.query('SELECT event_id FROM decisions WHERE run_id = $1', [runId]);
  return new Set(parseRows(z.object({ eventId: z.int() }), rows).map((row) => row.eventId));
}

/** How many decisions in a user's name had a verdict in a span of time. */
export async function countVerdicts(
  tx: Tx,
  query: {
    readonly user: string;
    readonly verdict: string;
    readonly from: Instant;
    readonly to: Instant;
  },
): Promise<number> {
  const rows = await tx.query(
    `SELECT count(*) AS n FROM decisions
     WHERE claimed_user = $1 AND NOT accepted AND verdict = $2 AND at >= $3 AND at <= $4`,
    [query.user, query.verdict, query.from, query.to],
  );
  return parseFirst(z.object({ n: z.int() }), rows)?.n ?? 0;
}
