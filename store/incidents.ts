import { z } from 'zod';
import { type Incident, incidentSchema, type Outcome, type Phase } from '#domain/incident.ts';
import type { Severity } from '#domain/severity.ts';
import type { Instant } from '#domain/time.ts';
import { appendEvent } from './events.ts';
import { storableText } from './jsonb.ts';
import { parseFirst, parseRows } from './row.ts';
import type { Tx } from './tx.ts';

const columns = `id, source, group_key, status, phase, severity, title, service, cluster, environment, belief, outcome,
  reopen_of, taken_over_by, delivery_count, opened_at, updated_at, closed_at`;

/** The incident, or undefined where there is none of that id. */
export async function getIncident(tx: Tx, id: string): Promise<Incident | undefined> {
  return parseFirst(incidentSchema, await tx.query(`SELECT ${columns} FROM incidents WHERE id = $1`, [id]));
}

export type IncidentPage = { readonly items: readonly Incident[]; readonly nextCursor?: string };

/** Incidents, the newest first. `nextCursor` is there where more follow. */
export async function listIncidents(
  tx: Tx,
  query: { readonly status?: Incident['status']; readonly limit: number; readonly cursor?: string },
): Promise<IncidentPage> {
  const rows = await tx.query(
    `SELECT ${columns} FROM incidents
     WHERE ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [query.status ?? null, query.cursor ?? null, query.limit + 1],
  );
  const items = parseRows(incidentSchema, rows);
  const page = items.slice(0, query.limit);
  const last = page.at(-1);
  return items.length > page.length && last !== undefined
    ? { items: page, nextCursor: last.id }
    : { items: page };
}

const changedSchema = z.object({ id: z.string() });

/** Where the incident stands now. Writes nothing where it stands there already. */
export async function setPhase(tx: Tx, id: string, phase: Phase, at: Instant): Promise<void> {
  const rows = await tx.query(
    `UPDATE incidents SET phase = $2, updated_at = $3 WHERE id = $1 AND phase <> $2 AND status = 'open' RETURNING id`,
    [id, phase, at],
  );
  if (rows.length > 0) await appendEvent(tx, { incidentId: id, at, type: 'incident.phase', data: { phase } });
}

export type IncidentFields = {
  readonly severity?: Severity;
  readonly title?: string;
  readonly service?: string;
  readonly cluster?: string;
  readonly environment?: string;
  readonly belief?: string;
};

/** What has become known of the incident; fields that are not given stay. */
export async function updateIncident(tx: Tx, id: string, fields: IncidentFields, at: Instant): Promise<void> {
  const { severity, title, service, cluster, environment, belief } = fields;
  const given = [severity, title, service, cluster, environment, belief];
  const rows = await tx.query(
    `UPDATE incidents SET severity = coalesce($2, severity), title = coalesce($3, title),
       service = coalesce($4, service), cluster = coalesce($5, cluster),
       environment = coalesce($6, environment), belief = coalesce($7, belief), updated_at = $8
     WHERE id = $1 AND status = 'open' RETURNING id, phase`,
    [id, ...given.map((field) => (field === undefined ? null : storableText(field))), at],
  );
  const changed = parseFirst(changedSchema.extend({ phase: z.string() }), rows);
  if (changed === undefined) return;
  const data = { phase: changed.phase, severity, title, service, cluster, environment, belief };
  await appendEvent(tx, { incidentId: id, at, type: 'incident.phase', data });
}

/** A person says "I have it". The first one stays; false where somebody had it already or it is closed. */
export async function takeOver(tx: Tx, id: string, user: string, at: Instant): Promise<boolean> {
  const rows = await tx.query(
    `UPDATE incidents SET taken_over_by = $2, updated_at = $3
     WHERE id = $1 AND taken_over_by IS NULL AND status = 'open' RETURNING id`,
    [id, user, at],
  );
  if (rows.length === 0) return false;
  await appendEvent(tx, { incidentId: id, at, type: 'incident.taken-over', data: { user } });
  return true;
}

export type Closing = {
  /** The number of the last delivery that the closer has dealt with. */
  readonly expectedDeliveryCount: number;
  readonly outcome: Outcome;
  readonly at: Instant;
  /** For the story: why it was closed, where that is not plain from the outcome. */
  readonly reason?: string;
};

/**
 * Closes an incident if nothing has been delivered that the closer does not know of. False where a further delivery was
 * recorded: whoever loses goes on. Closing what is closed with the same outcome is true again.
 */
export async function closeIncident(tx: Tx, id: string, closing: Closing): Promise<boolean> {
  const { expectedDeliveryCount, outcome, at, reason } = closing;
  const rows = await tx.query(
    `UPDATE incidents SET status = 'closed', phase = 'closed', outcome = $3, closed_at = $4, updated_at = $4,
       belief = coalesce($5, belief)
     WHERE id = $1 AND status = 'open' AND delivery_count = $2 RETURNING id`,
    [id, expectedDeliveryCount, outcome, at, reason ?? null],
  );
  if (rows.length > 0) {
    await appendEvent(tx, { incidentId: id, at, type: 'incident.closed', data: { outcome, reason } });
    return true;
  }
  const known = await getIncident(tx, id);
  return known?.status === 'closed' && known.outcome === outcome;
}
