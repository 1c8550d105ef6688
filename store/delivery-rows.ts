import { type Delivery, duplicateWindowMs } from '#domain/alert.ts';
import { derivedUuid } from '#domain/ids.ts';
import type { IncidentEventType } from '#domain/incident.ts';
import { unmappedEnvironment } from '#domain/service-catalogue.ts';
import { severityRank } from '#domain/severity.ts';
import { type Instant, toMs } from '#domain/time.ts';
import {
  alertsToRecord,
  type DeliveryOutcome,
  type GroupState,
  severityOf,
  titleOf,
} from './delivery-outcome.ts';
import { appendEvent } from './events.ts';
import { toJsonb } from './jsonb.ts';
import type { Tx } from './tx.ts';

/** A delivery with everything that is to be written of it. */
export type Placed = {
  readonly delivery: Delivery;
  readonly receivedAt: Instant;
  readonly groupId: string;
  readonly hash: string;
  readonly state: GroupState;
  readonly outcome: DeliveryOutcome;
  readonly deliveryId: string;
  readonly incidentId?: string;
  readonly deliveryNo?: number;
};

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

/** Writes deliveries with their incidents, alerts, outbox rows and events: a statement for each kind, sent together. */
export async function writeDeliveries(tx: Tx, placed: readonly Placed[]): Promise<void> {
  await Promise.all([
    insertIncidents(tx, placed),
    countDeliveries(tx, placed),
    insertDeliveries(tx, placed),
    countDuplicates(tx, placed),
    upsertAlerts(tx, placed),
    insertOutbox(tx, placed),
    tellStory(tx, placed),
  ]);
}
