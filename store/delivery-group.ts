import { z } from 'zod';
import { alertSchema, type Delivery } from '#domain/alert.ts';
import { derivedUuid } from '#domain/ids.ts';
import { instantSchema } from '#domain/time.ts';
import type { GroupState } from './delivery-outcome.ts';
import { parseRows } from './row.ts';
import type { Tx } from './tx.ts';

/** The identity of what an incident is one of: source and group key. Short and of one length, unlike the key. */
export function groupIdOf(delivery: Pick<Delivery, 'source' | 'groupKey'>): string {
  return derivedUuid('group', delivery.source, delivery.groupKey);
}

type Item = { readonly groupId: string; readonly delivery: Pick<Delivery, 'receiver'> };

/** Keeps each group for this transaction: deliveries of one group are dealt with one after another. */
async function lockGroups(tx: Tx, items: readonly Item[]): Promise<void> {
  const keys = items.map((item) => BigInt(`0x${item.groupId.replaceAll('-', '').slice(0, 15)}`));
  // Always in the same order, so that two transactions never wait for each other.
  const sorted = [...new Set(keys)].sort((a, b) => (a < b ? -1 : 1)).map(String);
  await tx.query('SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key', [sorted]);
}

const openSchema = z.object({ groupId: z.string(), id: z.string(), deliveryCount: z.int() });
const pastSchema = z.object({
  place: z.int(),
  deliveryId: z.string().optional(),
  hash: z.string().optional(),
  receivedAt: instantSchema.optional(),
  incidentId: z.string().optional(),
  deliveryNo: z.int().optional(),
  closedIncidentId: z.string().optional(),
  ignoredAt: instantSchema.optional(),
  ignoredAlerts: z.array(alertSchema).optional(),
});

/** Open incidents by group, kept from being closed before this transaction ends. */
async function openIncidents(
  tx: Tx,
  items: readonly Item[],
): Promise<Map<string, z.infer<typeof openSchema>>> {
  const rows = await tx.query(
    `SELECT group_id, id, delivery_count FROM incidents
     WHERE group_id = ANY($1::uuid[]) AND status = 'open' ORDER BY group_id FOR UPDATE`,
    [items.map((item) => item.groupId)],
  );
  return new Map(parseRows(openSchema, rows).map((row) => [row.groupId, row]));
}

async function pastOfGroups(tx: Tx, items: readonly Item[]): Promise<z.infer<typeof pastSchema>[]> {
  const rows = await tx.query(
    `SELECT asked.place, latest.id AS delivery_id, latest.hash, latest.received_at, latest.incident_id,
       latest.delivery_no, closed.id AS closed_incident_id, ignored.received_at AS ignored_at,
       ignored.body->'alerts' AS ignored_alerts
     FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS asked(group_id, receiver, place)
     LEFT JOIN LATERAL (
       SELECT id, hash, received_at, incident_id, delivery_no FROM deliveries d
       WHERE d.group_id = asked.group_id AND md5(d.receiver) = md5(asked.receiver) ORDER BY d.seq DESC LIMIT 1
     ) latest ON true
     LEFT JOIN LATERAL (
       SELECT id FROM incidents i WHERE i.group_id = asked.group_id AND i.status = 'closed' ORDER BY i.id DESC LIMIT 1
     ) closed ON true
     LEFT JOIN LATERAL (
       SELECT received_at, body FROM deliveries d
       WHERE d.group_id = asked.group_id AND d.outcome = 'ignored' ORDER BY d.seq DESC LIMIT 1
     ) ignored ON true
     ORDER BY asked.place`,
    [items.map((item) => item.groupId), items.map((item) => item.delivery.receiver)],
  );
  return parseRows(pastSchema, rows);
}

function stateFrom(
  past: z.infer<typeof pastSchema> | undefined,
  open: z.infer<typeof openSchema> | undefined,
): GroupState {
  const { deliveryId, hash, receivedAt, incidentId, deliveryNo } = past ?? {};
  const { closedIncidentId, ignoredAt, ignoredAlerts } = past ?? {};
  return {
    ...(open === undefined ? {} : { openIncident: open }),
    ...(closedIncidentId === undefined ? {} : { closedIncidentId }),
    ...(deliveryId === undefined || hash === undefined || receivedAt === undefined
      ? {}
      : {
          latest: {
            ...{ deliveryId, hash, receivedAt },
            ...(incidentId === undefined ? {} : { incidentId }),
            ...(deliveryNo === undefined ? {} : { deliveryNo }),
          },
        }),
    ...(ignoredAt === undefined || ignoredAlerts === undefined
      ? {}
      : { ignored: { receivedAt: ignoredAt, alerts: ignoredAlerts } }),
  };
}

/**
 * Takes the groups of the items for this transaction and reads how they stand. Sent together and carried out one after
 * another: what is read is as it stands when the groups are ours.
 */
export async function takeGroups(tx: Tx, items: readonly Item[]): Promise<GroupState[]> {
  const [, open, past] = await Promise.all([
    lockGroups(tx, items),
    openIncidents(tx, items),
    pastOfGroups(tx, items),
  ]);
  return items.map((item, index) => stateFrom(past[index], open.get(item.groupId)));
}
