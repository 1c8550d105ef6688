import { z } from 'zod';
import {
  type Alert,
  alertSchema,
  type Delivery,
  deliveryHash,
  deliverySchema,
  duplicateWindowMs,
} from '#domain/alert.ts';
import { derivedUuid } from '#domain/ids.ts';
import type { IncidentEventType } from '#domain/incident.ts';
import { unmappedEnvironment } from '#domain/service-catalogue.ts';
import { severityRank } from '#domain/severity.ts';
import { type Instant, instantSchema, toMs } from '#domain/time.ts';
import {
  alertsToRecord,
  type DeliveryOutcome,
  type GroupState,
  outcomeOf,
  severityOf,
  titleOf,
} from './delivery-outcome.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import { newId } from './new-id.ts';
import { parseRows } from './row.ts';
import type { Tx } from './tx.ts';

export type AcceptItem = { readonly delivery: Delivery; readonly receivedAt: Instant };

export type AcceptedDelivery = {
  readonly deliveryId: string;
  /** Absent for a delivery that was ignored. */
  readonly incidentId?: string;
  /** Counts the deliveries of the incident from 1; absent for one that was ignored. */
  readonly deliveryNo?: number;
  readonly outcome: DeliveryOutcome;
};

/** The identity of what an incident is one of: source and group key. Short and of one length, unlike the key. */
export function groupIdOf(delivery: Pick<Delivery, 'source' | 'groupKey'>): string {
  return derivedUuid('group', delivery.source, delivery.groupKey);
}

type Item = AcceptItem & { readonly groupId: string; readonly hash: string };
/** An item with everything that is to be written of it. */
type Placed = Item & {
  readonly state: GroupState;
  readonly outcome: DeliveryOutcome;
  readonly deliveryId: string;
  readonly incidentId?: string;
  readonly deliveryNo?: number;
};

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

function place(item: Item, state: GroupState): Placed {
  const outcome = outcomeOf(item, state);
  const placed = { ...item, state, outcome };
  const { latest, openIncident } = state;
  if (outcome === 'duplicate' && latest !== undefined) {
    const { deliveryId, incidentId, deliveryNo } = latest;
    return {
      ...placed,
      deliveryId,
      ...(incidentId === undefined ? {} : { incidentId }),
      ...(deliveryNo === undefined ? {} : { deliveryNo }),
    };
  }
  const deliveryId = newId(item.receivedAt);
  if (outcome === 'ignored') return { ...placed, deliveryId };
  return {
    ...placed,
    deliveryId,
    incidentId: openIncident?.id ?? newId(item.receivedAt),
    deliveryNo: (openIncident?.deliveryCount ?? 0) + 1,
  };
}

const opens = (item: Placed): boolean => item.outcome === 'opened' || item.outcome === 'reopened';
/** Belongs to an incident and is news to it. */
const isNews = (item: Placed): boolean => item.outcome !== 'duplicate' && item.outcome !== 'ignored';

async function insertIncidents(tx: Tx, items: readonly Placed[]): Promise<void> {
  const rows = items.filter(opens).map(({ delivery, state, groupId, incidentId, receivedAt }) => ({
    ...{ id: incidentId, groupId, source: delivery.source, groupKey: delivery.groupKey, at: receivedAt },
    ...{ severity: severityOf(delivery), title: titleOf(delivery), reopenOf: state.closedIncidentId },
  }));
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO incidents (id, group_id, source, group_key, status, phase, severity, title, environment, reopen_of,
       delivery_count, opened_at, updated_at)
     SELECT r.id, r."groupId", r.source, r."groupKey", 'open', 'received', r.severity, r.title, $2, r."reopenOf", 1,
       r.at, r.at
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "groupId" uuid, source text, "groupKey" text, severity text,
       title text, "reopenOf" uuid, at timestamptz)`,
    [toJsonb(rows), unmappedEnvironment],
  );
}

async function countDeliveries(tx: Tx, items: readonly Placed[]): Promise<void> {
  const rows = items
    .filter((item) => isNews(item) && !opens(item))
    .map(({ incidentId, deliveryNo, receivedAt }) => ({ id: incidentId, deliveryNo, at: receivedAt }));
  if (rows.length === 0) return;
  await tx.query(
    `UPDATE incidents i SET delivery_count = r."deliveryNo", updated_at = greatest(i.updated_at, r.at)
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "deliveryNo" int, at timestamptz) WHERE i.id = r.id`,
    [toJsonb(rows)],
  );
}

async function insertDeliveries(tx: Tx, items: readonly Placed[]): Promise<void> {
  const rows = items
    .filter((item) => item.outcome !== 'duplicate')
    .map(({ deliveryId, groupId, delivery, incidentId, deliveryNo, hash, outcome, receivedAt }) => ({
      ...{ id: deliveryId, groupId, receiver: delivery.receiver, incidentId, deliveryNo, hash, outcome },
      ...{ status: delivery.status, body: delivery, at: receivedAt },
    }));
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO deliveries (id, group_id, receiver, incident_id, delivery_no, hash, status, outcome, body, received_at)
     SELECT r.id, r."groupId", r.receiver, r."incidentId", r."deliveryNo", r.hash, r.status, r.outcome, r.body, r.at
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, "groupId" uuid, receiver text, "incidentId" uuid,
       "deliveryNo" int, hash text, status text, outcome text, body jsonb, at timestamptz)`,
    [toJsonb(rows)],
  );
}

async function countDuplicates(tx: Tx, items: readonly Placed[]): Promise<void> {
  const ids = items.filter((item) => item.outcome === 'duplicate').map((item) => item.deliveryId);
  if (ids.length === 0) return;
  await tx.query('UPDATE deliveries SET duplicates = duplicates + 1 WHERE id = ANY($1::uuid[])', [ids]);
}

/** The alerts of an item, one for each (fingerprint, startsAt): the last one told. */
function alertRows(item: Placed): { key: string; row: object }[] {
  return alertsToRecord(item.delivery, item.receivedAt, item.state).map((alert) => {
    const alertId = derivedUuid('alert', alert.fingerprint);
    const { fingerprint, status, startsAt } = alert;
    return {
      key: `${item.incidentId}|${alertId}|${toMs(startsAt)}`,
      row: {
        ...{ incidentId: item.incidentId, alertId, fingerprint, status, startsAt, body: alert },
        at: item.receivedAt,
      },
    };
  });
}

async function upsertAlerts(tx: Tx, items: readonly Placed[]): Promise<void> {
  const rows = new Map(
    items
      .filter(isNews)
      .flatMap(alertRows)
      .map(({ key, row }) => [key, row]),
  );
  if (rows.size === 0) return;
  // An end holds for a minute against a beginning that it has overtaken; a later one is the alert come back.
  await tx.query(
    `INSERT INTO alerts (incident_id, alert_id, starts_at, fingerprint, status, body, state_at)
     SELECT r."incidentId", r."alertId", r."startsAt", r.fingerprint, r.status, r.body, r.at
     FROM jsonb_to_recordset($1::jsonb) AS r("incidentId" uuid, "alertId" uuid, "startsAt" timestamptz,
       fingerprint text, status text, body jsonb, at timestamptz)
     ON CONFLICT (tenant_id, incident_id, alert_id, starts_at) DO UPDATE
       SET status = excluded.status, body = excluded.body, state_at = excluded.state_at
       WHERE NOT (alerts.status = 'resolved' AND excluded.status = 'firing'
         AND excluded.state_at < alerts.state_at + make_interval(secs => $2))`,
    [toJsonb([...rows.values()]), duplicateWindowMs / 1000],
  );
}

async function insertOutbox(tx: Tx, items: readonly Placed[]): Promise<void> {
  const rows = items
    .filter(isNews)
    .map(({ groupId, incidentId, deliveryId, deliveryNo, delivery, receivedAt }) => ({
      ...{ groupId, incidentId, deliveryId, deliveryNo, status: delivery.status, at: receivedAt },
      rank: severityRank(severityOf(delivery)),
    }));
  if (rows.length === 0) return;
  await tx.query(
    `INSERT INTO outbox (group_id, incident_id, delivery_id, delivery_no, status, severity_rank, created_at, next_at)
     SELECT r."groupId", r."incidentId", r."deliveryId", r."deliveryNo", r.status, r.rank, r.at, r.at
     FROM jsonb_to_recordset($1::jsonb) AS r("groupId" uuid, "incidentId" uuid, "deliveryId" uuid, "deliveryNo" int,
       status text, rank smallint, at timestamptz)`,
    [toJsonb(rows)],
  );
}

/** What an incident's story says of each delivery; duplicates and ignored ones are no part of it. */
const eventOfOutcome: Readonly<Partial<Record<DeliveryOutcome, IncidentEventType>>> = {
  opened: 'incident.opened',
  reopened: 'incident.reopened',
  joined: 'alert.received',
  'still-firing': 'alert.still-firing',
  resolved: 'alert.resolved',
};

async function tellStory(tx: Tx, items: readonly Placed[]): Promise<void> {
  for (const item of items) {
    const type = eventOfOutcome[item.outcome];
    if (type === undefined || item.incidentId === undefined) continue;
    const { source, receiver, alerts, truncatedAlerts } = item.delivery;
    const opening = opens(item)
      ? {
          title: titleOf(item.delivery),
          severity: severityOf(item.delivery),
          reopenOf: item.state.closedIncidentId,
        }
      : {};
    const { deliveryId, deliveryNo } = item;
    const data = {
      deliveryId,
      deliveryNo,
      source,
      receiver,
      alerts: alerts.length,
      truncatedAlerts,
      ...opening,
    };
    await appendEvent(tx, { incidentId: item.incidentId, at: item.receivedAt, type, data });
  }
}

/**
 * Records deliveries of distinct groups and allocates their incidents: delivery, alerts, outbox and story in the caller's
 * transaction, a handful of statements for all of them. Deliveries of one group wait for each other here, so that what
 * comes at the same moment still finds what came first.
 * @param items at most a few hundred; two of one (source, groupKey) are a `TypeError`
 * @returns one answer for each item, in their order
 */
export async function acceptDeliveries(tx: Tx, items: readonly AcceptItem[]): Promise<AcceptedDelivery[]> {
  if (items.length === 0) return [];
  const known: Item[] = items.map((item) => ({
    ...item,
    groupId: groupIdOf(item.delivery),
    hash: deliveryHash(item.delivery),
  }));
  if (new Set(known.map((item) => item.groupId)).size < known.length)
    throw new TypeError('two deliveries of one group in a batch: their order would be lost');
  // Sent together, carried out one after another: what is read is as it stands when the groups are ours.
  const [, open, past] = await Promise.all([
    lockGroups(tx, known),
    openIncidents(tx, known),
    pastOfGroups(tx, known),
  ]);
  const placed = known.map((item, index) => place(item, stateFrom(past[index], open.get(item.groupId))));
  await Promise.all([
    insertIncidents(tx, placed),
    countDeliveries(tx, placed),
    insertDeliveries(tx, placed),
    countDuplicates(tx, placed),
    upsertAlerts(tx, placed),
    insertOutbox(tx, placed),
    tellStory(tx, placed),
  ]);
  return placed.map(({ deliveryId, incidentId, deliveryNo, outcome }) => ({
    ...{ deliveryId, outcome },
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(deliveryNo === undefined ? {} : { deliveryNo }),
  }));
}

export const storedDeliverySchema = z.object({
  id: z.string(),
  deliveryNo: z.int(),
  outcome: z.string(),
  body: deliverySchema,
  receivedAt: instantSchema,
  duplicates: z.int(),
});
export type StoredDelivery = z.infer<typeof storedDeliverySchema>;

/** The deliveries of an incident after a number, in their order. */
export async function deliveriesOf(tx: Tx, incidentId: string, afterNo: number): Promise<StoredDelivery[]> {
  const rows = await tx.query(
    `SELECT id, delivery_no, outcome, body, received_at, duplicates FROM deliveries
     WHERE incident_id = $1 AND delivery_no > $2 ORDER BY delivery_no`,
    [incidentId, afterNo],
  );
  return parseRows(storedDeliverySchema, rows);
}

/** How each alert of an incident stands now: for every fingerprint the one that started last. */
export async function alertsOf(tx: Tx, incidentId: string): Promise<Alert[]> {
  const rows = await tx.query(
    `SELECT body FROM (
       SELECT DISTINCT ON (alert_id) alert_id, starts_at, body FROM alerts WHERE incident_id = $1
       ORDER BY alert_id, starts_at DESC
     ) latest ORDER BY starts_at, alert_id`,
    [incidentId],
  );
  return parseRows(z.object({ body: alertSchema }), rows).map((row) => row.body);
}
