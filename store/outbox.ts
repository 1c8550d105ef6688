import { z } from 'zod';
import { type Incident, incidentSchema } from '#domain/incident.ts';
import { type Instant, instantSchema } from '#domain/time.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

/** News for an incident's workflow that Temporal has not taken yet. */
export const outboxItemSchema = z.object({
  id: z.int(),
  groupId: z.string(),
  incidentId: z.string(),
  deliveryId: z.string(),
  deliveryNo: z.int(),
  status: z.enum(['firing', 'resolved']),
  attempts: z.int(),
  severity: z.string(),
  service: z.string().optional(),
  title: z.string(),
});
export type OutboxItem = z.infer<typeof outboxItemSchema>;

/**
 * Claims news: the first of each group, so that order within a group holds; the worst severity first across groups.
 * A claim runs out after the lease, so that what a process that died has claimed goes to another.
 */
export async function claimOutbox(
  tx: Tx,
  query: { readonly limit: number; readonly at: Instant; readonly leaseMs: number },
): Promise<OutboxItem[]> {
  const rows = await tx.query(
    `WITH claimed AS (
       SELECT o.tenant_id, o.id FROM outbox o
       WHERE o.next_at <= $2 AND NOT EXISTS (
         SELECT 1 FROM outbox earlier WHERE earlier.group_id = o.group_id AND earlier.id < o.id)
       ORDER BY o.severity_rank, o.id LIMIT $1 FOR UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE outbox o SET next_at = $2::timestamptz + make_interval(secs => $3)
       FROM claimed c WHERE o.tenant_id = c.tenant_id AND o.id = c.id
       RETURNING o.*
     )
     SELECT t.id, t.group_id, t.incident_id, t.delivery_id, t.delivery_no, t.status, t.attempts, i.severity,
       i.service, i.title
     FROM taken t JOIN incidents i ON i.id = t.incident_id ORDER BY t.severity_rank, t.id`,
    [query.limit, query.at, query.leaseMs / 1000],
  );
  return parseRows(outboxItemSchema, rows);
}

/** Done: Temporal has answered. */
export async function completeOutbox(tx: Tx, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('DELETE FROM outbox WHERE id = ANY($1::bigint[])', [ids]);
}

/** Not done: to be tried again from then on. The rest of its group waits behind it. */
export async function retryOutbox(
  tx: Tx,
  items: readonly { readonly id: number; readonly error: string }[],
  notBefore: Instant,
): Promise<void> {
  for (const { id, error } of items) {
    await tx.query('UPDATE outbox SET attempts = attempts + 1, next_at = $2, last_error = $3 WHERE id = $1', [
      id,
      notBefore,
      error.slice(0, 500),
    ]);
  }
}

const backlogSchema = z.object({ waiting: z.int(), oldest: instantSchema.optional() });
/** How much waits, and since when the oldest. */
export type Backlog = z.infer<typeof backlogSchema>;

export async function outboxBacklog(tx: Tx): Promise<Backlog> {
  const rows = await tx.query('SELECT count(*) AS waiting, min(created_at) AS oldest FROM outbox');
  return parseFirst(backlogSchema, rows) ?? { waiting: 0 };
}

/** Puts the last delivery of an incident into the outbox again; false where something waits there already. */
export async function requeueLastDelivery(tx: Tx, incidentId: string, at: Instant): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO outbox (group_id, incident_id, delivery_id, delivery_no, status, severity_rank, created_at, next_at)
     SELECT d.group_id, d.incident_id, d.id, d.delivery_no, d.status, 1, $2, $2 FROM deliveries d
     WHERE d.incident_id = $1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.incident_id = $1)
     ORDER BY d.delivery_no DESC LIMIT 1
     RETURNING id`,
    [incidentId, at],
  );
  return rows.length > 0;
}

/**
 * Open incidents of which nothing is on its way to their workflow and that have been left alone since a moment: the ones
 * whose workflow must be there. By id; `afterId` goes on where a page ended.
 */
export async function settledIncidents(
  tx: Tx,
  query: { readonly updatedBefore: Instant; readonly afterId?: string; readonly limit: number },
): Promise<Incident[]> {
  const rows = await tx.query(
    `SELECT * FROM incidents i
     WHERE i.status = 'open' AND i.updated_at < $1 AND ($2::uuid IS NULL OR i.id > $2)
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.incident_id = i.id)
     ORDER BY i.id LIMIT $3`,
    [query.updatedBefore, query.afterId ?? null, query.limit],
  );
  return parseRows(incidentSchema, rows);
}
