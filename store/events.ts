import { z } from 'zod';
import { type IncidentEvent, type IncidentEventType, incidentEventSchema } from '#domain/incident.ts';
import type { Instant } from '#domain/time.ts';
import { toJsonb } from './jsonb.ts';
import { parseRows } from './row.ts';
import type { Row, Tx } from './tx.ts';

export type NewEvent = {
  readonly incidentId: string;
  readonly at: Instant;
  readonly type: IncidentEventType;
  readonly data: Readonly<Record<string, unknown>>;
};

/**
 * Tells something in an incident's story, in the transaction of the state that it tells. The number is assigned at the
 * commit.
 */
export async function appendEvent(tx: Tx, event: NewEvent): Promise<void> {
  tx.atEnd({ kind: 'event', entry: event });
}

/**
 * Writes the transaction's events. The tenant's counter stays locked until the commit, so numbers become visible in
 * their order; a plain sequence would let a reader pass by a row that commits late.
 */
export async function flushEvents(tx: Tx, events: readonly Row[]): Promise<void> {
  await tx.query(
    `WITH counter AS (
       INSERT INTO chains (name, seq) VALUES ('events', $1)
       ON CONFLICT (tenant_id, name) DO UPDATE SET seq = chains.seq + excluded.seq
       RETURNING seq
     )
     INSERT INTO incident_events (seq, incident_id, at, type, data)
     SELECT counter.seq - $1 + event.place, (event.body->>'incidentId')::uuid, (event.body->>'at')::timestamptz,
            event.body->>'type', event.body->'data'
     FROM counter, jsonb_array_elements($2::jsonb) WITH ORDINALITY AS event(body, place)`,
    [events.length, toJsonb(events)],
  );
}

export type EventQuery = {
  /** Only what came after this number; 0 for everything. */
  readonly seq: number;
  readonly incidentId?: string;
  readonly limit: number;
};

/** Events in their order. A reader who goes on from the last number it saw misses none. */
export async function eventsAfter(tx: Tx, query: EventQuery): Promise<IncidentEvent[]> {
  const rows = await tx.query(
    `SELECT seq, incident_id, at, type, data FROM incident_events
     WHERE seq > $1 AND ($2::uuid IS NULL OR incident_id = $2) ORDER BY seq LIMIT $3`,
    [query.seq, query.incidentId ?? null, query.limit],
  );
  return parseRows(incidentEventSchema, rows);
}

/** The number of the newest event; 0 where there is none. */
export async function lastEventSeq(tx: Tx): Promise<number> {
  const rows = await tx.query(`SELECT seq FROM chains WHERE name = 'events'`);
  return parseRows(z.object({ seq: z.int() }), rows)[0]?.seq ?? 0;
}
